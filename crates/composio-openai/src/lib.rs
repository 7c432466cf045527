//! Tools of a composio session for async-openai: Chat Completions and Responses.
