//! Adapters that are broken on purpose. Each breaks a rule, and the scenarios of that rule have to say so.

mod flaws;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use composio_conformance::adapter::play;
use composio_conformance::registry;

use self::flaws::{Broken, Flaw};

/// What is wrong with an adapter, and the scenarios that have to find it.
const BROKEN: &[(Flaw, &[&str])] = &[
    (Flaw::Reversed, &["every_tool_is_listed_in_order", "what_schemas_say_passes_through"]),
    (Flaw::Sorted, &["every_tool_is_listed_in_order", "a_native_tool_is_listed_last"]),
    (Flaw::NoDescription, &["every_tool_is_listed_with_its_description", "a_native_tool_is_listed_last"]),
    (Flaw::CutDescription, &["every_tool_is_listed_with_its_description"]),
    (Flaw::WholeDescription, &["every_tool_is_listed_with_its_description"]),
    (
        Flaw::RawSchema,
        &[
            "every_tool_is_listed_with_its_schema",
            "every_schema_is_an_object_with_properties",
            "what_schemas_say_passes_through",
        ],
    ),
    (Flaw::SortedSchema, &["every_tool_is_listed_with_its_schema"]),
    (Flaw::NoReferences, &["what_schemas_say_passes_through"]),
    (Flaw::PlaceholderTool, &["an_empty_set_shows_nothing"]),
    (Flaw::TriesTools, &["listing_runs_nothing"]),
    (Flaw::FirstSession, &["each_session_shows_its_own_tools", "sessions_of_two_users_do_not_mix"]),
    (Flaw::SlugsAsNames, &["every_name_is_one_that_providers_take", "a_name_that_was_shown_runs_its_tool"]),
    (Flaw::LowerCaseNames, &["a_slug_that_providers_take_stays", "a_name_that_was_shown_runs_its_tool"]),
    (Flaw::GuessesNames, &["a_name_that_is_not_ours_runs_nothing"]),
    (Flaw::StopsAtStrangers, &["a_name_that_is_not_ours_stops_no_other_call"]),
    (Flaw::Stringified, &["arguments_arrive_unchanged", "a_parameter_called_input_arrives_with_the_others"]),
    (Flaw::Floats, &["arguments_arrive_unchanged"]),
    (Flaw::SortedArguments, &["arguments_arrive_unchanged"]),
    (Flaw::UnwrapsInput, &["a_parameter_called_input_arrives_with_the_others"]),
    (Flaw::RefusesEmpty, &["no_arguments_are_an_empty_object"]),
    (Flaw::DecodesOnce, &["arguments_that_were_encoded_twice_are_decoded"]),
    (
        Flaw::SendsMalformed,
        &["malformed_arguments_are_answered_and_never_sent", "malformed_arguments_are_told_the_next_step"],
    ),
    (
        Flaw::SilentOnMalformed,
        &["malformed_arguments_are_answered_and_never_sent", "malformed_arguments_are_told_the_next_step"],
    ),
    (Flaw::RepeatsMalformed, &["malformed_arguments_are_not_repeated"]),
    (
        Flaw::StopsAtFailures,
        &[
            "a_call_that_fails_stops_no_other",
            "malformed_arguments_stop_no_other_call",
            "what_a_modifier_refuses_stops_no_other_call",
            "a_call_that_waits_for_a_person_is_told_and_not_made",
        ],
    ),
    (Flaw::NoLogId, &["a_result_is_told_with_its_log_id", "every_kind_of_failure_is_told_alike"]),
    (
        Flaw::DataAlone,
        &[
            "a_result_is_told_with_its_log_id",
            "a_native_tool_runs_here",
            "what_an_after_modifier_makes_of_a_result_is_read",
        ],
    ),
    (
        Flaw::KindAlone,
        &[
            "a_failed_tool_tells_what_its_service_said",
            "a_timeout_says_that_nothing_was_changed",
            "an_unknown_outcome_says_to_look_first",
            "a_rate_limit_says_to_wait",
            "a_deleted_session_is_told",
            "a_native_tool_that_fails_is_told_alike",
            "what_does_not_fit_a_native_tool_is_told",
        ],
    ),
    (
        Flaw::ShowsDisplay,
        &["no_failure_tells_what_is_inside", "a_failed_tool_tells_what_its_service_said", "a_deleted_session_is_told"],
    ),
    (Flaw::ShowsDebug, &["no_failure_tells_what_is_inside", "every_kind_of_failure_is_told_alike"]),
    (
        Flaw::AlwaysLinks,
        &[
            "a_missing_connection_is_told_without_its_link",
            "a_link_is_told_by_the_revealing_set_alone",
            "no_failure_tells_what_is_inside",
        ],
    ),
    (Flaw::NeverLinks, &["a_link_is_told_where_that_was_asked_for", "a_link_is_told_by_the_revealing_set_alone"]),
    (Flaw::BackendOnly, &["a_native_tool_is_listed_last", "a_native_tool_runs_here"]),
    (Flaw::RepliesReversed, &["every_call_has_its_reply_in_order", "answers_that_come_out_of_order_do_not_mix"]),
    (Flaw::FirstReplyOnly, &["every_call_has_its_reply_in_order", "the_same_call_twice_runs_twice"]),
    (Flaw::OneReplyForAll, &["every_call_has_its_reply_in_order", "a_call_that_fails_stops_no_other"]),
    (Flaw::RunsOnceForTheSame, &["the_same_call_twice_runs_twice"]),
    (Flaw::AsTheyCome, &["answers_that_come_out_of_order_do_not_mix", "sessions_of_two_users_do_not_mix"]),
    (Flaw::TriesAgain, &["a_call_is_sent_once"]),
    (Flaw::IgnoresStrict, &["a_strict_set_shows_strict_schemas"]),
    (Flaw::NeverSaysStrict, &["strictness_is_said_where_it_holds"]),
    (Flaw::AlwaysSaysStrict, &["strictness_is_said_where_it_holds"]),
    (Flaw::KeepsNulls, &["nulls_that_strictness_added_are_left_out"]),
    (
        Flaw::DropsNulls,
        &[
            "without_strictness_every_null_arrives",
            "nulls_that_strictness_added_are_left_out",
            "arguments_arrive_unchanged",
        ],
    ),
    (Flaw::OwnDescriptions, &["what_a_schema_modifier_makes_is_shown"]),
    (Flaw::TellsWhatWasWritten, &["what_a_before_modifier_makes_is_sent"]),
    (
        Flaw::RewordsFailures,
        &["what_a_before_modifier_refuses_is_told_and_never_sent", "what_an_after_modifier_makes_of_a_failure_is_read"],
    ),
    (Flaw::ShowsState, &["a_call_that_waits_for_a_person_is_told_and_not_made"]),
    (
        Flaw::AllowsItself,
        &["a_call_that_waits_for_a_person_is_told_and_not_made", "a_call_that_waits_is_the_applications_to_allow"],
    ),
    (Flaw::LosesQuestions, &["a_call_that_waits_is_the_applications_to_allow"]),
    (
        Flaw::ForgetsWhoToAsk,
        &["what_a_person_allows_runs_once_and_is_read", "what_a_person_denies_is_told_and_not_made"],
    ),
    (Flaw::HidesAccounts, &["with_several_accounts_a_tool_asks_which"]),
    (Flaw::SendsAccounts, &["the_account_that_a_model_names_is_no_argument", "an_account_that_is_no_text_is_told"]),
];

