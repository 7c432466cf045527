//! Options from the environment.

use std::ffi::OsString;

use secrecy::SecretString;

use super::HostedOptions;
use crate::error::{Error, ErrorKind, Result};

const KEY: &str = "COMPOSIO_API_KEY";
const USER_KEY: &str = "COMPOSIO_USER_API_KEY";
const BASE_URL: &str = "COMPOSIO_BASE_URL";
const ORG_ID: &str = "COMPOSIO_ORG_ID";
const PROJECT_ID: &str = "COMPOSIO_PROJECT_ID";

/// Options from variables, of which an empty one counts as absent. Rule: `session-api` 12.1.
///
/// # Errors
/// `InvalidInput` that says what to set, and never what was set.
pub(super) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<HostedOptions> {
    let text = |name: &'static str| match variable(name).map(OsString::into_string) {
        Some(Ok(text)) if text.is_empty() => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(refused(format!("{name} is no text; set it again"))),
        None => Ok(None),
    };
    let secret = |name| text(name).map(|text| text.map(SecretString::from));
    let options = match (secret(KEY)?, secret(USER_KEY)?) {
        (Some(key), _) => HostedOptions::new(key),
        (None, Some(key)) => scoped(HostedOptions::user_key(key), text(ORG_ID)?, text(PROJECT_ID)?)?,
        (None, None) => {
            return Err(refused(format!(
                "there is no API key; set {KEY} to the key of a project, or {USER_KEY} to that of a user"
            )));
        }
    };
    Ok(match text(BASE_URL)? {
        Some(url) => options.base_url(url),
        None => options,
    })
}

fn scoped(options: HostedOptions, org: Option<String>, project: Option<String>) -> Result<HostedOptions> {
    match (org, project) {
        (Some(org), Some(project)) => Ok(options.scope(org, project)),
        (None, None) => Ok(options),
        (Some(_), None) => Err(refused(format!("{ORG_ID} is set and {PROJECT_ID} is not; set both or neither"))),
        (None, Some(_)) => Err(refused(format!("{PROJECT_ID} is set and {ORG_ID} is not; set both or neither"))),
    }
}

fn refused(problem: String) -> Error {
    Error::new(ErrorKind::InvalidInput, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(set: &[(&str, &str)]) -> Result<HostedOptions> {
        read(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn a_project_key_comes_before_a_user_key() {
        for (set, shows) in [
            (vec![(KEY, "ak_s3cret")], "Project([key])"),
            (vec![(KEY, "ak_s3cret"), (USER_KEY, "uak_s3cret"), (ORG_ID, "ok_1")], "Project([key])"),
            (vec![(KEY, ""), (USER_KEY, "uak_s3cret")], "User(\"[key]\", None)"),
            (vec![(USER_KEY, "uak_s3cret"), (ORG_ID, "ok_1"), (PROJECT_ID, "pr_1")], "org: \"ok_1\""),
            (vec![(USER_KEY, "uak_s3cret"), (ORG_ID, ""), (PROJECT_ID, "")], "None"),
            (vec![(KEY, "ak_s3cret"), (BASE_URL, "http://localhost:9900")], "http://localhost:9900"),
            (vec![(KEY, "ak_s3cret"), (BASE_URL, "")], "https://backend.composio.dev"),
        ] {
            let debug = format!("{:?}", options(&set).unwrap());
            assert!(debug.contains(shows) && !debug.contains("s3cret"), "{debug}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for (set, says) in [
            (vec![], vec![KEY, USER_KEY]),
            (vec![(KEY, ""), (USER_KEY, "")], vec![KEY, USER_KEY]),
            (vec![(USER_KEY, "uak_s3cret"), (ORG_ID, "s3cret")], vec![ORG_ID, PROJECT_ID, "both or neither"]),
            (vec![(USER_KEY, "uak_s3cret"), (PROJECT_ID, "s3cret")], vec![ORG_ID, PROJECT_ID, "both or neither"]),
        ] {
            let error = options(&set).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(says.iter().all(|says| error.to_string().contains(says)), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_text_is_refused_without_showing_it() {
        use std::os::unix::ffi::OsStringExt;
        let error = read(|_| Some(OsString::from_vec(b"s3cret\xff".to_vec()))).unwrap_err();
        assert!(error.to_string().starts_with(KEY) && !format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
