//! The flow by which a service gives tokens: the person is sent there, and comes back with a code.

use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{
    AuthConfig, CallbackParams, Connected, ConnectedAccount, ConnectedAccountId, ConnectionEvent, Error, ErrorKind,
    FlowCookie, Refusal, Result, Started,
};

use super::enabled_config;
use super::flow::Flow;
use super::identity::look;
use super::settle::{activate, connected, refuse, same_identity};
use crate::access::{Access, app_of};
use crate::catalog::Toolkit;
use crate::credential::{Credential, Tokens};
use crate::engine::Engine;
use crate::execute::redact;
use crate::link::dead_link;
use crate::oauth::{AuthorizeRequest, Client, Grant, authorize_url, issuer_fits, read_tokens, token_request};
use crate::random;
use crate::scope::LINK_LIFE;
use crate::seal::{Binding, digest};
use crate::store::{PendingAuthorization, ProjectId, TakenPending};

/// Makes the one-time state, bound to this browser, and sends it to the consent page.
pub(super) async fn start_oauth(
    flow: &Flow<'_>,
    toolkit: &Toolkit,
    config: &AuthConfig,
    account: &ConnectedAccount,
) -> Result<Started> {
    let engine = flow.engine;
    let (state, cookie) = (SecretString::from(random::token()?), random::token()?);
    let verifier = SecretString::from(random::token()?);
    let (client_id, _) = app_of(engine, &flow.project, toolkit, config).await?;
    let state_digest = digest(state.expose_secret());
    let pending = PendingAuthorization {
        account: account.id.clone(),
        browser: digest(&cookie),
        redirect_uri: engine.redirect_uri(),
        callback_url: flow.claims.callback_url.clone(),
        expires_at: flow.claims.expires_at,
    };
    let sealed =
        engine.sealer().seal(&verifier_binding(&flow.project, &account.id), verifier.expose_secret().as_bytes())?;
    engine.store().put_pending(&flow.project, &state_digest, &pending, &sealed).await?;
    let spec = toolkit.oauth2()?;
    let url = authorize_url(&AuthorizeRequest {
        spec,
        endpoint: &toolkit.endpoints()?.authorize_url,
        client_id: &client_id,
        redirect_uri: &pending.redirect_uri,
        scopes: scopes(toolkit, config)?,
        state: &state,
        verifier: &verifier,
    });
    let cookie = FlowCookie::new(state.expose_secret(), cookie, LINK_LIFE.as_secs());
    Ok(Started::redirect(url, cookie))
}

/// What comes of the answer that a browser brings.
pub(super) async fn complete_taken(engine: &Engine, taken: TakenPending, params: &CallbackParams) -> Result<Connected> {
    let TakenPending { project, pending, .. } = &taken;
    let account = engine.store().account(project, &pending.account).await?.ok_or_else(dead_link)?;
    if account.status.on(ConnectionEvent::Connected).is_err() {
        return Err(dead_link());
    }
    let toolkit = engine.catalog().toolkit(&account.toolkit)?;
    let refusal = match finish(engine, &taken, &account, toolkit, params).await {
        Ok(()) => None,
        Err(refusal) => {
            refuse(engine, project, &account, &refusal).await?;
            Some(refusal)
        }
    };
    Ok(connected(toolkit, &account, refusal, pending.callback_url.as_ref()))
}

/// Everything between the service's answer and an ACTIVE account. What goes wrong is the person's to read.
async fn finish(
    engine: &Engine,
    taken: &TakenPending,
    account: &ConnectedAccount,
    toolkit: &Toolkit,
    params: &CallbackParams,
) -> Result<(), Refusal> {
    let failed = |error: Error| {
        tracing::warn!(account = %account.id, %error, "a flow did not end in a connection");
        Refusal::Failed(for_people(&error))
    };
    let code = answered_code(toolkit, params)?;
    let project = &taken.project;
    let config = enabled_config(engine, project, account).await.map_err(failed)?;
    let access = Access { engine, project, toolkit, config: &config, account };
    let tokens = exchange(&access, taken, code).await.map_err(failed)?;
    let credential = Credential::OAuth2(tokens.clone());
    let refusal = match settle(&access, &credential).await {
        Ok(()) => return Ok(()),
        Err(refusal) => refusal,
    };
    // Nobody will use these tokens, and a person who was turned away has not agreed that we keep them.
    if let Err(error) = access.revoke(&tokens).await {
        tracing::warn!(account = %account.id, %error, "tokens of a refused connection were not given back");
    }
    Err(refusal)
}