#[test]
fn each_flaw_is_found_by_the_scenarios_of_its_rule() {
    let mut missed = Vec::new();
    for (flaw, scenarios) in BROKEN {
        for scenario in *scenarios {
            match broken_rule(scenario, Some(*flaw)) {
                Some(place) => assert!(place.contains("composio-conformance"), "{flaw:?} itself failed at {place}"),
                None => missed.push(format!("{scenario} does not find {flaw:?}")),
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_scenario_finds_a_flaw() {
    let finding: BTreeSet<_> = BROKEN.iter().flat_map(|(_, scenarios)| scenarios.iter().copied()).collect();
    assert_eq!(finding, registry::ADAPTER.iter().copied().collect());
}

#[test]
fn an_adapter_without_a_flaw_is_found_fault_with_by_none() {
    for scenario in registry::ADAPTER {
        assert_eq!(broken_rule(scenario, None), None, "{scenario}");
    }
}

/// Where the scenario gave up, if it did.
fn broken_rule(scenario: &str, flaw: Option<Flaw>) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    quietly(|| runtime.block_on(play(scenario, &Broken::new(flaw))))
}

thread_local! {
    /// Where this thread panicked, while that is expected.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Where this panics, if it does. Nothing is printed: with backtraces, hundreds of them take minutes.
fn quietly(play: impl FnOnce()) -> Option<String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            let place = panicked.location().map(|location| location.file().replace('\\', "/"));
            let expected = PLACE.with_borrow_mut(|kept| kept.as_mut().map(|kept| *kept = place.unwrap_or_default()));
            if expected.is_none() {
                loud(panicked);
            }
        }));
    });
    PLACE.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(play));
    let place = PLACE.take();
    outcome.err().map(|_| place.unwrap_or_default())
}
