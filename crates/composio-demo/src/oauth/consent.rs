//! The consent page: shows what is asked, takes the answer, sends the browser back.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::Url;

use crate::app::App;
use crate::oauth::authorize::{AuthorizationRequest, Refusal};
use crate::oauth::grants::Consent;
use crate::oauth::params::Params;
use crate::oauth::scope::Scope;
use crate::options::DemoError;
use crate::secret::{Secret, same};

const STYLE: &str = include_str!("../../templates/page.css");
const COOKIE: &str = "composio_demo_consent";

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    style: &'static str,
    client_name: &'a str,
    scopes: Vec<&'static str>,
    fields: Vec<(&'static str, String)>,
    csrf: String,
    choices: Vec<Choice<'a>>,
    destination: String,
}

struct Choice<'a> {
    email: &'a str,
    display_name: &'a str,
    checked: bool,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    style: &'static str,
    reason: &'static str,
}

/// `GET`: asks the person. Changes nothing but the browser's cookie.
pub(crate) async fn show(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let params = Params::parse(uri.query().unwrap_or_default().as_bytes());
    let request = match check(&app, &params, uri.path()) {
        Ok(request) => request,
        Err(refusal) => return refused(refusal),
    };
    // A cookie that is there is kept, so that two open consent pages do not invalidate each other.
    let browser = match cookie(&headers) {
        Some(value) => value.to_owned(),
        None => match Secret::generate("") {
            Ok(secret) => secret.expose().to_owned(),
            Err(_) => return refusal_page(StatusCode::INTERNAL_SERVER_ERROR, "The server has no random numbers."),
        },
    };
    let mut response = match consent_page(&app, &request, &browser).render() {
        Ok(html) => page(StatusCode::OK, html, &request.csp_source()),
        Err(_) => return refusal_page(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be written."),
    };
    let set_cookie = format!("{COOKIE}={browser}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::try_from(set_cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// `POST`: the person's answer. The form repeats the request, and all of it is checked again.
pub(crate) async fn decide(State(app): State<App>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::parse(&body);
    let request = match check(&app, &params, uri.path()) {
        Ok(request) => request,
        Err(refusal) => return refused(refusal),
    };
    let genuine = cookie(&headers)
        .zip(params.get("csrf"))
        .is_some_and(|(browser, token)| same(&csrf_token(&app, &request, browser), token));
    if !genuine {
        return refusal_page(
            StatusCode::FORBIDDEN,
            "The answer does not come from the page that was shown to this browser.",
        );
    }
    match params.get("decision") {
        Some("allow") => {}
        Some("deny") => return redirect(&request.denied(app.issuer())),
        _ => return refusal_page(StatusCode::BAD_REQUEST, "The answer is neither yes nor no."),
    }
    let known = params.get("identity").filter(|email| app.settings().directory.find(email).is_some());
    let Some(email) = known else {
        return refusal_page(StatusCode::BAD_REQUEST, "No account was chosen.");
    };
    match grant(&app, &request, email) {
        Ok(url) => redirect(&url),
        Err(_) => refusal_page(StatusCode::INTERNAL_SERVER_ERROR, "The server has no random numbers."),
    }
}

/// What the page would do if `email` were chosen and Allow pressed, or Deny for `None`.
pub(crate) fn answer(app: &App, url: &Url, email: Option<&str>) -> Result<Url, DemoError> {
    let params = Params::parse(url.query().unwrap_or_default().as_bytes());
    let request = match check(app, &params, url.path()) {
        Ok(request) => request,
        Err(Refusal::Redirect(url)) => return Ok(url),
        Err(Refusal::Page(reason)) => return Err(DemoError::Authorization(reason.to_owned())),
    };
    match email {
        None => Ok(request.denied(app.issuer())),
        Some(email) if app.settings().directory.find(email).is_some() => Ok(grant(app, &request, email)?),
        Some(email) => Err(DemoError::Authorization(format!("nobody here has the account `{email}`"))),
    }
}

fn check(app: &App, params: &Params, path: &str) -> Result<AuthorizationRequest, Refusal> {
    AuthorizationRequest::check(params, &app.settings().client, path, app.issuer())
}

fn grant(app: &App, request: &AuthorizationRequest, email: &str) -> Result<Url, getrandom::Error> {
    let code = Secret::generate("demo_ac_")?;
    let consent = Consent {
        email: email.to_owned(),
        scopes: request.scopes.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
    };
    let now = app.now();
    app.state().grants.add_code(&code, consent, now, app.settings().lifetimes.code);
    Ok(request.granted(&code, app.issuer()))
}

fn consent_page<'a>(app: &'a App, request: &AuthorizationRequest, browser: &str) -> ConsentPage<'a> {
    let identities = app.settings().directory.identities();
    let hinted = request.login_hint.as_deref();
    ConsentPage {
        style: STYLE,
        client_name: &app.settings().client.name,
        scopes: request.scopes.iter().map(Scope::in_words).collect(),
        fields: request.form_fields(),
        csrf: csrf_token(app, request, browser),
        choices: identities
            .iter()
            .map(|identity| Choice {
                email: &identity.email,
                display_name: &identity.display_name,
                checked: hinted == Some(identity.email.as_str()),
            })
            .collect(),
        destination: request.destination(),
    }
}

/// Binds the form to this browser and to exactly this request, without anything to store.
fn csrf_token(app: &App, request: &AuthorizationRequest, browser: &str) -> String {
    let fields = request.form_fields();
    let mut parts = vec!["consent", browser];
    for (name, value) in &fields {
        parts.extend([name, value.as_str()]);
    }
    app.settings().consent_key.derive(&parts)
}

/// The cookie, if it looks like one of ours.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE && value.len() == 43)
        .map(|(_, value)| value)
        .filter(|value| value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'))
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Page(reason) => refusal_page(StatusCode::BAD_REQUEST, reason),
        Refusal::Redirect(url) => redirect(&url),
    }
}

fn refusal_page(status: StatusCode, reason: &'static str) -> Response {
    let html = RefusalPage { style: STYLE, reason }.render();
    page(status, html.unwrap_or_else(|_| reason.to_owned()), "")
}

fn redirect(url: &Url) -> Response {
    let headers = [
        (header::LOCATION, url.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A page that runs no script, loads nothing and cannot be framed.
///
/// Browsers hold `form-action` against every redirect that follows a submitted form: to the client's callback, and from
/// there to wherever the application returns its user, which this page cannot know. Hence any loopback port and https.
fn page(status: StatusCode, html: String, target: &str) -> Response {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let form_action = format!("'self' {target} http://127.0.0.1:* http://localhost:* https:");
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, html).into_response()
}
