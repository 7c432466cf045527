//! What happened during an import.

use std::collections::BTreeSet;
use std::fmt;

use super::arguments::Arguments;
use super::output::Output;
use crate::manifest::BodyShape;

/// What an import left out, renamed, cut and repaired. `Display` is a summary to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// How many operations the description has.
    pub operations: usize,
    /// How many tools came of them.
    pub tools: usize,
    /// The operations that cannot be tools, each with the reason.
    pub left_out: Vec<Finding>,
    /// The operations that the overlay skips.
    pub skipped: Vec<Finding>,
    /// The arguments that could not keep their names, by tool: `name -> body_name`.
    pub renamed_arguments: Vec<Finding>,
    /// The tools that take their body as one argument.
    pub whole_bodies: Vec<String>,
    /// The tools whose flattened body lost constraints between properties.
    pub loosened_bodies: Vec<String>,
    /// The tools in whose input schema something was cut, because of recursion or size.
    pub cut_inputs: Vec<Finding>,
    /// The tools in whose output schema something was cut, because of size.
    pub cut_outputs: Vec<Finding>,
    /// References that lead nowhere. In their place, anything is accepted.
    pub dangling_references: BTreeSet<String>,
}

/// Something to know about one operation or tool.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The operation (`METHOD /path`) or the tool's slug.
    pub subject: String,
    /// What is to be known about it.
    pub detail: String,
}

impl Finding {
    pub(super) fn new(subject: &str, detail: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), detail: detail.into() }
    }
}

impl ImportReport {
    pub(super) fn note_arguments(&mut self, slug: &str, arguments: &Arguments) {
        for (from, to) in &arguments.renamed {
            self.renamed_arguments.push(Finding::new(slug, format!("{from} -> {to}")));
        }
        if arguments.body.as_ref().is_some_and(|body| matches!(body.shape, BodyShape::Whole(_))) {
            self.whole_bodies.push(slug.to_owned());
        }
        if arguments.loosened {
            self.loosened_bodies.push(slug.to_owned());
        }
        if arguments.cut > 0 {
            self.cut_inputs.push(Finding::new(slug, format!("cut {} times", arguments.cut)));
        }
        self.dangling_references.extend(arguments.dangling.iter().cloned());
    }

    pub(super) fn note_output(&mut self, slug: &str, output: &Output) {
        if output.cut > 0 {
            self.cut_outputs.push(Finding::new(slug, format!("{} definitions left out", output.cut)));
        }
        self.dangling_references.extend(output.dangling.iter().cloned());
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} operations, {} tools", self.operations, self.tools)?;
        for (title, findings) in [("left out", &self.left_out), ("skipped by the overlay", &self.skipped)] {
            if !findings.is_empty() {
                writeln!(f, "{title}: {}", findings.len())?;
            }
            for finding in findings {
                writeln!(f, "  {}: {}", finding.subject, finding.detail)?;
            }
        }
        let counts = [
            ("arguments renamed", self.renamed_arguments.len()),
            ("bodies taken whole", self.whole_bodies.len()),
            ("bodies loosened", self.loosened_bodies.len()),
            ("input schemas cut", self.cut_inputs.len()),
            ("output schemas cut", self.cut_outputs.len()),
        ];
        for (title, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "{title}: {count}")?;
        }
        for reference in &self.dangling_references {
            writeln!(f, "leads nowhere: {reference}")?;
        }
        Ok(())
    }
}
