//! What every [`Backend`](composio_core::Backend) must do. Each scenario is a rule, and begins with a new project.
//!
//! [`backend_suite!`](crate::backend_suite) makes a test of each. A scenario says what it needs; where the backend does not
//! claim that, the suite has to be told so, and `what_is_not_claimed_is_unsupported` holds it to the rest.

mod accounts;
mod approvals;
mod approved;
mod callbacks;
mod calls;
mod catalogue;
mod claims;
mod ensuring;
mod history;
mod idempotency;
mod isolation;
mod life;
mod links;
mod mcp;
mod policy;
mod preload;
mod reconnecting;
mod renewing;
mod secrecy;
mod sessions;
mod several;
mod shared;
mod stage;
mod toolkits;
mod tools;
mod updates;

use std::fmt;

pub use self::accounts::*;
pub use self::approvals::*;
pub use self::approved::*;
pub use self::callbacks::*;
pub use self::calls::*;
pub use self::catalogue::*;
pub use self::claims::*;
pub use self::ensuring::*;
pub use self::history::*;
pub use self::idempotency::*;
pub use self::isolation::*;
pub use self::life::*;
pub use self::links::*;
pub use self::mcp::*;
pub use self::policy::*;
pub use self::preload::*;
pub use self::reconnecting::*;
pub use self::renewing::*;
pub use self::secrecy::*;
pub use self::sessions::*;
pub use self::several::*;
pub use self::shared::*;
pub use self::toolkits::*;
pub use self::tools::*;
pub use self::updates::*;
use crate::harness::Harness;

/// The text of every file of the suite, to find scenarios that nobody listed.
#[cfg(test)]
pub(crate) const SOURCES: &[&str] = &[
    include_str!("backend/accounts.rs"),
    include_str!("backend/approvals.rs"),
    include_str!("backend/approved.rs"),
    include_str!("backend/callbacks.rs"),
    include_str!("backend/calls.rs"),
    include_str!("backend/catalogue.rs"),
    include_str!("backend/claims.rs"),
    include_str!("backend/ensuring.rs"),
    include_str!("backend/history.rs"),
    include_str!("backend/idempotency.rs"),
    include_str!("backend/isolation.rs"),
    include_str!("backend/life.rs"),
    include_str!("backend/links.rs"),
    include_str!("backend/mcp.rs"),
    include_str!("backend/policy.rs"),
    include_str!("backend/preload.rs"),
    include_str!("backend/reconnecting.rs"),
    include_str!("backend/renewing.rs"),
    include_str!("backend/secrecy.rs"),
    include_str!("backend/sessions.rs"),
    include_str!("backend/several.rs"),
    include_str!("backend/shared.rs"),
    include_str!("backend/stage.rs"),
    include_str!("backend/toolkits.rs"),
    include_str!("backend/tools.rs"),
    include_str!("backend/updates.rs"),
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
    /// [`Capabilities::updates`](composio_core::Capabilities::updates).
    Updates,
    /// [`Capabilities::approvals`](composio_core::Capabilities::approvals).
    Approvals,
    /// [`Capabilities::events`](composio_core::Capabilities::events).
    Events,
    /// [`Capabilities::search`](composio_core::Capabilities::search).
    Search,
    /// [`Capabilities::proxy`](composio_core::Capabilities::proxy).
    Proxy,
    /// [`Capabilities::files`](composio_core::Capabilities::files).
    Files,
    /// The harness can open links: [`Harness::connect_flow`].
    Pages,
    /// The harness can use tokens: [`Harness::mcp_access`].
    McpAccess,
}

