//! What is wrong with a field, all of it, in one error.

use composio_core::{Error, Result};

/// What was found so far. All of one kind is gathered before it is told.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

#[derive(Debug)]
struct Problem {
    field: String,
    value: String,
    rule: String,
}

impl Problems {
    pub(super) fn add(&mut self, field: impl Into<String>, value: impl Into<String>, rule: impl Into<String>) {
        self.0.push(Problem { field: field.into(), value: value.into(), rule: rule.into() });
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `InvalidInput` for the field of the first, with the others behind it; nothing where there are none.
    pub(super) fn refuse(self) -> Result<()> {
        let mut problems = self.0.into_iter();
        let Some(Problem { field, value, mut rule }) = problems.next() else { return Ok(()) };
        for other in problems {
            let place = if other.field == field { String::new() } else { format!("{} ", other.field) };
            rule = format!("{rule}; {place}{:?}: {}", other.value, other.rule);
        }
        Err(Error::invalid_input(&field, &value, rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_one_error_for_the_first_field() {
        assert!(Problems::default().refuse().is_ok());
        let mut problems = Problems::default();
        problems.add("tools.github", "GITHUB_X", "no such tool");
        problems.add("tools.github", "GMAIL_Y", "it is a tool of gmail");
        problems.add("tools.gmial", "gmial", "no such toolkit");
        let error = problems.refuse().unwrap_err();
        assert_eq!(error.field(), Some("tools.github"));
        assert_eq!(
            error.to_string(),
            "tools.github \"GITHUB_X\" is not valid: no such tool; \"GMAIL_Y\": it is a tool of gmail; tools.gmial \
             \"gmial\": no such toolkit"
        );
    }
}
