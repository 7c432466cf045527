//! What every adapter must do: hand a session's tools to its framework, and a model's calls back.
//!
//! [`adapter_suite!`](crate::adapter_suite) makes a test of each scenario. A test implements [`Adapter`] with the
//! framework's own types and its own way to run a tool; the scenarios speak of nothing else, so that they are the same for
//! all.

mod accounts;
mod approvals;
mod arguments;
pub mod bench;
mod calls;
mod catalogue;
mod failures;
mod fixtures;
mod listing;
mod modifiers;
mod names;
mod native;
mod stage;
mod staged;
mod strictness;

use async_trait::async_trait;
use composio_core::{Approval, ToolSet};
use serde_json::Value;

pub use self::accounts::*;
pub use self::approvals::*;
pub use self::arguments::*;
pub use self::calls::*;
pub use self::failures::*;
pub use self::listing::*;
pub use self::modifiers::*;
pub use self::names::*;
pub use self::native::*;
pub use self::strictness::*;

/// The text of every file of the suite, to find scenarios that nobody listed.
#[cfg(test)]
pub(crate) const SOURCES: &[&str] = &[
    include_str!("adapter/accounts.rs"),
    include_str!("adapter/approvals.rs"),
    include_str!("adapter/arguments.rs"),
    include_str!("adapter/bench.rs"),
    include_str!("adapter/calls.rs"),
    include_str!("adapter/catalogue.rs"),
    include_str!("adapter/failures.rs"),
    include_str!("adapter/fixtures.rs"),
    include_str!("adapter/listing.rs"),
    include_str!("adapter/modifiers.rs"),
    include_str!("adapter/names.rs"),
    include_str!("adapter/native.rs"),
    include_str!("adapter/stage.rs"),
    include_str!("adapter/staged.rs"),
    include_str!("adapter/strictness.rs"),
];

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

    /// Makes one call that waits for a person, and gives the question as the application finds it: behind
    /// [`Error::approval`](composio_core::Error::approval) of the failure that the adapter hands out.
    async fn waiting(&self, _tools: &ToolSet, _call: Call) -> Option<Approval> {
        None
    }

    /// Whether the application gets the failure of a call, with the link and the question that are not for the model. A
    /// protocol that carries texts alone says `false`, and then [`waiting`](Self::waiting) gives nothing.
    fn shows_failures(&self) -> bool {
        true
    }

    /// Whether the adapter is asked about arguments that are no object. Some frameworks answer those themselves, and then
    /// the model reads their text instead of ours; they say `false`.
    fn sees_malformed_arguments(&self) -> bool {
        true
    }

    /// Whether the framework can tell a provider to enforce the schema of one tool. Those that cannot say `false`, and
    /// [`Shown::strict`] is nothing.
    fn says_strict(&self) -> bool {
        true
    }
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
    #[expect(clippy::needless_pass_by_value, reason = "what is written in place is handed over as it is")]
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

/// Plays the scenario of this name.
///
/// # Panics
/// Where the adapter breaks the rule, and where there is no such scenario; `registry::ADAPTER` names them all.
pub async fn play(scenario: &str, adapter: &dyn Adapter) {
    crate::__adapter_scenarios! { __adapter_play (scenario, adapter) }
}