impl Claim {
    /// Every one.
    pub const ALL: [Self; 14] = [
        Self::Execution,
        Self::Links,
        Self::Explain,
        Self::Idempotency,
        Self::Management,
        Self::McpTokens,
        Self::Updates,
        Self::Approvals,
        Self::Events,
        Self::Search,
        Self::Proxy,
        Self::Files,
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
            Self::Updates => capabilities.updates,
            Self::Approvals => capabilities.approvals,
            Self::Events => capabilities.events,
            Self::Search => capabilities.search,
            Self::Proxy => capabilities.proxy,
            Self::Files => capabilities.files,
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

            native_tools_are_given_again_to_a_session []
            an_update_replaces_what_it_names [Updates]
            an_update_merges_what_is_said_of_several_accounts [Updates]
            an_update_with_null_is_as_if_never_set [Updates]
            an_update_holds_from_the_next_call_on [Updates Execution]
            an_update_that_cannot_hold_writes_nothing [Updates Management]
            a_pin_that_ended_does_not_stand_in_the_way [Updates Management]
            an_update_leaves_what_belongs_to_the_user [Updates Management]
            each_change_of_a_session_is_a_version [Updates]
            a_stale_change_writes_nothing [Updates]
            of_changes_that_expect_one_version_one_is_made [Updates]
            changes_without_a_version_are_all_made [Updates]
            a_history_is_newest_first [Updates]
            a_history_is_paged_to_the_end [Updates]

            a_rule_decides_alike_wherever_it_is_asked [Execution]
            a_listing_of_everything_is_what_the_rules_leave []
            a_refused_tool_is_refused_before_any_lookup [Execution]
            the_list_of_the_auth_config_has_the_last_word [Execution Explain Management]
            a_list_that_comes_later_holds_from_then_on [Execution Management]
            an_unknown_name_in_a_policy_is_refused_by_its_path [Management]
            a_policy_that_contradicts_itself_is_refused_by_its_path []

            a_preload_list_is_given_in_its_order []
            preloading_all_gives_what_is_named []
            preloading_all_needs_something_that_names_it []
            preloading_all_does_not_go_with_several_accounts []
            a_list_stands_above_the_preset []
            a_preload_outside_the_policy_is_refused [Management]
            a_large_preload_is_warned_about [Updates Management]

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

            the_catalogue_is_paged_to_the_end [Management]
            the_tools_of_the_catalogue_are_paged_to_the_end [Management]
            the_catalogue_is_searched [Management]
            an_entry_of_the_catalogue_is_read_by_its_slug [Management]
            an_unknown_slug_of_the_catalogue_is_not_found_with_near_ones [Management]
            a_foreign_cursor_of_the_catalogue_is_refused [Management]
            a_setting_is_kept_or_refused []
            an_update_keeps_a_setting_or_refuses_it [Updates]

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

            ensuring_what_is_connected_does_nothing [Links Management]
            ensuring_connects_what_is_not [Execution Links Pages Management]
            ensuring_connects_an_ended_account_again [Links Pages Management]
            ensuring_says_why_it_did_not_come_to_be [Links Pages Management]
            an_account_is_ready_once_it_was_seen_to_work [Execution Links Pages Management Events]
            without_a_probe_connected_is_ready [Links Pages Management]

            what_happens_to_an_account_is_told_in_order [Links Pages Management Events]
            each_end_of_a_flow_is_told_as_what_it_is [Links Pages Management Events]
            projects_do_not_hear_of_each_other [Management Events]
            each_status_allows_its_own_steps [Links Management]
            a_begun_account_ends_after_ten_minutes [Links Management]
            three_refusals_in_a_row_end_an_account [Execution Links Pages Management]
            a_renewal_forgets_the_refusals_before_it [Execution Links Pages Management]
            a_reconnect_forgets_the_refusals_before_it [Execution Links Pages Management]

            a_toolkit_shows_every_account_that_a_call_could_name [Management]
            each_call_of_a_batch_may_name_its_account [Execution Management]
            a_model_names_the_account_by_an_argument [Execution Management]
            an_alias_belongs_to_one_account [Execution Links Management]

            a_shared_account_runs_where_it_is_pinned [Execution Management]
            an_access_list_says_who_may_pin [Execution Management]
            access_that_is_withdrawn_ends_at_the_next_call [Execution Explain Management]
            an_access_list_changes_in_part [Management]
            an_access_list_that_does_not_fit_is_refused [Management]
            a_session_pins_one_shared_account_of_a_toolkit [Execution Updates Management]
            an_access_list_is_hidden_from_others [Explain Management]
            shared_accounts_are_listed_where_they_are_asked_for [Management]
            a_link_may_begin_a_shared_account [Execution Links Pages Management]
            a_shared_account_that_ended_is_its_owners_to_connect [Execution Links Pages Management]

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

            no_call_waits_unless_the_session_says_so [Execution]
            what_is_listed_waits_for_a_person [Execution Approvals]
            a_question_says_what_would_happen [Execution Approvals Management]
            a_question_keeps_its_state_from_model_and_log [Execution Approvals]
            a_call_that_cannot_be_made_is_not_asked_about [Execution Approvals Management]
            a_native_tool_waits_for_a_person [Approvals]
            what_waits_changes_with_the_session [Execution Approvals Updates]
            an_approved_call_runs_once [Execution Approvals]
            an_answer_is_given_across_processes [Execution Approvals]
            answers_at_one_time_run_once [Execution Approvals]
            what_is_always_allowed_waits_no_more [Execution Approvals]
            what_is_always_allowed_is_allowed_with_one_account [Execution Approvals Management]
            a_denied_call_is_not_made [Execution Approvals]
            an_answer_fits_one_call [Execution Approvals]
            an_answer_fits_one_account [Execution Approvals Management]
            an_approval_runs_out [Execution Approvals]
            an_approval_is_spent_whatever_came_of_it [Execution Approvals]
            approvals_end_with_their_session [Execution Approvals]
            under_a_key_a_call_is_asked_about_once [Execution Approvals Idempotency]

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
