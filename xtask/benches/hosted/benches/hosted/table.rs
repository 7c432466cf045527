//! The report: figures that nothing is asked of, and then a table of those that something is.

use std::fmt;

/// The words that `cargo xtask bench` looks for.
const HOLDS: &str = "holds";
const EXCEEDED: &str = "DOES NOT HOLD";
const MISSING: &str = "NOT MEASURED";

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Report {
    beside: Vec<String>,
    rows: Vec<[String; 4]>,
}

impl Report {
    /// A line of figures without a budget, for who wants to know more.
    pub(super) fn beside(&mut self, figures: fmt::Arguments<'_>) {
        self.beside.push(figures.to_string());
    }

    /// A line of the table: a figure that is to be no more than this.
    pub(super) fn at_most(&mut self, what: &str, figure: f64, budget: f64, unit: Unit) {
        self.row(what, figure, ("<=", budget), unit, figure <= budget);
    }

    /// A line of the table: a figure that is to be no less than this.
    pub(super) fn at_least(&mut self, what: &str, figure: f64, budget: f64, unit: Unit) {
        self.row(what, figure, (">=", budget), unit, figure >= budget);
    }

    /// A line of the table that has no figure, and what to do about it.
    pub(super) fn missing(&mut self, what: &str, remedy: &str) {
        self.rows.push([what.to_owned(), "-".to_owned(), "-".to_owned(), format!("{MISSING}: {remedy}")]);
    }

    fn row(&mut self, what: &str, figure: f64, (sign, budget): (&str, f64), unit: Unit, holds: bool) {
        let verdict = if holds { HOLDS } else { EXCEEDED };
        self.rows.push([what.to_owned(), unit.of(figure), format!("{sign} {}", unit.of(budget)), verdict.to_owned()]);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figures in &self.beside {
            writeln!(formatter, "{:<22} {figures}", "hosted")?;
        }
        let head = ["the hosted backend", "figure", "budget", ""].map(str::to_owned);
        for [what, figure, budget, verdict] in std::iter::once(&head).chain(&self.rows) {
            writeln!(formatter, "{}", format!("{what:<62} {figure:>12} {budget:>15}  {verdict}").trim_end())?;
        }
        Ok(())
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    /// How many times something else.
    Times,
    Milliseconds,
    Megabytes,
    Bytes,
}

impl Unit {
    fn of(self, figure: f64) -> String {
        match self {
            // A figure that misses its budget by little has to be seen to miss it.
            Self::Times => format!("{figure:.3}x"),
            Self::Milliseconds => format!("{figure:.1} ms"),
            Self::Megabytes => format!("{figure:.2} MB"),
            Self::Bytes => format!("{figure:.0} bytes"),
        }
    }
}
