//! What an account runs with, as it is sealed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{Error, ErrorKind, FormFields, Result, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How long before it runs out a token is renewed for a call, so that it does not run out on the way. Most are renewed by
/// themselves before.
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// An account's credential in the clear. It lives for one call.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Credential {
    /// What a token endpoint gave.
    OAuth2(Tokens),
    /// What somebody entered, by the names of the scheme's fields.
    Fields { values: BTreeMap<String, String> },
}

/// What a token endpoint gave.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    #[serde(with = "exposed")]
    pub(crate) access_token: SecretString,
    #[serde(with = "exposed_option", default)]
    pub(crate) refresh_token: Option<SecretString>,
    /// When it was given; unknown for one that an earlier version kept.
    #[serde(default)]
    pub(crate) obtained_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) scopes: Vec<String>,
}

impl Tokens {
    /// Whether it has to be renewed before it is used.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now.plus(RENEW_BEFORE))
    }

    /// Whether it has run out.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

impl Credential {
    pub(crate) fn from_fields(fields: &FormFields) -> Self {
        let value = |name: &str| fields.get(name).map(|value| value.expose_secret().to_owned());
        let values = fields.names().filter_map(|name| Some((name.to_owned(), value(name)?))).collect();
        Self::Fields { values }
    }

    /// The bytes to seal.
    pub(crate) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| unreadable())
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // The source would quote what it stumbled over, so it is left out.
        serde_json::from_slice(bytes).map_err(|_| unreadable())
    }

    /// What is placed in requests: the access token, or the value of the field that the scheme places.
    pub(crate) fn secret(&self, field: Option<&str>) -> Option<SecretString> {
        match self {
            Self::OAuth2(tokens) => Some(tokens.access_token.clone()),
            Self::Fields { values } => values.get(field?).map(|value| value.as_str().into()),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OAuth2(_) => "Credential::OAuth2",
            Self::Fields { .. } => "Credential::Fields",
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Unexpected, "a stored credential is not readable; reconnect the account")
}

/// Secrets written out, on their way into the seal and nowhere else.
mod exposed {
    use super::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(Into::into)
    }
}

mod exposed_option {
    use super::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_the_seal_and_prints_nothing() {
        let tokens = Tokens {
            access_token: "at-secret".into(),
            refresh_token: Some("rt-secret".into()),
            obtained_at: None,
            expires_at: Some(Timestamp::from_micros(5)),
            scopes: vec!["repo".into()],
        };
        let credential = Credential::OAuth2(tokens);
        let back = Credential::from_bytes(&credential.to_bytes().unwrap()).unwrap();
        assert_eq!(back.secret(None).unwrap().expose_secret(), "at-secret");
        assert!(!format!("{credential:?}").contains("secret"));
    }

    #[test]
    fn tokens_are_renewed_a_minute_early() {
        let second = 1_000_000;
        let tokens = |seconds: i64| Tokens {
            access_token: "a".into(),
            refresh_token: None,
            obtained_at: None,
            expires_at: Some(Timestamp::from_micros(seconds * second)),
            scopes: Vec::new(),
        };
        let now = Timestamp::from_micros(0);
        assert!(tokens(60).is_due(now) && !tokens(60).is_over(now));
        assert!(!tokens(61).is_due(now));
        assert!(tokens(0).is_over(now));
    }
}
