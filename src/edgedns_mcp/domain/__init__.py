"""Pure arithmetic: no I/O, clock, logging or async."""
