//! Tools of a composio session for langchain-rust.
