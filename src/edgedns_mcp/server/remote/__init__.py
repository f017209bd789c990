"""The MCP face for others: one server for a whole company, over Streamable HTTP."""
