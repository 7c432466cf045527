//! What was asked of the demo.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

/// One request that the demo has answered. It holds no query, no header and no body, and so no token or key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path without the query, such as `/tracker/issues/3`.
    pub path: String,
    /// The email of the identity whose token or key was accepted; `None` for everything else.
    pub person: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

/// How many requests are remembered; the oldest go first.
const CAPACITY: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct RequestLog(VecDeque<LoggedRequest>);

impl RequestLog {
    pub(crate) fn push(&mut self, request: LoggedRequest) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    pub(crate) fn to_vec(&self) -> Vec<LoggedRequest> {
        self.0.iter().cloned().collect()
    }
}

/// Where the check of a token leaves the identity for the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller(Arc<OnceLock<String>>);

impl Caller {
    pub(crate) fn set(&self, email: &str) {
        // A request is authenticated once; a second answer would be the same.
        let _ = self.0.set(email.to_owned());
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0.get().cloned()
    }
}
