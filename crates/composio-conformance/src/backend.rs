//! What every [`Backend`](composio_core::Backend) must do. Each scenario is a rule, and begins with a new project.
//!
//! [`backend_suite!`](crate::backend_suite) makes a test of each. A scenario says what it needs; where the backend does not
//! claim that, the suite has to be told so, and `what_is_not_claimed_is_unsupported` holds it to the rest.

mod accounts;
mod callbacks;
mod calls;
mod claims;
mod idempotency;
mod isolation;
mod links;
mod mcp;
mod reconnecting;
mod secrecy;
mod sessions;
mod stage;
mod toolkits;
mod tools;

use std::fmt;

pub use self::accounts::*;
pub use self::callbacks::*;
pub use self::calls::*;
pub use self::claims::*;
pub use self::idempotency::*;
pub use self::isolation::*;
pub use self::links::*;
pub use self::mcp::*;
pub use self::reconnecting::*;
pub use self::secrecy::*;
pub use self::sessions::*;
pub use self::toolkits::*;
pub use self::tools::*;
use crate::harness::Harness;

/// The text of every file of the suite, to find scenarios that nobody listed.
#[cfg(test)]
pub(crate) const SOURCES: &[&str] = &[
    include_str!("backend/accounts.rs"),
    include_str!("backend/callbacks.rs"),
    include_str!("backend/calls.rs"),
    include_str!("backend/claims.rs"),
    include_str!("backend/idempotency.rs"),
    include_str!("backend/isolation.rs"),
    include_str!("backend/links.rs"),
    include_str!("backend/mcp.rs"),
    include_str!("backend/reconnecting.rs"),
    include_str!("backend/secrecy.rs"),
    include_str!("backend/sessions.rs"),
    include_str!("backend/stage.rs"),
    include_str!("backend/toolkits.rs"),
    include_str!("backend/tools.rs"),
];

/// Something that a backend, or its harness, may do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// [`Capabilities::execution`](composio_core::Capabilities::execution).
    Execution,
    /// [`Capabilities::links`](composio_core::Capabilities::links).
    Links,
    /// [`Capabilities::explain`](composio_core::Capabilities::explain): it chooses accounts, and says why.
    Explain,
    /// [`Capabilities::idempotency`](composio_core::Capabilities::idempotency).
    Idempotency,
    /// [`Capabilities::management`](composio_core::Capabilities::management): it has auth configs and accounts, and a
    /// catalogue to check against.
    Management,
    /// [`Capabilities::mcp_tokens`](composio_core::Capabilities::mcp_tokens).
    McpTokens,
    /// The harness can open links: [`Harness::connect_flow`].
    Pages,
    /// The harness can use tokens: [`Harness::mcp_access`].
    McpAccess,
}

