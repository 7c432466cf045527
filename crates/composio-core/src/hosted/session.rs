//! The operations on sessions: requests, and the methods of the client.