/// Asks who it is and whether it works, and makes the account ACTIVE.
async fn settle(access: &Access<'_>, credential: &Credential) -> Result<(), Refusal> {
    let Access { engine, toolkit, config, account, .. } = access;
    // The scopes may not allow to ask who it is. A reconnect needs to know, and is refused below.
    let seen = look(engine, toolkit, config.scheme, credential).await.unwrap_or_default();
    same_identity(account, seen.identity.as_ref()).map_err(Refusal::Failed)?;
    let activated = activate(access, credential, seen).await;
    activated.map_err(|error| {
        tracing::warn!(account = %account.id, %error, "a flow did not end in a connection");
        Refusal::Failed(for_people(&error))
    })
}

/// What a page may say about a failure: what the service said, or a sentence that tells nothing of the inside.
fn for_people(error: &Error) -> String {
    let text = match error.kind() {
        ErrorKind::ToolFailed => return error.to_string(),
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::OutcomeUnknown | ErrorKind::RateLimited => {
            "the service could not be reached, or did not answer well"
        }
        ErrorKind::Conflict | ErrorKind::NotFound => "something about this connection was changed in the meantime",
        _ => "this application is not set up well for the service; tell its operator",
    };
    text.to_owned()
}

/// The code, or what the service says instead.
fn answered_code<'a>(toolkit: &Toolkit, params: &'a CallbackParams) -> Result<&'a SecretString, Refusal> {
    let failed = |reason: &str| Refusal::Failed(reason.to_owned());
    let endpoints = toolkit.endpoints().map_err(|error| Refusal::Failed(error.to_string()))?;
    if !issuer_fits(params.iss.as_deref(), &endpoints.authorize_url) {
        return Err(failed("the answer came from another server than the one that was asked"));
    }
    match (&params.error, &params.code) {
        (Some(error), _) if error == "access_denied" => Err(Refusal::Denied),
        (Some(error), _) => Err(Refusal::Failed(service_refused(error, params.error_description.as_deref()))),
        (None, Some(code)) => Ok(code),
        (None, None) => Err(failed("the service sent neither a code nor a reason")),
    }
}

fn service_refused(error: &str, description: Option<&str>) -> String {
    let error = crate::oauth::presentable(error);
    match description.map(crate::oauth::presentable).filter(|text| !text.is_empty()) {
        Some(text) => format!("the service refused with {error:?} ({text})"),
        None => format!("the service refused with {error:?}"),
    }
}

async fn exchange(access: &Access<'_>, taken: &TakenPending, code: &SecretString) -> Result<Tokens> {
    let Access { engine, project, toolkit, account, .. } = access;
    let TakenPending { pending, verifier, .. } = taken;
    let (id, secret) = access.app().await?;
    let opened = engine.sealer().open(&verifier_binding(project, &account.id), verifier);
    let verifier = opened.and_then(|bytes| std::str::from_utf8(&bytes).map(SecretString::from).ok());
    let verifier = verifier.ok_or_else(|| Error::new(ErrorKind::Unexpected, "the flow's verifier does not open"))?;
    let client = Client { id: &id, secret: &secret, auth: toolkit.oauth2()?.token_auth };
    let grant = Grant::Code { code, redirect_uri: &pending.redirect_uri, verifier: &verifier };
    let request = token_request(&toolkit.endpoints()?.token_url, client, grant)?;
    let reply = engine.http().send(request).await.map_err(|error| error.into_error(false))?;
    read_tokens(&reply, None, engine.now()).map_err(|error| {
        let said = redact::secrets(&error.to_string(), &[code, &verifier, &secret]);
        Error::new(ErrorKind::ToolFailed, said)
    })
}

/// What is asked for at the service: the config's scopes, else the toolkit's own.
pub(super) fn scopes<'a>(toolkit: &'a Toolkit, config: &'a AuthConfig) -> Result<&'a [String]> {
    if config.scopes.is_empty() { Ok(&toolkit.oauth2()?.scopes) } else { Ok(&config.scopes) }
}

/// The verifier belongs to the account that is being connected.
fn verifier_binding<'a>(project: &'a ProjectId, account: &'a ConnectedAccountId) -> Binding<'a> {
    Binding::new("pkce-verifier", project.as_str(), account.as_str())
}
