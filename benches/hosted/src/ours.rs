//! The same calls through the hosted backend.
