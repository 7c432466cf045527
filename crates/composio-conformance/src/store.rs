//! What every [`Store`](composio_engine::store::Store) must do. Each scenario is a rule, and begins with an empty store.
//!
//! [`store_suite!`](crate::store_suite) makes a test of each:
//!
//! ```
//! // In a file below `tests/`, with `tokio` (features "macros", "rt") among the dev-dependencies:
//! # mod my_store { pub async fn make() -> Box<dyn composio_engine::store::Store> { std::future::pending().await } }
//! mod store {
//!     composio_conformance::store_suite!(crate::my_store::make().await);
//! }
//! # fn main() {}
//! ```

mod accounts;
mod approvals;
mod configs;
mod due;
mod executions;
mod fixture;
mod flows;
mod isolation;
mod life;
mod lists;
mod mcp_tokens;
mod ready;
mod refresh;
mod refusals;
mod sealed;
mod sessions;
mod sharing;
mod versions;

pub use self::accounts::*;
pub use self::approvals::*;
pub use self::configs::*;
pub use self::due::*;
pub use self::executions::*;
pub use self::flows::*;
pub use self::isolation::*;
pub use self::life::*;
pub use self::lists::*;
pub use self::mcp_tokens::*;
pub use self::ready::*;
pub use self::refresh::*;
pub use self::refusals::*;
pub use self::sealed::*;
pub use self::sessions::*;
pub use self::sharing::*;
pub use self::versions::*;

/// The text of every file of the suite, to find scenarios that nobody listed.
#[cfg(test)]
pub(crate) const SOURCES: &[&str] = &[
    include_str!("store/accounts.rs"),
    include_str!("store/approvals.rs"),
    include_str!("store/configs.rs"),
    include_str!("store/due.rs"),
    include_str!("store/executions.rs"),
    include_str!("store/fixture.rs"),
    include_str!("store/flows.rs"),
    include_str!("store/isolation.rs"),
    include_str!("store/life.rs"),
    include_str!("store/lists.rs"),
    include_str!("store/mcp_tokens.rs"),
    include_str!("store/ready.rs"),
    include_str!("store/refresh.rs"),
    include_str!("store/refusals.rs"),
    include_str!("store/sealed.rs"),
    include_str!("store/sessions.rs"),
    include_str!("store/sharing.rs"),
    include_str!("store/versions.rs"),
];

