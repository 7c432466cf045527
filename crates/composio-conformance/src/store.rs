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
mod configs;
mod executions;
mod fixture;
mod flows;
mod isolation;
mod life;
mod lists;
mod mcp_tokens;
mod refresh;
mod sealed;
mod sessions;

pub use self::accounts::*;
pub use self::configs::*;
pub use self::executions::*;
pub use self::flows::*;
pub use self::isolation::*;
pub use self::life::*;
pub use self::lists::*;
pub use self::mcp_tokens::*;
pub use self::refresh::*;
pub use self::sealed::*;
pub use self::sessions::*;

/// The text of every file of the suite, to find scenarios that nobody listed.
#[cfg(test)]
pub(crate) const SOURCES: &[&str] = &[
    include_str!("store/accounts.rs"),
    include_str!("store/configs.rs"),
    include_str!("store/executions.rs"),
    include_str!("store/fixture.rs"),
    include_str!("store/flows.rs"),
    include_str!("store/isolation.rs"),
    include_str!("store/life.rs"),
    include_str!("store/lists.rs"),
    include_str!("store/mcp_tokens.rs"),
    include_str!("store/refresh.rs"),
    include_str!("store/sealed.rs"),
    include_str!("store/sessions.rs"),
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

            an_account_comes_back_as_it_was_kept
            an_account_id_is_kept_once
            an_account_that_is_refused_leaves_no_credential
            an_alias_is_unique_per_user_and_toolkit
            an_alias_is_free_again_after_renaming_and_deleting
            an_alias_goes_to_one_of_two_who_want_it
            a_renamed_account_keeps_the_rest
            a_deleted_account_is_gone_with_all_that_belongs_to_it
            candidates_are_those_of_the_toolkit_and_those_named

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
