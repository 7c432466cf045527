//! Running a tool: policy and arguments, the account, a person's approval, the credential, the request, once.
//!
//! `plan` and `read` are pure; between them stands the one sender. What was sent goes on when the caller goes away, in a
//! task that the engine owns.

mod once;
mod plan;
mod read;
pub(crate) mod redact;
mod validate;

use bytes::Bytes;
use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{
    AuthConfig, AuthScheme, ConnectedAccount, ConnectedAccountId, Error, ErrorKind, Result, Selection, ToolCall,
    ToolOutput, select_account, select_reconnect,
};
use http::{Request, Response};
use serde_json::{Map, Value};

pub(crate) use self::validate::Validator;
use crate::access::Access;
use crate::approvals::{self, Answer};
use crate::catalog::{CatalogTool, Toolkit};
use crate::connect::is_refused;
use crate::credential::Credential;
use crate::engine::Engine;
use crate::manifest::HttpBinding;
use crate::policy::last_word;
use crate::scope::{OwnedScope, Scope};
use crate::seal;
use crate::store::ProjectId;

/// Runs a tool with the account that the session's rules choose.
pub(crate) async fn execute(scope: &Scope<'_>, call: ToolCall) -> Result<ToolOutput> {
    let log_id = scope.engine.id("log")?;
    match run(scope, call, &log_id).await {
        // A replayed outcome keeps the id of the call that happened.
        Ok(output) if output.log_id.is_some() => Ok(output),
        Ok(output) => Ok(output.log_id(log_id)),
        Err(error) if error.log_id().is_some() => Err(error),
        Err(error) => Err(error.with_log_id(log_id)),
    }
}

async fn run(scope: &Scope<'_>, call: ToolCall, log_id: &str) -> Result<ToolOutput> {
    approvals::settle_denial(scope, &call).await?;
    let (toolkit, tool) = scope.engine.catalog().tool(&call.tool)?;
    scope.permit_tool(toolkit, tool)?;
    tool.check(&call.arguments)?;
    if call.idempotency_key.is_some() {
        return once::execute(scope, call, log_id).await;
    }
    let (owned, log_id) = (OwnedScope::new(scope), log_id.to_owned());
    scope.engine.own(async move { attempt(&owned.borrow(), call, &log_id).await }).await
}

/// Chooses the account, asks a person where one has to allow the call, and makes it. Runs in a task of the engine: what
/// was approved is sent although its caller goes away, or it is asked about again.
async fn attempt(scope: &Scope<'_>, call: ToolCall, log_id: &str) -> Result<ToolOutput> {
    let (toolkit, tool) = scope.engine.catalog().tool(&call.tool)?;
    let answer = Answer::of(scope, &call)?;
    let job = Job::new(scope, toolkit, call, answer.as_ref()).await?;
    let rule = scope.session.config.needs_approval(Some(&toolkit.slug), &job.call.tool, tool.definition.hints);
    approvals::pass(scope, &job.call, rule, job.account(), answer).await?;
    let result = job.run().await;
    let mended = result.map_err(|error| with_reconnect(scope, toolkit, job.account(), error));
    mended.map_err(|error| error.with_log_id(log_id))
}

/// Adds the link that mends an account which ended during the call.
fn with_reconnect(scope: &Scope<'_>, toolkit: &Toolkit, account: Option<&ConnectedAccount>, error: Error) -> Error {
    if error.kind() != ErrorKind::ConnectionRequired || error.connect_url().is_some() {
        return error;
    }
    match account {
        Some(account) => scope.with_reconnect(toolkit, account, error),
        None => error,
    }
}

/// A call with everything that is needed to make it.
struct Job {
    engine: Engine,
    project: ProjectId,
    call: ToolCall,
    with: Option<(AuthConfig, ConnectedAccount)>,
}

impl Job {
    /// Chooses the account: the one that the call names, else the one that a person approved it for, exactly. An account
    /// that was connected since does not take over what was approved for another.
    ///
    /// # Errors
    /// As the rules refuse; `ConnectionRequired` with a link where there is nothing to run with; `PermissionDenied` where
    /// the auth config in question does not let the tool run (row 60 of the decision table), connected or not.
    async fn new(scope: &Scope<'_>, toolkit: &Toolkit, call: ToolCall, answer: Option<&Answer>) -> Result<Self> {
        let candidates = scope.candidates(toolkit).await?;
        let approved = answer.and_then(Answer::account).map(ConnectedAccountId::as_str);
        let input = scope.input(toolkit, &candidates, call.account.as_deref().or(approved));
        let selection = select_account(&input);
        let (_, tool) = scope.engine.catalog().tool(&call.tool)?;
        scope.permit_on(toolkit, tool, last_word(&input, &selection, tool))?;
        let with = match selection.map_err(|error| scope.refusal(toolkit, &candidates.accounts, error))? {
            Selection::NoAuthNeeded => None,
            Selection::Use { account, .. } => {
                let account = candidates.accounts.into_iter().find(|one| one.id == account);
                let of = |account: &ConnectedAccount| {
                    candidates.configs.into_iter().find(|config| config.id == account.auth_config)
                };
                let pair = account.and_then(|account| Some((of(&account)?, account)));
                Some(pair.ok_or_else(|| Error::new(ErrorKind::Unexpected, "the chosen account is gone"))?)
            }
            _ => return Err(scope.connection_required(toolkit, select_reconnect(&input))),
        };
        let (engine, project) = (scope.engine.clone(), scope.project.clone());
        Ok(Self { engine, project, call, with })
    }

