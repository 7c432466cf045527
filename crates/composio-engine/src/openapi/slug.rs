//! Slugs for operations: stable, readable, and short enough for every model provider.
//!
//! 1. A tool is called by its toolkit and the words of its summary: `GITHUB_CREATE_AN_ISSUE`. Without a summary, the
//!    words of the operation id are used; without that, method and path.
//! 2. Operations that would share a slug all get their first tag between: `GITHUB_ACTIONS_LIST_REPOSITORY_SECRETS`.
//! 3. Those that still share one get method and path behind; those that even then do, a hash.
//! 4. A slug longer than [`MAX_GENERATED`] ends at a word and carries a hash of method and path in the place of the rest.
//!
//! A slug depends on the toolkit's slug and on the operation itself; another operation changes it only by having the same
//! summary. Operations that are left out or skipped count, too, so that leaving one out renames no other.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::document::Operation;
use super::error::ImportError;
use super::hex;

/// The longest slug that the rule gives out, in characters. Names of up to 64 are accepted everywhere; four are left for
/// prefixes of frameworks.
pub const MAX_GENERATED: usize = 60;

/// Hexadecimal digits of the hash behind a slug that was cut.
const HASH_DIGITS: usize = 6;

/// How much goes into a slug: each step is taken only by operations that would share the slug of the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    Summary,
    Tag,
    Path,
    Hash,
}

impl Detail {
    fn next(self) -> Option<Self> {
        match self {
            Self::Summary => Some(Self::Tag),
            Self::Tag => Some(Self::Path),
            Self::Path => Some(Self::Hash),
            Self::Hash => None,
        }
    }
}

/// Gives each operation its slug. A pin is kept as it is, and others make way for it.
pub(super) fn assign(
    toolkit: &str,
    operations: &[Operation<'_>],
    pins: &[Option<&str>],
) -> Result<Vec<String>, ImportError> {
    let mut details = vec![Detail::Summary; operations.len()];
    loop {
        let names: Vec<String> = (0..operations.len())
            .map(|index| match pins[index] {
                Some(pin) => pin.to_owned(),
                None => full(toolkit, &operations[index], details[index]),
            })
            .collect();
        let mut changed = false;
        for group in shared(&names) {
            for &index in group.iter().filter(|index| pins[**index].is_none()) {
                if let Some(next) = details[index].next() {
                    details[index] = next;
                    changed = true;
                }
            }
        }
        if !changed {
            return finish(operations, pins, &names);
        }
    }
}

/// The groups of places that have the same name.
fn shared(names: &[String]) -> Vec<Vec<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        places.entry(name).or_default().push(index);
    }
    places.into_values().filter(|group| group.len() > 1).collect()
}

fn finish(operations: &[Operation<'_>], pins: &[Option<&str>], names: &[String]) -> Result<Vec<String>, ImportError> {
    let slugs: Vec<String> = names
        .iter()
        .zip(operations)
        .zip(pins)
        .map(|((name, operation), pin)| if pin.is_some() { name.clone() } else { shortened(name, &operation.key) })
        .collect();
    match shared(&slugs).into_iter().min() {
        Some(group) => Err(ImportError::SlugClash {
            slug: slugs[group[0]].clone(),
            first: operations[group[0]].key.clone(),
            second: operations[group[1]].key.clone(),
        }),
        None => Ok(slugs),
    }
}

/// The slug of an operation before it is shortened.
fn full(toolkit: &str, operation: &Operation<'_>, detail: Detail) -> String {
    let mut parts = words(toolkit);
    if detail >= Detail::Tag {
        parts.extend(words(operation.first_tag().unwrap_or_default()));
    }
    parts.extend(own_words(operation));
    if detail >= Detail::Path {
        parts.extend(words(&operation.key));
    }
    if detail >= Detail::Hash {
        parts.push(hash(&operation.key));
    }
    parts.join("_")
}

fn own_words(operation: &Operation<'_>) -> Vec<String> {
    [words(operation.summary()), words(&camel_apart(operation.operation_id())), words(&operation.key)]
        .into_iter()
        .find(|words| !words.is_empty())
        .unwrap_or_default()
}

/// The words of a text in capitals: runs of ASCII letters and digits. An apostrophe does not end a word.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    text.replace(['\'', '\u{2019}'], "")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect()
}

/// `listUserRepos` with a blank where a new word begins.
fn camel_apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push(' ');
        }
        out.push(c);
        before = c;
    }
    out
}

/// The slug itself if it is short enough; otherwise whole words of it and a hash of the operation (`METHOD /path`).
#[must_use]
pub fn shortened(slug: &str, operation: &str) -> String {
    if slug.len() <= MAX_GENERATED {
        return slug.to_owned();
    }
    let room = MAX_GENERATED - HASH_DIGITS - 1;
    let cut = if slug.as_bytes()[room] == b'_' { room } else { slug[..room].rfind('_').unwrap_or(room) };
    format!("{}_{}", &slug[..cut], hash(operation))
}

