//! The operator's OAuth apps, from the environment or a file.

use std::collections::BTreeMap;
use std::path::Path;

use composio_core::secrecy::SecretString;
use composio_core::{Error, ErrorKind, OAuthApp, Result, ToolkitSlug};
use serde::Deserialize;

const PREFIX: &str = "COMPOSIO_OAUTH_";
const ID: &str = "_CLIENT_ID";
const SECRET: &str = "_CLIENT_SECRET";

/// Reads pairs of variables. A toolkit's name in them is its slug in upper case.
pub(super) fn from_env(variables: impl Iterator<Item = (String, String)>) -> Result<Vec<(ToolkitSlug, OAuthApp)>> {
    let ours: BTreeMap<String, String> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    let mut apps = Vec::new();
    for (name, client_id) in &ours {
        let Some(toolkit) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(ID)) else { continue };
        let secret = format!("{PREFIX}{toolkit}{SECRET}");
        let Some(client_secret) = ours.get(&secret) else {
            return Err(Error::new(ErrorKind::InvalidInput, format!("{name} is set and {secret} is not; set both")));
        };
        let app = OAuthApp::new(client_id, client_secret.as_str());
        apps.push((ToolkitSlug::new(toolkit.to_ascii_lowercase())?, app));
    }
    Ok(apps)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    client_id: String,
    client_secret: SecretString,
}

pub(super) fn from_file(path: &Path) -> Result<Vec<(ToolkitSlug, OAuthApp)>> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, format!("the file of OAuth apps {name} cannot be read")).with_source(error)
    })?;
    // The source would quote the text, and the text holds secrets: only the place is told.
    let apps: BTreeMap<ToolkitSlug, App> = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let form = r#"{"toolkit": {"client_id": "…", "client_secret": "…"}}"#;
        Error::new(ErrorKind::InvalidInput, format!("{name}, line {line} column {column}: the form is {form}"))
    })?;
    Ok(apps.into_iter().map(|(toolkit, app)| (toolkit, OAuthApp::new(app.client_id, app.client_secret))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Vec<(ToolkitSlug, OAuthApp)>> {
        from_env(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn apps_come_in_pairs() {
        let apps = read(&[
            ("COMPOSIO_OAUTH_GITHUB_CLIENT_ID", "id"),
            ("COMPOSIO_OAUTH_GITHUB_CLIENT_SECRET", "secret"),
            ("COMPOSIO_API_KEY", "other"),
        ]);
        let apps = apps.unwrap();
        assert_eq!(apps.len(), 1);
        assert_eq!((apps[0].0.as_str(), apps[0].1.client_id.as_str()), ("github", "id"));
        let error = read(&[("COMPOSIO_OAUTH_GITHUB_CLIENT_ID", "id")]).unwrap_err();
        assert!(error.to_string().contains("COMPOSIO_OAUTH_GITHUB_CLIENT_SECRET"), "{error}");
    }
}
