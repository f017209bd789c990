"""What to do about keys: rules over what is known of each, one thing to do for each key and action, in one order."""
