//! Links: sealed tokens that say what a page is for. Nothing is stored for one until somebody presses Continue.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composio_core::{ConnectedAccountId, Error, ErrorKind, Result, SessionId, Timestamp, ToolkitSlug, Url};
use serde::{Deserialize, Serialize};

use crate::seal::{Binding, Sealer};
use crate::store::{ProjectId, Sealed};

const PURPOSE: Binding<'static> = Binding::new("link", "", "");

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LinkClaims {
    pub(crate) project: String,
    /// The session whose rules choose the auth config.
    pub(crate) session: SessionId,
    /// What will be connected.
    pub(crate) toolkit: ToolkitSlug,
    /// The account that becomes ACTIVE. It may not exist yet; pressing Continue twice still makes one.
    pub(crate) account: ConnectedAccountId,
    /// Whether the account was begun with the link. Where it is gone, so is the link.
    pub(crate) begun: bool,
    /// Whether the account is connected again.
    pub(crate) reconnect: bool,
    /// Where the browser goes in the end.
    pub(crate) callback_url: Option<Url>,
    /// Until when the link works.
    pub(crate) expires_at: Timestamp,
}

impl LinkClaims {
    pub(crate) fn new(
        project: &ProjectId,
        session: SessionId,
        toolkit: ToolkitSlug,
        account: ConnectedAccountId,
        expires_at: Timestamp,
    ) -> Self {
        let project = project.as_str().to_owned();
        Self { project, session, toolkit, account, begun: false, reconnect: false, callback_url: None, expires_at }
    }

    pub(crate) fn project(&self) -> ProjectId {
        ProjectId::new(&self.project)
    }

    /// The token: the claims, sealed, in characters that fit into a path.
    pub(crate) fn seal(&self, sealer: &Sealer) -> Result<String> {
        let claims = serde_json::to_vec(self)
            .map_err(|error| Error::new(ErrorKind::Unexpected, "a link cannot be written").with_source(error))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealer.seal(&PURPOSE, &claims)?.0))
    }

    /// Reads a token.
    ///
    /// # Errors
    /// `NotFound` where it is unknown, altered or over; they are not told apart.
    pub(crate) fn open(token: &str, sealer: &Sealer, now: Timestamp) -> Result<Self> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(token).ok().map(Sealed);
        let claims = sealed.and_then(|sealed| sealer.open(&PURPOSE, &sealed));
        let claims: Option<Self> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        claims.filter(|claims| now < claims.expires_at).ok_or_else(dead_link)
    }
}

/// What every link that does not work is answered with.
pub(crate) fn dead_link() -> Error {
    Error::new(ErrorKind::NotFound, "this link is unknown, used or over; ask for a new one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::SealingKey;

    fn claims() -> LinkClaims {
        let (project, expires_at) = (ProjectId::new("p"), Timestamp::from_micros(10));
        LinkClaims::new(&project, "trs_1".into(), ToolkitSlug::new("github").unwrap(), "ca_1".into(), expires_at)
    }

    #[test]
    fn a_token_opens_until_it_is_over_and_for_its_key_alone() {
        let sealer = |byte| Sealer::new(&[SealingKey::new([byte; 32])]).unwrap();
        let token = claims().seal(&sealer(1)).unwrap();
        let open = |token: &str, byte, now| LinkClaims::open(token, &sealer(byte), Timestamp::from_micros(now));
        assert_eq!(open(&token, 1, 9).unwrap(), claims());
        let mut altered = token.clone();
        altered.replace_range(50..51, if &token[50..51] == "A" { "B" } else { "A" });
        let messages = [open(&token, 1, 10), open(&token, 2, 9), open(&altered, 1, 9), open("x", 1, 9), open("", 1, 9)]
            .map(|refused| refused.unwrap_err().to_string());
        assert!(messages.iter().all(|message| message == &messages[0]), "{messages:?}");
    }

    #[test]
    fn a_token_shows_nothing_and_fits_into_a_path() {
        let token = claims().seal(&Sealer::new(&[SealingKey::new([1; 32])]).unwrap()).unwrap();
        assert!(!token.contains("github"));
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    }
}
