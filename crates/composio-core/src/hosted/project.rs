//! The operations on what belongs to a project: requests, and the methods of the client.
