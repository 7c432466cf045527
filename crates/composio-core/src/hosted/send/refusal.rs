//! An error that is told more than once.

use std::error::Error as _;

use crate::error::{Error, ErrorKind};

/// Why nothing can be sent: told at each call, where there was nobody to tell at first.
#[derive(Debug)]
pub(super) struct Refusal {
    kind: ErrorKind,
    message: String,
    field: Option<String>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let message = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self { kind: error.kind(), message, field: error.field().map(str::to_owned) }
    }
}

impl Refusal {
    /// The error, as often as it is asked for.
    pub(super) fn error(&self) -> Error {
        let error = Error::new(self.kind, self.message.clone());
        match &self.field {
            Some(field) => error.in_field(field),
            None => error,
        }
    }
}