/// Every scenario, in order.
#[doc(hidden)]
#[macro_export]
macro_rules! __adapter_scenarios {
    ($then:ident $($argument:expr)?) => {
        $crate::$then! { [$($argument)?]
            every_tool_is_listed_in_order
            every_tool_is_listed_with_its_description
            every_tool_is_listed_with_its_schema
            every_schema_is_an_object_with_properties
            what_schemas_say_passes_through
            an_empty_set_shows_nothing
            listing_runs_nothing
            each_session_shows_its_own_tools

            every_name_is_one_that_providers_take
            a_slug_that_providers_take_stays
            a_name_that_was_shown_runs_its_tool
            a_name_that_is_not_ours_runs_nothing
            a_name_that_is_not_ours_stops_no_other_call

            arguments_arrive_unchanged
            a_parameter_called_input_arrives_with_the_others
            no_arguments_are_an_empty_object
            arguments_that_were_encoded_twice_are_decoded
            malformed_arguments_are_answered_and_never_sent
            malformed_arguments_are_told_the_next_step
            malformed_arguments_stop_no_other_call
            malformed_arguments_are_not_repeated

            a_result_is_told_with_its_log_id
            a_failed_tool_tells_what_its_service_said
            every_kind_of_failure_is_told_alike
            no_failure_tells_what_is_inside
            a_timeout_says_that_nothing_was_changed
            an_unknown_outcome_says_to_look_first
            a_rate_limit_says_to_wait
            a_deleted_session_is_told
            a_missing_connection_is_told_without_its_link
            a_link_is_told_where_that_was_asked_for
            a_link_is_told_by_the_revealing_set_alone

            a_native_tool_is_listed_last
            a_native_tool_runs_here
            a_native_tool_that_fails_is_told_alike
            what_does_not_fit_a_native_tool_is_told

            every_call_has_its_reply_in_order
            the_same_call_twice_runs_twice
            a_call_that_fails_stops_no_other
            answers_that_come_out_of_order_do_not_mix
            sessions_of_two_users_do_not_mix
            a_call_is_sent_once

            a_strict_set_shows_strict_schemas
            strictness_is_said_where_it_holds
            nulls_that_strictness_added_are_left_out
            without_strictness_every_null_arrives
            what_a_schema_modifier_makes_is_shown
            what_a_before_modifier_makes_is_sent
            what_a_before_modifier_refuses_is_told_and_never_sent
            what_an_after_modifier_makes_of_a_result_is_read
            what_an_after_modifier_makes_of_a_failure_is_read
            what_a_modifier_refuses_stops_no_other_call
            a_call_that_waits_for_a_person_is_told_and_not_made
            a_call_that_waits_is_the_applications_to_allow
            what_a_person_allows_runs_once_and_is_read
            what_a_person_denies_is_told_and_not_made
            with_several_accounts_a_tool_asks_which
            the_account_that_a_model_names_is_no_argument
            an_account_that_is_no_text_is_told
        }
    };
}

/// Makes a test of each scenario, for the [`Adapter`](crate::adapter::Adapter) that the expression makes.
///
/// # Example
/// An adapter for a framework whose tools are the session's own:
/// ```
/// use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
/// use composio_core::{Approval, ToolSet};
/// use serde_json::Value;
///
/// composio_conformance::adapter_suite!(OverNothing);
///
/// struct OverNothing;
///
/// #[async_trait::async_trait]
/// impl Adapter for OverNothing {
///     fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
///         let shown = |tool: &composio_core::SessionTool| Shown {
///             name: tool.name().to_owned(),
///             description: tool.description().to_owned(),
///             schema: Value::Object(tool.schema().as_ref().clone()),
///             strict: Some(tool.is_strict()),
///         };
///         tools.iter().map(shown).collect()
///     }
///
///     async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
///         let mut replies = Vec::new();
///         for Call { id, name, arguments } in calls {
///             replies.push(match tools.named(&name) {
///                 Some(tool) => Reply::Text { id, text: tool.answer(&arguments).await.text() },
///                 None => Reply::NotOurs { id },
///             });
///         }
///         replies
///     }
///
///     async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
///         tools.named(&call.name)?.answer(&call.arguments).await.error()?.approval().cloned()
///     }
/// }
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

#[doc(hidden)]
#[macro_export]
macro_rules! __adapter_play {
    ([$play:expr] $($scenario:ident)*) => {{
        let (name, adapter) = $play;
        // Boxed: together they would make one very large future.
        $(if name == stringify!($scenario) {
            return Box::pin($scenario(adapter)).await;
        })*
        panic!("the suite has no scenario {name}");
    }};
}