    fn account(&self) -> Option<&ConnectedAccount> {
        self.with.as_ref().map(|(_, account)| account)
    }

    async fn run(&self) -> Result<ToolOutput> {
        let (toolkit, tool) = self.engine.catalog().tool(&self.call.tool)?;
        let Some((config, account)) = &self.with else {
            let request = plan::plan(
                &toolkit.manifest,
                &tool.binding,
                &toolkit.overrides,
                &self.call.arguments,
                &plan::Credential::None,
            )?;
            return read::read(self.send(tool, request).await?, &[], tool.binding.method.is_safe());
        };
        let access = Access { engine: &self.engine, project: &self.project, toolkit, config, account };
        let credential = access.credential(None).await?;
        let reply = self.attempt(toolkit, tool, config, &credential).await?;
        if config.scheme != AuthScheme::OAuth2 || !read::is_invalid_token(&reply) {
            return read_reply(toolkit, tool, config, &credential, reply);
        }
        let refused = credential.secret(None);
        let renewed = access.credential(refused.as_ref()).await?;
        if renewed.secret(None).map(|secret| digest(&secret)) != refused.as_ref().map(digest) {
            // The service did not run it, so one more request is still the first that counts.
            let reply = self.attempt(toolkit, tool, config, &renewed).await?;
            return read_reply(toolkit, tool, config, &renewed, reply);
        }
        if is_dead(&access, &credential, &reply).await {
            return Err(access.withdraw("the service does not accept the access token any more", None).await?);
        }
        read_reply(toolkit, tool, config, &credential, reply)
    }

    async fn attempt(
        &self,
        toolkit: &Toolkit,
        tool: &CatalogTool,
        config: &AuthConfig,
        credential: &Credential,
    ) -> Result<Response<Bytes>> {
        let request = plan_request(toolkit, &tool.binding, &self.call.arguments, config.scheme, credential)?;
        self.send(tool, request).await
    }

    async fn send(&self, tool: &CatalogTool, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let reply = self.engine.http().send(request).await;
        reply.map_err(|error| error.into_error(tool.binding.method.is_safe()).with_context("tool", &self.call.tool))
    }
}

/// Whether a token that was refused is worth nothing any more. One operation may refuse what the others take, so the
/// service is asked who it is; where it has no such question, its own word for the token counts.
async fn is_dead(access: &Access<'_>, credential: &Credential, reply: &Response<Bytes>) -> bool {
    let asked = is_refused(access.engine, access.toolkit, access.config.scheme, credential).await;
    asked.unwrap_or_else(|| read::names_invalid_token(reply))
}

/// Arguments as a text that is the same whatever the order of their keys.
pub(crate) fn canonical(arguments: &Map<String, Value>) -> String {
    let mut arguments = Value::Object(arguments.clone());
    arguments.sort_all_objects();
    arguments.to_string()
}

fn digest(secret: &SecretString) -> [u8; 32] {
    seal::digest(secret.expose_secret())
}

/// The request that a binding describes, with the credential where the scheme wants it.
pub(crate) fn plan_request(
    toolkit: &Toolkit,
    binding: &HttpBinding,
    arguments: &Map<String, Value>,
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Request<Bytes>> {
    let secret = placed_secret(toolkit, scheme, credential)?;
    let placed = match (&secret, toolkit.placement(scheme)?) {
        (Some(secret), Some((placement, _))) => plan::Credential::Placed { placement, secret },
        _ => plan::Credential::None,
    };
    plan::plan(&toolkit.manifest, binding, &toolkit.overrides, arguments, &placed)
}

fn placed_secret(toolkit: &Toolkit, scheme: AuthScheme, credential: &Credential) -> Result<Option<SecretString>> {
    let Some((_, field)) = toolkit.placement(scheme)? else { return Ok(None) };
    match credential.secret(field) {
        Some(secret) => Ok(Some(secret)),
        None => Err(Error::new(ErrorKind::Unexpected, "the stored credential lacks what the toolkit needs; reconnect")),
    }
}

fn read_reply(
    toolkit: &Toolkit,
    tool: &CatalogTool,
    config: &AuthConfig,
    credential: &Credential,
    reply: Response<Bytes>,
) -> Result<ToolOutput> {
    let secret = placed_secret(toolkit, config.scheme, credential)?;
    let secrets: Vec<&SecretString> = secret.iter().collect();
    read::read(reply, &secrets, tool.binding.method.is_safe())
}
