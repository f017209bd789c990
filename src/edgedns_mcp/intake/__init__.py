"""Files from outside, read into cells and keys."""
