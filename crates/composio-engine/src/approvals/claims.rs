//! What an approval says, sealed: the text that goes out with the question and comes back with the answer.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composio_core::{ConnectedAccountId, Error, ErrorKind, Result, SessionId, Timestamp, ToolCall, ToolSlug};
use serde::{Deserialize, Serialize};

use crate::execute::canonical;
use crate::seal::{self, Binding, Sealer};
use crate::store::{Digest, ProjectId, Sealed};

/// How long an answer is awaited.
pub(super) const LIFE: Duration = Duration::from_secs(600);

/// The layout of what is sealed. Another one is another purpose, so that no engine reads what it does not know.
const PURPOSE: &str = "approval/1";

/// Which call a person was asked about. It holds no arguments, only their digest.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(Clone, Debug, PartialEq))]
pub(super) struct ApprovalClaims {
    /// What is spent.
    pub(super) id: String,
    pub(super) session: SessionId,
    pub(super) tool: ToolSlug,
    pub(super) account: Option<ConnectedAccountId>,
    pub(super) arguments: Digest,
    pub(super) expires_at: Timestamp,
}

impl ApprovalClaims {
    /// The text: the claims, sealed for their project, in characters that fit anywhere.
    pub(super) fn seal(&self, project: &ProjectId, sealer: &Sealer) -> Result<String> {
        let claims = serde_json::to_vec(self)
            .map_err(|error| Error::new(ErrorKind::Unexpected, "an approval cannot be written").with_source(error))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealer.seal(&binding(project), &claims)?.0))
    }

    /// Reads a text; nothing where it was altered, or made by or for somebody else.
    pub(super) fn open(state: &str, project: &ProjectId, sealer: &Sealer) -> Option<Self> {
        let sealed = Sealed(BASE64_URL_SAFE_NO_PAD.decode(state).ok()?);
        let claims = sealer.open(&binding(project), &sealed)?;
        serde_json::from_slice(&claims).ok()
    }
}

fn binding(project: &ProjectId) -> Binding<'_> {
    Binding::new(PURPOSE, project.as_str(), "")
}

/// What was shown to the person, whatever the order of the keys.
pub(super) fn argument_digest(call: &ToolCall) -> Digest {
    seal::digest(&canonical(&call.arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkClaims;
    use crate::seal::SealingKey;
    use composio_core::ToolkitSlug;

    fn claims() -> ApprovalClaims {
        ApprovalClaims {
            id: "id".to_owned(),
            session: "trs_1".into(),
            tool: ToolSlug::new("A_B").unwrap(),
            account: Some("ca_1".into()),
            arguments: [3; 32],
            expires_at: Timestamp::from_micros(10),
        }
    }

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&[SealingKey::new([byte; 32])]).unwrap()
    }

    #[test]
    fn a_state_opens_for_its_project_and_key_alone() {
        let (here, there) = (ProjectId::new("here"), ProjectId::new("there"));
        let state = claims().seal(&here, &sealer(1)).unwrap();
        assert_eq!(ApprovalClaims::open(&state, &here, &sealer(1)), Some(claims()));
        assert_eq!(ApprovalClaims::open(&state, &there, &sealer(1)), None);
        assert_eq!(ApprovalClaims::open(&state, &here, &sealer(2)), None);
    }

    #[test]
    fn a_state_with_any_character_changed_or_missing_opens_nothing() {
        let project = ProjectId::new("p");
        let state = claims().seal(&project, &sealer(1)).unwrap();
        let opens = |text: &str| ApprovalClaims::open(text, &project, &sealer(1)).is_some();
        for place in 0..state.len() {
            let other = if &state[place..=place] == "A" { "B" } else { "A" };
            let mut altered = state.clone();
            altered.replace_range(place..=place, other);
            assert!(!opens(&altered), "character {place}");
            assert!(!opens(&state[..place]), "cut at {place}");
        }
        assert!(opens(&state) && !opens(&format!("{state}A")) && !opens(&format!(" {state}")));
    }

    #[test]
    fn a_link_is_no_approval_and_an_approval_is_no_link() {
        // A link is sealed for no project, so this is the one in which the two come closest.
        let (project, sealer, now) = (ProjectId::new(""), sealer(1), Timestamp::from_micros(0));
        let toolkit = ToolkitSlug::new("github").unwrap();
        let link = LinkClaims::new(&project, "trs_1".into(), toolkit, "ca_1".into(), Timestamp::from_micros(10));
        assert_eq!(ApprovalClaims::open(&link.seal(&sealer).unwrap(), &project, &sealer), None);
        assert!(LinkClaims::open(&claims().seal(&project, &sealer).unwrap(), &sealer, now).is_err());
    }

    #[test]
    fn a_state_shows_nothing_and_fits_into_an_address() {
        let state = claims().seal(&ProjectId::new("p"), &sealer(1)).unwrap();
        assert!(!state.contains("A_B") && !state.contains("ca_1"));
        assert!(state.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    }
}
