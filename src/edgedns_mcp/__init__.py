"""What is each of our API keys doing? An MCP server that answers exactly."""

__version__ = "0.1.0"
