//! What tidy says: one line per finding, notes apart from errors, a summary.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Worth a look; nothing fails.
    Note,
    Error,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    level: Level,
    path: String,
    line: usize,
    /// What is wrong, and after a comma what to do about it.
    says: String,
}

impl Finding {
    pub(super) fn error(path: impl Into<String>, line: usize, says: impl Into<String>) -> Self {
        Self { level: Level::Error, path: path.into(), line, says: says.into() }
    }

    pub(super) fn note(path: impl Into<String>, line: usize, says: impl Into<String>) -> Self {
        Self { level: Level::Note, path: path.into(), line, says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.level {
            Level::Note => "note: ",
            Level::Error => "",
        };
        write!(f, "{}:{}: {mark}{}", self.path, self.line, self.says)
    }
}

/// All findings of one run, notes first so that errors stand at the end of a terminal.
#[derive(Debug)]
pub(super) struct Report {
    files: usize,
    findings: Vec<Finding>,
    /// What is worth knowing even when nothing is wrong.
    said: String,
}

impl Report {
    pub(super) fn new(files: usize) -> Self {
        Self { files, findings: Vec::new(), said: String::new() }
    }

    pub(super) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    pub(super) fn say(&mut self, text: &str) {
        self.said += text;
    }

    /// Keeps what worked and notes what did not.
    pub(super) fn collect<T>(&mut self, results: impl IntoIterator<Item = Result<T, Finding>>) -> Vec<T> {
        let mut kept = Vec::new();
        for result in results {
            match result {
                Ok(value) => kept.push(value),
                Err(finding) => self.findings.push(finding),
            }
        }
        kept
    }

    pub(super) fn errors(&self) -> usize {
        self.of(Level::Error).len()
    }

    fn of(&self, level: Level) -> Vec<&Finding> {
        let mut found: Vec<_> = self.findings.iter().filter(|finding| finding.level == level).collect();
        found.sort_by_key(|finding| (&finding.path, finding.line));
        found
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for level in [Level::Note, Level::Error] {
            for finding in self.of(level) {
                writeln!(f, "{finding}")?;
            }
        }
        f.write_str(&self.said)?;
        let (errors, notes) = (self.errors(), self.of(Level::Note).len());
        writeln!(f, "tidy: {} files, {errors} errors, {notes} notes", self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_last_and_are_counted() {
        let mut report = Report::new(3);
        report.add([Finding::error("b.rs", 2, "is wrong, mend it"), Finding::note("c.rs", 1, "is long, look at it")]);
        let values = report.collect([Ok(1), Err(Finding::error("a.rs", 9, "is wrong too, mend it"))]);
        assert_eq!(values, [1]);
        assert_eq!(
            report.to_string(),
            "c.rs:1: note: is long, look at it\na.rs:9: is wrong too, mend it\nb.rs:2: is wrong, mend it\n\
             tidy: 3 files, 2 errors, 1 notes\n"
        );
    }
}
