//! Which account runs a tool: the sixty rows of `session-semantics` section 6, by number.
//!
//! Each row is an async function over a [`World`], and really runs a tool.
//! [`decision_table_suite!`](crate::decision_table_suite) makes a test of each. Where the published rules are silent, the
//! row holds what this project has decided.

mod existing;
mod links;
mod multi;
mod overrides;
mod pins;
mod policy;
mod shared;
mod updates;
mod world;

pub use self::existing::*;
pub use self::links::*;
pub use self::multi::*;
pub use self::overrides::*;
pub use self::pins::*;
pub use self::policy::*;
pub use self::shared::*;
pub use self::updates::*;
pub use self::world::World;
use crate::__decision_rows;

/// The text of every file of the table, to find rows that nobody listed.
#[cfg(test)]
const SOURCES: &[&str] = &[
    include_str!("decision_table/existing.rs"),
    include_str!("decision_table/links.rs"),
    include_str!("decision_table/multi.rs"),
    include_str!("decision_table/overrides.rs"),
    include_str!("decision_table/pins.rs"),
    include_str!("decision_table/policy.rs"),
    include_str!("decision_table/shared.rs"),
    include_str!("decision_table/updates.rs"),
    include_str!("decision_table/world.rs"),
];

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub number: u8,
    /// What it says.
    pub title: &'static str,
}

/// Every row.
pub const ROWS: &[Row] = __decision_rows!(__decision_table);

