//! What every adapter must do: hand a session's tools to its framework, and a model's calls back.
//!
//! [`adapter_suite!`](crate::adapter_suite) makes a test of each scenario. A test implements [`Adapter`] with the
//! framework's own types and its own way to run a tool; the scenarios speak of nothing else, so that they are the same for
//! all.

mod listing;
mod stage;

use async_trait::async_trait;
use composio_core::ToolSet;
use serde_json::Value;

pub use self::listing::*;

/// The text of every file of the suite, to find scenarios that nobody listed.
#[cfg(test)]
pub(crate) const SOURCES: &[&str] = &[include_str!("adapter/listing.rs"), include_str!("adapter/stage.rs")];

/// An adapter under test, with its framework.
///
/// That its futures are `Send` is held by this trait: it could not be implemented otherwise.
#[async_trait]
pub trait Adapter: Send + Sync {
    /// What a model is shown, read from what the framework would send.
    fn shown(&self, tools: &ToolSet) -> Vec<Shown>;

    /// Runs the calls of one turn, through the framework as far as it runs tools itself, and gives one reply to each, in
    /// the order in which the model reads them.
    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply>;
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The schema of its arguments.
    pub schema: Value,
    /// Whether the provider is told to enforce the schema; nothing where the framework cannot say.
    pub strict: Option<bool>,
}

/// A call that a model makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What the answer refers to.
    pub id: String,
    /// The name it calls.
    pub name: String,
    /// The arguments as the model wrote them.
    pub arguments: String,
}

impl Call {
    /// A call with these arguments, as text.
    pub fn new(id: &str, name: &str, arguments: impl ToString) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_string() }
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The model reads this.
    Text {
        /// The id of the call.
        id: String,
        /// What it reads.
        text: String,
    },
    /// Nothing was run, and the application was told so: the name is not one of ours.
    NotOurs {
        /// The id of the call.
        id: String,
    },
}

/// Every scenario, in order.
#[doc(hidden)]
#[macro_export]
macro_rules! __adapter_scenarios {
    ($then:ident $($argument:expr)?) => {
        $crate::$then! { [$($argument)?]
            every_tool_is_listed_in_order
        }
    };
}

/// Makes a test of each scenario, for the [`Adapter`](crate::adapter::Adapter) that the expression makes.
///
/// # Example
/// ```ignore
/// composio_conformance::adapter_suite!(OverRig);
/// ```
#[macro_export]
macro_rules! adapter_suite {
    ($make:expr) => {
        $crate::__adapter_scenarios! { __adapter_tests $make }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __adapter_tests {
    ([$make:expr] $($scenario:ident)*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                $crate::adapter::$scenario(&$make).await;
            }
        )*
    };
}
