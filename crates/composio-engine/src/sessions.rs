//! Making and changing sessions: everything is checked before anything is stored.

mod catalogue;
mod hosted;
mod overrides;
mod problems;

use composio_core::{
    Error, ErrorKind, HistoryQuery, Page, Patch, Preload, Result, Retry, SessionConfig, SessionId, SessionRecord,
    SessionUpdate, SessionVersion, SessionWarning, UserId, WarningCode,
};

use crate::engine::Engine;
use crate::options::EngineOptions;
use crate::scope::Scope;
use crate::store::ProjectId;
use crate::toolkits::{PRELOAD_MAX, preloaded};

/// How often a change that expects no version is made again because another one came first. Of those that meet, one is
/// made each time.
const ATTEMPTS: usize = 16;
/// From so many preloaded tools on there is a warning. Rule: `session-semantics` 4.1: fewer are advised.
const MANY_TOOLS: usize = 20;

/// Checks the configuration and keeps the session.
pub(crate) async fn create(
    engine: &Engine,
    project: &ProjectId,
    user: &UserId,
    config: &SessionConfig,
) -> Result<SessionRecord> {
    check_user(user)?;
    config.validate()?;
    let check = Check { engine, project, user, config, update: None };
    check.run().await?;
    let record = SessionRecord::new(engine.id("trs")?.into(), user.clone(), config.clone(), engine.now());
    engine.store().insert_session(project, &record).await?;
    Ok(warned(engine, record))
}

/// Changes the configuration after the same checks. Rule: `session-semantics` 3.3.
///
/// # Errors
/// `Conflict` where the session has another version than the expected one. Nothing is written then, nor tried again.
pub(crate) async fn update(
    engine: &Engine,
    project: &ProjectId,
    session: &SessionId,
    update: &SessionUpdate,
) -> Result<SessionRecord> {
    for _ in 0..ATTEMPTS {
        let before = Scope::open(engine, project, session).await?.session;
        if let Some(expected) = update.expected_version.filter(|expected| *expected != before.version) {
            return Err(stale(&before, expected));
        }
        let config = before.config.updated(update)?;
        let check = Check { engine, project, user: &before.user, config: &config, update: Some(update) };
        check.run().await?;
        let next = before.next(config, engine.now());
        match engine.store().update_session(project, &next).await {
            Ok(()) => return Ok(warned(engine, next)),
            // Somebody was faster. The next look finds their version, or no session.
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let message = format!("session {session} is changed by so many at once that this change found no gap; try again");
    Err(Error::new(ErrorKind::Conflict, message).with_retry(Retry::Safe))
}

/// The versions of the configuration.
pub(crate) async fn history(scope: &Scope<'_>, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
    scope.engine.store().session_history(scope.project, &scope.session.id, query).await
}

/// Says what there is to say about a configuration that is kept. Nothing of it is stored.
pub(crate) fn warned(engine: &Engine, mut record: SessionRecord) -> SessionRecord {
    record.warnings = high_context_usage(engine, &record.config).into_iter().collect();
    record
}

fn high_context_usage(engine: &Engine, config: &SessionConfig) -> Option<SessionWarning> {
    let tools = preloaded(engine.catalog(), config).len();
    if tools < MANY_TOOLS {
        return None;
    }
    let less = match config.preload {
        Preload::All => "name the tools that are needed with `.preload([..])`, or allow fewer",
        _ => "preload only those that are needed in every conversation",
    };
    let left_out = match tools.saturating_sub(PRELOAD_MAX) {
        0 => String::new(),
        more => format!(" Another {more} are left out, because {PRELOAD_MAX} is the limit."),
    };
    let listed = tools.min(PRELOAD_MAX);
    let message = format!(
        "{listed} tools are preloaded, and their descriptions fill a model's context with every request. Fewer than \
         {MANY_TOOLS} are advised: {less}.{left_out}"
    );
    Some(SessionWarning::new(WarningCode::PreloadToolsHighContextUsage, message))
}

fn stale(session: &SessionRecord, expected: u64) -> Error {
    let SessionRecord { id, version, .. } = session;
    let message = format!(
        "session {id} has version {version}, and the change expects version {expected}; nothing was changed, so read the \
         session again and decide anew"
    );
    Error::new(ErrorKind::Conflict, message)
}

fn check_user(user: &UserId) -> Result<()> {
    let given = !user.as_str().trim().is_empty();
    given.then_some(()).ok_or_else(|| Error::invalid_input("user", user.as_str(), "give the id of one of your users"))
}

/// A configuration that is about to be kept, beyond what [`SessionConfig::validate`] sees.
///
/// What a change does not touch was accepted before and is not looked at again: an account that has expired since does not
/// stand in the way of another toolkit, nor a tool that the catalogue has lost. What does not go together is refused
/// whichever side moved: `validate` does that, and a tool that is preloaded by name has to stay inside the rules.
struct Check<'a> {
    engine: &'a Engine,
    project: &'a ProjectId,
    user: &'a UserId,
    config: &'a SessionConfig,
    /// None for a new session, of which everything is new.
    update: Option<&'a SessionUpdate>,
}

impl Check<'_> {
    async fn run(&self) -> Result<()> {
        if let Some(hosted) = &self.config.hosted {
            hosted::refuse(hosted)?;
        }
        self.slugs()?;
        if let Some(url) = self.config.callback_url.as_ref().filter(|_| self.sets(|update| &update.callback_url)) {
            EngineOptions::callback_rule(self.engine.callback_origins(), url)?;
        }
        if self.sets(|update| &update.auth_configs) {
            self.auth_configs().await?;
        }
        if self.sets(|update| &update.connected_accounts) {
            self.connected_accounts().await?;
        }
        Ok(())
    }

    /// Whether a field has a new value.
    fn sets<T>(&self, field: impl Fn(&SessionUpdate) -> &Patch<T>) -> bool {
        self.update.is_none_or(|update| matches!(field(update), Patch::Set(_)))
    }

    /// Whether a field has another value, its default included.
    fn moves<T>(&self, field: impl Fn(&SessionUpdate) -> &Patch<T>) -> bool {
        self.update.is_none_or(|update| !matches!(field(update), Patch::Keep))
    }
}
