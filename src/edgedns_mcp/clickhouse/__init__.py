"""The same cells in ClickHouse, for organisations that outgrow one machine."""