/// The list of the suite, and the only one: hands it to another macro of this crate, after that one's own arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_scenarios {
    ($then:ident $($argument:expr)?) => {
        $crate::$then! { [$($argument)?]
            a_session_comes_back_as_it_was_kept
            a_session_id_is_kept_once
            a_deleted_session_is_gone

            an_update_brings_the_next_version
            a_history_says_when_each_version_was_superseded
            a_history_begins_with_the_session
            of_two_updates_of_one_version_one_wins
            an_update_of_another_version_writes_nothing
            a_deleted_session_has_neither_updates_nor_history
            history_leads_to_the_end_in_order
            a_page_of_a_history_is_as_long_as_asked_and_no_longer_than_allowed
            history_does_not_shift_when_the_session_changes
            a_foreign_cursor_of_a_history_is_refused

            a_grant_holds_for_its_session_tool_and_account_alone
            a_grant_may_be_given_again
            a_grant_in_no_session_is_not_found
            grants_go_with_their_session
            an_approval_is_spent_once
            a_spent_approval_is_remembered_until_its_time_is_over

            an_mcp_token_opens_its_session
            an_mcp_token_opens_nothing_once_it_expires
            an_mcp_token_is_kept_once
            an_mcp_token_of_no_session_is_not_found
            an_mcp_token_is_forgotten_alone
            all_mcp_tokens_of_a_session_are_forgotten_at_once
            mcp_tokens_go_with_their_session
            mcp_tokens_that_are_over_are_forgotten
            a_session_has_no_more_mcp_tokens_than_it_may

            an_auth_config_comes_back_as_it_was_kept
            an_auth_config_id_is_kept_once
            an_update_changes_what_it_names
            updates_at_once_both_hold
            a_deleted_auth_config_is_gone_with_its_secret
            a_managed_config_is_made_once
            the_newest_managed_config_is_found
            a_managed_config_that_sessions_may_not_choose_is_not_found
            toolkits_with_a_list_of_tools_are_found_and_forgotten

            an_account_comes_back_as_it_was_kept
            an_account_id_is_kept_once
            an_account_that_is_refused_leaves_no_credential
            an_alias_is_unique_per_user_and_toolkit
            an_alias_is_free_again_after_renaming_and_deleting
            an_alias_goes_to_one_of_two_who_want_it
            a_renamed_account_keeps_the_rest
            a_deleted_account_is_gone_with_all_that_belongs_to_it
            candidates_are_those_of_the_toolkit_and_those_named

            sharing_changes_by_its_rules
            a_change_of_sharing_against_the_rules_writes_nothing
            changes_of_sharing_at_once_both_hold
            lists_show_private_accounts_unless_asked
            an_account_is_listed_as_it_is_shared_now

            an_account_becomes_ready_once
            only_an_active_account_becomes_ready
            an_account_becomes_ready_anew_after_a_reconnect
            a_step_may_bring_readiness

            a_transition_writes_everything_at_once
            a_transition_without_identity_keeps_the_one_before
            only_an_auth_flow_moves_connected_at
            of_two_transitions_from_one_status_one_wins
            a_transition_from_another_status_writes_nothing
            a_transition_of_no_account_is_not_found
            a_credential_is_put_kept_and_dropped
            accounts_begun_before_a_time_expire

            a_flow_comes_back_as_it_was_kept
            a_flow_is_taken_once
            a_flow_is_taken_before_it_expires
            a_wrong_browser_gets_nothing_and_spoils_nothing
            an_unknown_state_gets_nothing
            a_new_flow_voids_the_one_before
            a_flow_of_no_account_is_not_found

            one_caller_refreshes_at_a_time
            only_an_active_account_is_refreshed
            a_refresh_replaces_the_credential_or_keeps_it
            a_lease_that_ran_out_is_taken_over_and_says_so
            a_late_refresh_is_kept_unless_somebody_took_over
            an_older_fence_writes_nothing
            a_lease_ends_once
            leaving_active_ends_the_lease
            a_step_under_a_lease_needs_it
            switching_off_keeps_the_lease
            a_refresh_of_no_account_is_not_found

            refusals_are_counted_under_their_leases
            a_refusal_needs_the_latest_lease
            a_new_credential_forgets_the_refusals

            a_credential_is_due_from_its_time_on
            nothing_is_due_for_accounts_that_are_not_active
            a_credential_is_not_due_while_its_lease_is_held
            a_refused_credential_is_not_due_before_its_retry
            a_credential_that_is_dropped_is_not_due
            an_account_is_tried_after_growing_pauses_until_it_is_ready
            tries_that_were_missed_are_not_made_up_for
            a_try_goes_to_one_who_looks
            projects_with_flows_that_ran_out_are_due
            the_most_urgent_comes_first_and_no_more_than_asked

            an_execution_begins_once
            an_execution_runs_until_it_has_an_outcome
            a_finished_execution_gives_its_outcome
            the_first_outcome_stays
            a_key_with_other_arguments_is_refused
            a_key_belongs_to_one_session_and_tool
            an_outcome_is_forgotten_when_its_time_is_over
            an_execution_without_outcome_is_not_forgotten
            an_execution_without_outcome_is_forgotten_after_a_day
            an_execution_that_never_began_does_not_finish
            an_execution_without_outcome_can_be_given_up
            a_finished_execution_is_not_given_up

            auth_configs_are_listed_by_toolkit_without_the_disabled
            accounts_are_listed_by_user_toolkit_and_status
            lists_begin_with_the_newest
            a_page_is_as_long_as_asked_and_no_longer_than_allowed
            pages_lead_to_the_end_without_gaps_or_repeats
            pages_do_not_shift_when_rows_are_added
            a_foreign_cursor_is_refused

            projects_may_use_the_same_ids
            projects_do_not_read_each_other
            projects_do_not_list_each_other
            projects_do_not_write_each_other
            projects_do_not_delete_each_other
            projects_do_not_refresh_each_other
            projects_do_not_share_executions
            projects_do_not_share_mcp_tokens
            projects_do_not_change_each_others_sessions
            projects_do_not_share_approvals
            projects_do_not_share_lists_of_tools
            projects_do_not_move_each_others_accounts

            the_key_check_is_kept_once
            whatever_is_sealed_is_noticed
        }
    };
}

/// Makes a test of every scenario. The expression makes something that dereferences to an empty store, such as a
/// `Box`; it may `await`.
#[macro_export]
macro_rules! store_suite {
    ($make:expr) => {
        $crate::__store_scenarios! { __store_tests $make }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    ([$make:expr] $($scenario:ident)*) => {
        $(
            #[tokio::test]
            async fn $scenario() {
                let store = $make;
                $crate::store::$scenario(&*store).await;
            }
        )*
    };
}
