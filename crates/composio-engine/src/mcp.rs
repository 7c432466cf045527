//! Who may reach a session over MCP: whoever has a key of its project, or a token of this session. Neither is kept, only
//! what recognises it.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{Error, ErrorKind, McpAccess, McpEndpoint, McpToken, McpTokenId, Result, SessionId, SessionRecord};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::backend::EmbeddedBackend;
use crate::engine::Engine;
use crate::random;
use crate::scope::Scope;
use crate::seal::digest;
use crate::store::{Digest, McpTokenRecord, ProjectId};

/// How many tokens a session has at one time: enough for every client of one user, and an end for a loop that makes one
/// after the other.
const TOKENS_MAX: usize = 100;
/// What a token begins with, so that people and secret scanners know one.
const PREFIX: &str = "mcp_";
/// The shortest key of a project.
const KEY_MIN: usize = 16;

/// The keys of every project.
#[derive(Clone, Default)]
pub(crate) struct ProjectKeys {
    digests: HashMap<ProjectId, Vec<Digest>>,
}

impl ProjectKeys {
    /// Adds a key. A project may have several: the old one and the new one, while they are exchanged.
    ///
    /// # Errors
    /// `InvalidInput`, without the key.
    pub(crate) fn add(&mut self, project: ProjectId, key: &SecretString) -> Result<()> {
        let key = key.expose_secret();
        // It has to fit into a header as it is.
        if key.len() < KEY_MIN || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!(
                "project_key of project {:?} is not valid: give at least {KEY_MIN} letters, digits and signs of ASCII, \
                 without spaces",
                project.as_str()
            );
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        self.digests.entry(project).or_default().push(digest(key));
        Ok(())
    }

    /// Whether this is the digest of one of the project's keys. Takes as long whichever it is, or none.
    fn hold(&self, project: &ProjectId, credential: &Digest) -> bool {
        let keys = self.digests.get(project).map(Vec::as_slice).unwrap_or_default();
        keys.iter().fold(Choice::from(0), |found, key| found | key.ct_eq(credential)).into()
    }
}

impl fmt::Debug for ProjectKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.digests.iter().map(|(project, keys)| (project, keys.len()))).finish()
    }
}

/// Says in a session's record where MCP clients reach it, if they do.
pub(crate) fn reachable(engine: &Engine, record: SessionRecord) -> SessionRecord {
    if !engine.serves_mcp() {
        return record;
    }
    let url = engine.page(&format!("tool_router/{}/mcp", record.id));
    record.mcp(McpEndpoint::new(url, Vec::new()))
}

/// Whether there is anything that a token could open.
///
/// # Errors
/// `Unsupported`.
pub(crate) fn check_served(engine: &Engine) -> Result<()> {
    let text = "this engine serves no MCP, so that a token would open nothing; where a server serves it behind the \
                public URL, say so with `EngineOptions::serves_mcp`";
    engine.serves_mcp().then_some(()).ok_or_else(|| Error::new(ErrorKind::Unsupported, text))
}

/// Makes a token and shows it, this once.
pub(crate) async fn create_token(scope: &Scope<'_>, lifetime: Duration) -> Result<McpToken> {
    let (engine, now) = (scope.engine, scope.engine.now());
    let secret = Zeroizing::new(format!("{PREFIX}{}", *Zeroizing::new(random::token()?)));
    let token = McpTokenRecord {
        id: engine.id("mtk")?.into(),
        session: scope.session.id.clone(),
        digest: digest(&secret),
        created_at: now,
        expires_at: now.plus(lifetime),
    };
    engine.store().put_mcp_token(scope.project, &token, TOKENS_MAX).await?;
    let url = engine.page(&format!("tool_router/{}/mcp", token.session));
    let header = ("Authorization".to_owned(), SecretString::from(format!("Bearer {}", *secret)));
    Ok(McpToken::new(token.id, McpEndpoint::new(url, [header]), token.expires_at))
}

/// Ends one token of the session, or all of them.
pub(crate) async fn revoke_tokens(scope: &Scope<'_>, token: Option<&McpTokenId>) -> Result<()> {
    scope.engine.store().forget_mcp_tokens(scope.project, &scope.session.id, token).await
}

/// The credential is what follows `Bearer`. An engine that does not [serve](crate::EngineOptions::serves_mcp) MCP makes no
/// tokens, and still admits the [keys](crate::EngineOptions::project_key) of the project.
#[async_trait]
impl McpAccess for EmbeddedBackend {
    async fn admit(&self, session: &SessionId, credential: &SecretString) -> Result<()> {
        let (engine, project) = (self.engine(), self.project());
        let digest = digest(credential.expose_secret());
        if engine.project_keys().hold(project, &digest) {
            return Scope::open(engine, project, session).await.map(drop);
        }
        let opens = engine.store().mcp_token_session(project, &digest, engine.now()).await?;
        if opens.is_some_and(|opens| &opens == session) { Ok(()) } else { Err(refused()) }
    }
}

/// What every credential that does not fit is answered with. Whether the session exists is nobody's business then.
fn refused() -> Error {
    let text = "the credential opens no such session; send the key of its project, or a token of this session that is \
                neither over nor revoked";
    Error::new(ErrorKind::Unauthorized, text)
}
