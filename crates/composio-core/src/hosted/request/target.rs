//! Paths and queries. Rule: `session-api` 1.5.

use std::fmt::Write;

use crate::error::{Error, Result};
use crate::wire::{PageQuery, ToolkitVersions};

/// The path and the query of a request, while they are written.
#[derive(Debug)]
pub(in crate::hosted) struct Target {
    text: String,
    has_query: bool,
    /// The first thing that cannot be said.
    refused: Option<Error>,
}

impl Target {
    /// The path of these segments, below the API's own. What callers name is escaped.
    pub(in crate::hosted) fn new(segments: &[&str]) -> Self {
        let mut target = Self { text: String::from("/api/v3.1"), has_query: false, refused: None };
        for segment in segments {
            // These name another resource than the one that is meant, and stay what they are however they are escaped.
            if ["", ".", ".."].contains(segment) {
                target.refuse("id", segment, "use an id or a slug as the API returned it");
            }
            target.text.push('/');
            escape(&mut target.text, segment);
        }
        target
    }

    /// A text, where there is one.
    pub(in crate::hosted) fn text(mut self, key: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.push(key, value);
        }
        self
    }

    /// A yes or no, where it is said.
    pub(in crate::hosted) fn flag(self, key: &str, value: Option<bool>) -> Self {
        self.text(key, value.map(|value| if value { "true" } else { "false" }))
    }

    /// A list as one value, joined by commas; an empty one is left out.
    pub(in crate::hosted) fn list<T: AsRef<str>>(mut self, key: &str, values: &[T]) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        // It would ask for two others, such as the accounts of two other users.
        if let Some(value) = values.iter().find(|value| value.contains(',')) {
            self.refuse(key, value, "a list cannot say a value with a comma; ask without this filter");
        }
        // A server may read it as no filter at all, such as for the accounts of every user.
        if values.contains(&"") {
            self.refuse(key, "", "an empty value names nothing; ask without this filter to see everything");
        }
        if !values.is_empty() {
            self.push(key, &values.join(","));
        }
        self
    }

    /// The versions of toolkits: one text, or a key in brackets for each toolkit.
    pub(in crate::hosted) fn versions(mut self, key: &str, versions: Option<&ToolkitVersions>) -> Self {
        match versions {
            None => {}
            Some(ToolkitVersions::All(version)) => self.push(key, version),
            Some(ToolkitVersions::Each(versions)) => {
                for (toolkit, version) in versions {
                    self.push(&format!("{key}[{toolkit}]"), version);
                }
            }
        }
        self
    }

    /// Which page of a list.
    pub(in crate::hosted) fn page(self, page: &PageQuery) -> Self {
        let limit = page.limit.map(|limit| limit.to_string());
        self.text("limit", limit.as_deref()).text("cursor", page.cursor.as_deref())
    }

    /// The path and the query.
    ///
    /// # Errors
    /// `InvalidInput` for a segment that names another resource (an empty one, `.` and `..`) and for a value of a list
    /// that has a comma or is empty.
    pub(in crate::hosted) fn finish(self) -> Result<String> {
        match self.refused {
            Some(error) => Err(error),
            None => Ok(self.text),
        }
    }

    fn refuse(&mut self, field: &str, value: &str, rule: &str) {
        self.refused.get_or_insert_with(|| Error::invalid_input(field, value, rule));
    }

    fn push(&mut self, key: &str, value: &str) {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        escape(&mut self.text, key);
        self.text.push('=');
        escape(&mut self.text, value);
    }
}

/// Writes all but the characters that mean nothing anywhere in an address as `%XX`.
fn escape(to: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;

    #[test]
    fn what_callers_name_cannot_leave_its_segment() {
        let target = Target::new(&["auth_configs", "a/../b?x=1#y z%2e", "é"]).finish().unwrap();
        assert_eq!(target, "/api/v3.1/auth_configs/a%2F..%2Fb%3Fx%3D1%23y%20z%252e/%C3%A9");
        let url = url::Url::parse("http://localhost:9900").unwrap().join(&target).unwrap();
        assert_eq!(url.path(), target, "a client sends it as it was written");
    }

    #[test]
    fn a_segment_that_names_another_resource_is_refused() {
        for segment in ["", ".", ".."] {
            let error = Target::new(&["auth_configs", segment]).text("search", Some("x")).finish().unwrap_err();
            assert_eq!(error.field(), Some("id"), "{segment:?}: {error}");
        }
    }

    #[test]
    fn a_query_has_joined_lists_and_keys_in_brackets() {
        let each =
            [("github", "20251001_00"), ("a&b", "latest")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let target = Target::new(&["tools"])
            .list("toolkits", &["github", "gmail"])
            .list::<String>("none", &[])
            .text("absent", None)
            .text("search", Some("a b+c&d"))
            .flag("important", Some(false))
            .versions("toolkit_versions", Some(&ToolkitVersions::Each(IndexMap::from(each))))
            .page(&PageQuery::new().limit(20).cursor("MQ=="))
            .finish()
            .unwrap();
        let query = "toolkits=github%2Cgmail&search=a%20b%2Bc%26d&important=false\
                     &toolkit_versions%5Bgithub%5D=20251001_00&toolkit_versions%5Ba%26b%5D=latest&limit=20&cursor=MQ%3D%3D";
        assert_eq!(target, format!("/api/v3.1/tools?{query}"));
    }

    #[test]
    fn a_value_of_a_list_is_one_value() {
        for values in [["ann", "bob,carl"], ["ann", ""]] {
            let error = Target::new(&["connected_accounts"]).list("user_ids", &values).finish().unwrap_err();
            assert_eq!(error.field(), Some("user_ids"), "{error}");
        }
    }

    #[test]
    fn one_version_for_all_toolkits_is_one_value() {
        let latest = ToolkitVersions::All("latest".to_owned());
        let target = Target::new(&["tools"]).versions("toolkit_versions", Some(&latest)).finish().unwrap();
        assert_eq!(target, "/api/v3.1/tools?toolkit_versions=latest");
    }
}
