"""The embedded database: cells and coverage in, sums of windows out."""