fn hash(operation: &str) -> String {
    hex(&Sha256::digest(operation))[..HASH_DIGITS].to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::document::Document;
    use super::*;

    fn slugs(toolkit: &str, paths: &Value, pins: &[(usize, &str)]) -> Result<Vec<String>, ImportError> {
        let document = Document::parse(&json!({"openapi": "3.0.3", "paths": paths}).to_string()).unwrap();
        let operations = document.operations();
        let mut all = vec![None; operations.len()];
        for (index, pin) in pins {
            all[*index] = Some(*pin);
        }
        assign(toolkit, &operations, &all)
    }

    #[test]
    fn one_operation_is_called_by_its_words() {
        for (operation, expected) in [
            (json!({"summary": "Create an issue"}), "GITHUB_CREATE_AN_ISSUE"),
            (json!({"summary": "List a user's repos (v2)"}), "GITHUB_LIST_A_USERS_REPOS_V2"),
            (json!({"summary": "Get the user\u{2019}s e-mail"}), "GITHUB_GET_THE_USERS_E_MAIL"),
            (json!({"summary": " ", "operationId": "repos/list-userRepos2Now"}), "GITHUB_REPOS_LIST_USER_REPOS2_NOW"),
            (json!({"summary": "日本"}), "GITHUB_GET_A_B"),
            (json!({}), "GITHUB_GET_A_B"),
        ] {
            let slugs = slugs("github", &json!({"/a/{b}": {"get": operation}}), &[]).unwrap();
            assert_eq!(slugs, [expected], "{operation}");
        }
        assert_eq!(
            slugs("google-drive", &json!({"/a": {"get": {"summary": "Ask"}}}), &[]).unwrap(),
            ["GOOGLE_DRIVE_ASK"]
        );
    }

    #[test]
    fn all_that_share_a_slug_get_their_tag_then_their_path_then_a_hash() {
        let list = |tag: &str| json!({"get": {"summary": "List secrets", "tags": [tag]}});
        let paths = json!({"/a": list("actions"), "/b": list("agents"), "/c": list("agents"), "/d/x": list("d"), "/d/{x}": list("d")});
        let slugs = slugs("gh", &paths, &[]).unwrap();
        assert_eq!(
            slugs[..3],
            ["GH_ACTIONS_LIST_SECRETS", "GH_AGENTS_LIST_SECRETS_GET_B", "GH_AGENTS_LIST_SECRETS_GET_C"]
        );
        assert!(
            slugs[3].starts_with("GH_D_LIST_SECRETS_GET_D_X_") && slugs[4].starts_with("GH_D_LIST_SECRETS_GET_D_X_")
        );
        assert_ne!(slugs[3], slugs[4]);
    }

    #[test]
    fn a_tag_may_run_into_another_summary() {
        let paths = json!({
            "/a": {"get": {"summary": "List", "tags": ["x"]}}, "/b": {"get": {"summary": "List", "tags": ["y"]}},
            "/c": {"get": {"summary": "X list", "tags": ["z"]}},
        });
        assert_eq!(slugs("t", &paths, &[]).unwrap(), ["T_X_LIST_GET_A", "T_Y_LIST", "T_Z_X_LIST"]);
    }

    #[test]
    fn a_pin_stays_and_others_make_way() {
        let paths = json!({"/a": {"get": {"summary": "List", "tags": ["x"]}}, "/b": {"get": {"summary": "Other"}}});
        assert_eq!(slugs("t", &paths, &[(1, "T_LIST")]).unwrap(), ["T_X_LIST", "T_LIST"]);
        let long = format!("T_{}", "A".repeat(62));
        assert_eq!(slugs("t", &paths, &[(1, &long)]).unwrap(), ["T_LIST", &long]);
        let error = slugs("t", &paths, &[(0, "T_A"), (1, "T_A")]).unwrap_err().to_string();
        assert!(error.contains("T_A") && error.contains("GET /a") && error.contains("GET /b"), "{error}");
    }

    #[test]
    fn a_long_slug_ends_at_a_word_and_differs_by_operation() {
        let long = "TOOLKIT_GET_THE_ONE_AND_ONLY_THING_WITH_QUITE_A_LONG_NAME_INDEED_AND_MORE";
        let (a, b) = (shortened(long, "GET /a"), shortened(long, "GET /b"));
        assert!(a.starts_with("TOOLKIT_GET_THE_ONE_AND_ONLY_THING_WITH_QUITE_A_LONG_"), "{a}");
        assert!(a.len() <= MAX_GENERATED && a != b, "{a} {b}");
        assert_eq!(a, shortened(long, "GET /a"));
        assert_eq!(shortened(&"A".repeat(60), "GET /a"), "A".repeat(60));
        assert_eq!(shortened(&"A".repeat(61), "GET /a").len(), 60);
        let exact = format!("{}_REST_OF_IT", "A".repeat(53));
        assert!(shortened(&exact, "GET /a").starts_with(&format!("{}_", "A".repeat(53))));
    }
}