impl Claim {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Execution,
        Self::Links,
        Self::Explain,
        Self::Idempotency,
        Self::Management,
        Self::McpTokens,
        Self::Pages,
        Self::McpAccess,
    ];

    /// Whether it is claimed.
    pub fn is_made(self, harness: &dyn Harness) -> bool {
        let capabilities = harness.backend().capabilities();
        match self {
            Self::Execution => capabilities.execution,
            Self::Links => capabilities.links,
            Self::Explain => capabilities.explain,
            Self::Idempotency => capabilities.idempotency,
            Self::Management => capabilities.management,
            Self::McpTokens => capabilities.mcp_tokens,
            Self::Pages => harness.connect_flow().is_some(),
            Self::McpAccess => harness.mcp_access().is_some(),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Whether a scenario is run: where the backend claims all that it needs. What the backend does not claim has to be what
/// the suite was told, so that a backend never loses a scenario unseen.
#[doc(hidden)]
pub fn is_run(harness: &dyn Harness, scenario: &str, needs: &[Claim], lacks: &[Claim]) -> bool {
    for claim in Claim::ALL {
        let told = !lacks.contains(&claim);
        assert_eq!(claim.is_made(harness), told, "the suite is told otherwise: correct its `lacks [..]` for {claim}");
    }
    let missing: Vec<_> = needs.iter().filter(|need| lacks.contains(need)).collect();
    if !missing.is_empty() {
        #[expect(clippy::print_stderr, reason = "a scenario that is not run says so")]
        {
            eprintln!("{scenario} is not run: the backend does not claim {missing:?}");
        }
    }
    missing.is_empty()
}

/// The list of the suite, and the only one: each scenario with what it needs. Hands it to another macro of this crate,
/// after that one's own arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __backend_scenarios {
    ($then:ident $($argument:tt)*) => {
        $crate::$then! { [$($argument)*]
            a_session_comes_back_as_it_was_created []
            each_session_has_an_id_of_its_own []
            a_session_is_taken_up_again_by_its_id [Execution]
            an_unknown_session_is_not_found []
            nothing_works_on_a_deleted_session []
            deleting_a_session_leaves_what_belongs_to_the_user [Management Execution]
            a_session_needs_a_user []
            a_backend_checks_what_a_builder_checks [Management]
            an_unknown_toolkit_is_refused_with_a_near_one [Management]
            what_a_user_cannot_use_is_refused_before_anything_is_stored [Management]

            toolkits_are_paged_to_the_end []
            a_page_of_toolkits_has_fifty_at_the_most []
            a_toolkit_page_may_be_as_short_as_asked []
            toolkits_are_found_by_text []
            toolkits_are_listed_by_slug []
            toolkits_outside_the_session_are_not_listed []
            toolkits_are_listed_by_connection [Management]
            a_toolkit_shows_the_account_that_a_tool_would_run_with [Management]
            a_pinned_account_is_shown_in_its_real_status [Management]
            a_foreign_cursor_of_toolkits_is_refused []

            nothing_is_preloaded_unless_asked []
            preloaded_tools_keep_their_order []
            direct_tools_are_those_of_the_toolkits []
            tools_are_paged_to_the_end []
            a_foreign_cursor_of_tools_is_refused []
            a_tool_outside_the_session_is_not_preloaded [Management]

            a_tool_without_authentication_runs [Execution]
            arguments_arrive_as_they_were [Execution]
            concurrent_calls_do_not_mix [Execution]
            an_unknown_tool_is_not_found [Execution]
            an_unknown_tool_is_not_found_with_near_slugs [Execution Management]
            a_tool_outside_the_toolkits_is_not_permitted [Execution]
            arguments_that_do_not_fit_are_listed_and_not_sent [Execution Management]
            a_failure_is_told_as_the_service_told_it [Execution]
            without_a_connection_there_is_a_link_and_nothing_is_stored [Execution Links Management]
            a_choice_explains_itself [Explain Management]

            opening_a_link_changes_nothing [Links Pages Management]
            a_link_that_is_pressed_and_consented_connects [Links Pages]
            the_link_of_a_failed_call_connects [Execution Links Pages Management]
            the_link_of_a_failed_call_makes_one_account [Execution Links Pages Management]
            a_key_is_entered_on_the_page [Links Pages Management]
            a_link_ends_at_its_callback [Links Pages]
            a_callback_elsewhere_is_refused [Links Pages]
            a_denied_link_fails_and_says_why [Links Pages]
            a_link_works_once [Links Pages]
            a_link_runs_out [Links Pages]
            a_link_of_a_deleted_session_is_dead [Links Pages]
            links_that_do_not_work_are_not_told_apart [Links Pages]
            an_alias_is_taken_once [Links]
            a_link_outside_the_session_is_not_permitted [Links]
            a_pinned_toolkit_is_not_linked [Links Management]

            a_callback_counts_once [Links Pages]
            callbacks_that_do_not_work_are_not_told_apart [Links Pages]
            a_callback_of_another_browser_spoils_nothing [Links Pages]
            a_start_voids_the_one_before [Links Pages]
            a_started_flow_runs_out [Links Pages]
            an_answer_of_another_issuer_connects_nothing [Links Pages]

            a_reconnect_keeps_the_account [Execution Links Pages Management]
            a_reconnect_has_to_end_at_the_same_identity [Links Pages Management]
            an_account_that_works_needs_no_reconnect [Links Management]
            an_account_of_somebody_else_is_not_reconnected [Links Management]

            a_key_makes_an_account_at_once [Execution Management]
            what_is_wrong_with_a_key_is_said [Management]
            an_account_is_renamed [Management]
            a_disabled_account_runs_nothing [Execution Management]
            a_revoked_account_runs_nothing [Execution Links Pages Management]
            a_key_is_not_revoked [Management]
            a_deleted_account_is_gone [Execution Management]
            accounts_of_another_user_are_invisible [Links Management Execution]
            configs_are_made_changed_and_deleted [Management]

            projects_do_not_share_sessions []
            projects_do_not_share_accounts_and_configs [Management]

            a_key_gives_the_first_outcome_again [Execution Idempotency Management]
            a_key_gives_a_failure_again [Execution Idempotency]
            a_key_with_other_arguments_is_a_conflict [Execution Idempotency]
            a_key_belongs_to_one_session_and_tool [Execution Idempotency]
            duplicates_at_one_time_send_once [Execution Idempotency]
            a_call_that_was_not_sent_leaves_its_key_free [Execution Idempotency Management]

            a_session_says_where_mcp_clients_reach_it [McpTokens]
            an_mcp_token_is_made_and_shown_once [McpTokens]
            an_mcp_token_opens_its_session_alone [McpTokens McpAccess]
            an_mcp_token_runs_out [McpTokens McpAccess]
            a_revoked_mcp_token_opens_nothing [McpTokens McpAccess]
            mcp_tokens_end_with_their_session [McpTokens McpAccess]
            credentials_that_open_nothing_are_not_told_apart [McpTokens McpAccess]

            a_link_is_printed_nowhere [Links]
            what_is_not_claimed_is_unsupported []
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __backend_names {
    ([] $($scenario:ident $needs:tt)*) => { &[$(stringify!($scenario)),*] };
}

/// Makes a test of every scenario. The expression makes a [`Harness`](crate::harness::Harness) with a new project; it may
/// `await`. A backend that does not claim everything says so, and with it which scenarios are not run:
/// `backend_suite!(make(), lacks [Explain Management])`, by the names of [`Claim`](crate::backend::Claim).
#[macro_export]
macro_rules! backend_suite {
    ($make:expr) => {
        $crate::backend_suite!($make, lacks []);
    };
    ($make:expr, lacks $lacks:tt) => {
        $crate::__backend_scenarios! { __backend_tests $make, $lacks }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __backend_tests {
    ([$make:expr, $lacks:tt] $($scenario:ident $needs:tt)*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                let harness = $make;
                let (needs, lacks) = ($crate::__claims!($needs), $crate::__claims!($lacks));
                if $crate::backend::is_run(&harness, stringify!($scenario), needs, lacks) {
                    $crate::backend::$scenario(&harness).await;
                }
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __claims {
    ([$($claim:ident)*]) => { &[$($crate::backend::Claim::$claim),*] };
}
