"""What is still to come of a billing period, and how certain that is."""
