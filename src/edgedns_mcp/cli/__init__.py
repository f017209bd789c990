"""The human face."""
