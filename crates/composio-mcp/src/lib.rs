//! A composio session as an MCP server.