/// The list of the rows, and the only one: hands it to another macro of this crate, after that one's own arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __decision_rows {
    ($then:ident $($argument:expr)?) => {
        $crate::$then! { [$($argument)?]
            1 row_01_the_only_account_runs "C1 on, A1 ACTIVE: A1"
            2 row_02_the_newest_of_two_runs "C1 on, A1 and A2 ACTIVE: A2"
            3 row_03_only_active_accounts_count "C1 on, A1 ACTIVE, A2 EXPIRED: A1"
            4 row_04_no_other_status_runs "C1 on, only INITIATED, FAILED, EXPIRED, INACTIVE, REVOKED: connection required"
            5 row_05_a_link_uses_the_config_that_exists "C1 on, no accounts: connection required, and the link uses C1"
            6 row_06_a_link_makes_a_managed_config "no configs, managed auth: the link makes a config"
            7 row_07_linking_twice_reuses_the_config "as 6, twice: the second link reuses the config"
            8 row_08_without_managed_auth_nothing_connects "no configs, no managed auth, needs an app: no managed auth"
            9 row_09_a_key_needs_no_developer "no configs, a key: the link makes a config"
            10 row_10_a_config_switched_off_is_passed_over "C1 off, managed auth: the link makes another config"
            11 row_11_an_account_on_a_config_switched_off_is_passed_over "C1 off, A1 ACTIVE: connection required"
            12 row_12_the_newest_across_configs_runs "C1 and C2 on, A1(C1), A2(C2): A2"
            13 row_13_a_link_uses_the_newest_config "C1 and C2 on, no accounts: the link uses C2"
            14 row_14_a_disabled_config_is_not_eligible "C1 disabled, A1(C1) ACTIVE: connection required, a link elsewhere"
            15 row_15_the_sessions_config_beats_recency_and_the_switch "config C2, off: A1(C2) before the newer A2(C1)"
            16 row_16_the_sessions_config_never_falls_back "config C2, only A1(C1): connection required, the link uses C2"
            17 row_17_the_newest_on_the_sessions_config_runs "config C2, A1 and A2 on it: A2"
            18 row_18_a_disabled_config_of_the_session_is_refused "config C2, disabled: neither created nor linked"
            19 row_19_a_config_of_elsewhere_is_refused "config of another toolkit, unknown, of another project: not created"
            20 row_20_a_config_outside_the_toolkits_is_refused "config for a toolkit outside the list: not created"
            21 row_21_a_pin_beats_recency "pin A1, A2 newer: A1"
            22 row_22_a_pin_that_expired_never_falls_through "pin A1, EXPIRED later, A2 ACTIVE: connection required, naming A1"
            23 row_23_a_pin_has_to_be_usable "pin A1, deleted or disabled: not created"
            24 row_24_a_pin_of_another_user_is_refused "pin A1 of V, private: not created"
            25 row_25_a_pin_of_another_toolkit_is_refused "pin A1 of another toolkit: not created"
            26 row_26_a_pin_beats_the_sessions_config "pin A1(C1) and config C2: A1"
            27 row_27_one_pin_is_a_list_of_one "pin A1 as text: as a list of A1"
            28 row_28_two_pins_need_multi_account "pins A1 and A2, multi off: not created"
            29 row_29_no_pins_are_no_pin "pins []: as if not pinned"
            30 row_30_a_later_account_moves_no_pin "pin A1, A3 connected later: A1"
            31 row_31_a_later_account_takes_over_without_a_pin "A3 connected after the session was made: A3"
            32 row_32_a_shared_account_is_never_implicit "only S1 of V, shared with all: connection required"
            33 row_33_a_pinned_shared_account_runs "pin S1 of V, U in its list: S1"
            34 row_34_denied_beats_allowed "pin S1, U denied and all allowed: not created"
            35 row_35_one_shared_account_at_the_most "pins S1 and S2, both shared: not created"
            36 row_36_a_shared_account_beside_an_own_one "pins S1 and A1: created"
            37 row_37_without_explicit_selection_the_newest_runs "multi, explicit off, no account named: A2"
            38 row_38_with_explicit_selection_two_need_a_name "multi, explicit, no account named: refused, listing both"
            39 row_39_with_explicit_selection_one_needs_none "multi, explicit, only A1: A1"
            40 row_40_an_alias_names_its_account "multi, the alias of A1: A1"
            41 row_41_an_unknown_name_is_refused "multi, unknown or similar: refused, listing both"
            42 row_42_a_named_account_that_expired_is_refused "multi, A1 EXPIRED named: connection required, naming A1"
            43 row_43_an_account_may_be_named_without_multi_account "multi off, A1 named: A1, if it is the session's and ACTIVE"
            44 row_44_a_name_outside_the_pins_is_refused "pins A1 and A2, A3 named: refused"
            45 row_45_the_limit_refuses_one_more_link "multi, max 2, A1 and A2 ACTIVE: no third link"
            46 row_46_settings_of_several_accounts_need_the_mode "multi off, max or explicit sent: refused"
            47 row_47_an_alias_is_taken_once "link with an alias that is taken: refused"
            48 row_48_linking_adds_an_account "A1 ACTIVE, link: a new account, which is the default once ACTIVE"
            49 row_49_a_pinned_toolkit_is_not_linked "link while pinned: refused"
            50 row_50_a_toolkit_outside_the_list_is_refused_first "only toolkit X, a tool of T: not permitted"
            51 row_51_an_empty_list_refuses_every_toolkit "toolkits []: not permitted"
            52 row_52_no_auth_runs_without_an_account "T needs none: runs"
            53 row_53_no_auth_is_not_linked "link of a toolkit that needs none: refused"
            54 row_54_accounts_of_other_users_do_not_count "A1 of V: connection required"
            55 row_55_an_update_replaces_every_pin "update connected accounts {X: B}: the pin on T is gone"
            56 row_56_an_update_with_null_pins_nothing "update connected accounts null: A2 again"
            57 row_57_a_stale_update_writes_nothing "update with a stale version: conflict"
            58 row_58_one_call_of_a_batch_fails_alone "multi-execute, one without connection: one error, one result, in order"
            59 row_59_an_account_that_is_enabled_again_runs "A1 INACTIVE, then enabled: A1"
            60 row_60_a_config_denies_tools "config with a deny-list: refused"
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __decision_table {
    ([] $($number:literal $row:ident $title:literal)*) => {
        &[$($crate::decision_table::Row { number: $number, title: $title }),*]
    };
}

/// Makes a test of every row. The expression makes a [`Harness`](crate::harness::Harness) with a new project,
/// whose backend claims everything and has pages; it may `await`.
#[macro_export]
macro_rules! decision_table_suite {
    ($make:expr) => {
        $crate::__decision_rows! { __decision_tests $make }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __decision_tests {
    ([$make:expr] $($number:literal $row:ident $title:literal)*) => {
        $(
            #[tokio::test]
            async fn $row() {
                let harness = $make;
                $crate::decision_table::$row($crate::decision_table::World::new(&harness)).await;
            }
        )*
    };
}

#[cfg(test)]
#[doc(hidden)]
#[macro_export]
macro_rules! __decision_names {
    ([] $($number:literal $row:ident $title:literal)*) => {
        &[$(($number, stringify!($row))),*]
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ROWS, SOURCES};
    use crate::registry::defined;

    const NAMES: &[(u8, &str)] = crate::__decision_rows!(__decision_names);

    #[test]
    fn every_row_is_there_once_and_in_order() {
        let numbers: Vec<_> = ROWS.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
    }

    #[test]
    fn a_row_is_named_after_its_number() {
        for (number, name) in NAMES {
            assert!(name.starts_with(&format!("row_{number:02}_")), "row {number} is {name}");
        }
    }

    #[test]
    fn every_row_that_is_written_is_listed() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/decision_table")).unwrap();
        assert_eq!(files.count(), SOURCES.len(), "a file of the table is missing in `SOURCES`");
        let written: BTreeSet<_> = SOURCES.iter().copied().flat_map(defined).collect();
        assert_eq!(NAMES.iter().map(|(_, name)| *name).collect::<BTreeSet<_>>(), written);
    }
}
