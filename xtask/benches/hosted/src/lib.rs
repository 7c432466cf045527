//! What the hosted backend is measured with: a stub that answers at once, the same calls by hand with reqwest and with
//! hyper, and the figures that a process has about itself.
//!
//! Everything is plain http over loopback, HTTP/1.1, with connections kept. The stub is a process of its own, so that a
//! program's instructions and memory are its own.

pub mod by_hand;
pub mod figures;
pub mod ours;
pub mod replies;
pub mod stub;
