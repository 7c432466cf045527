//! The parameters of OAuth requests.

use std::collections::BTreeMap;

/// Names and values from a query or a form. An empty value counts as left out, and no name may come twice (RFC 6749
/// section 3.1 and 3.2).
///
/// There is no `Debug`: values include secrets.
#[derive(Default)]
pub(crate) struct Params {
    values: BTreeMap<String, String>,
    repeated: Vec<String>,
}

impl Params {
    pub(crate) fn parse(text: &[u8]) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(text) {
            if value.is_empty() {
                continue;
            }
            let name = name.into_owned();
            if params.values.insert(name.clone(), value.into_owned()).is_some() {
                params.repeated.push(name);
            }
        }
        params
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The first name that came twice.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }

    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|known| known == name)
    }
}
