"""Values into words and tables; no number is computed here."""
