//! The pages. Every text is escaped by its template, no page loads or runs anything but images.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use composio_core::secrecy::ExposeSecret;
use composio_core::{
    AuthScheme, Brand, Connected, Error, ErrorKind, Field, FormFields, LinkPage, Refusal, Result, Retry, Timestamp, Url,
};
use sha2::{Digest, Sha256};

use super::color::Color;
use super::form::CSRF_FIELD;

const STYLE: &str = include_str!("../../templates/style.css");
/// Chrome holds `form-action` against where a posted form is redirected to, not only against where it is posted. The
/// consent page is known only after the button was pressed, hence every secure origin, and loopback for development.
const FORM_TARGETS: &str = "'self' https: http://127.0.0.1:* http://localhost:*";

/// What somebody entered, and why it was not enough.
pub(super) struct Attempt {
    pub(super) fields: FormFields,
    pub(super) error: Error,
}

/// The page of a link; with an attempt, the page that says what was wrong with it.
pub(super) fn link(brand: &Brand, page: &LinkPage, csrf: &str, attempt: Option<&Attempt>) -> Result<Response> {
    let style = Style::new(brand);
    let status = if attempt.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let policy = style.policy(FORM_TARGETS);
    let (verb, next) = step(brand, page);
    let view = LinkView {
        style,
        application: &brand.name,
        application_avatar: Avatar::of(brand),
        toolkit: &page.toolkit_name,
        toolkit_avatar: Avatar::new(&page.toolkit_name, page.toolkit_logo.as_deref()),
        user_label: &page.user_label,
        reconnects: page.reconnects.as_deref(),
        scopes: &page.scopes,
        problem: attempt.map(|attempt| problem(attempt, &page.fields)),
        csrf_name: CSRF_FIELD,
        csrf,
        inputs: page.fields.iter().enumerate().map(|(at, field)| Input::new(at, field, attempt)).collect(),
        verb,
        next,
        expires_at: page.expires_at.to_string(),
        expires_on: readable(page.expires_at),
    };
    respond(status, &policy, &view)
}

/// The last page of a flow, where the application has none.
pub(super) fn outcome(brand: &Brand, connected: &Connected) -> Result<Response> {
    let style = Style::new(brand);
    let policy = style.policy("'none'");
    let toolkit = connected.toolkit_name.as_str();
    let reason = match &connected.refusal {
        None => String::new(),
        Some(Refusal::Denied) => format!("You did not allow it at {toolkit}."),
        Some(Refusal::Failed(reason)) => sentence(reason),
        Some(_) => format!("{toolkit} did not agree."),
    };
    let worked = connected.refusal.is_none();
    let ending = if worked { "is connected" } else { "was not connected" };
    let view = OutcomeView {
        style,
        toolkit,
        toolkit_avatar: Avatar::new(toolkit, connected.toolkit_logo.as_deref()),
        application: &brand.name,
        application_avatar: Avatar::of(brand),
        connected: worked,
        ending,
        reason,
    };
    respond(StatusCode::OK, &policy, &view)
}

/// A reason, written as a sentence: people read it.
fn sentence(reason: &str) -> String {
    let mut letters = reason.trim().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if reason.trim_end().ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The one answer to every link, state and form that is not accepted. It tells no two causes apart.
pub(super) fn refusal(brand: &Brand) -> Response {
    message(
        brand,
        StatusCode::BAD_REQUEST,
        "This link cannot be used",
        "It may have been used already, be too old or incomplete, or belong to another browser.",
        "Go back to where you got it and ask for a new one. If that does not help, allow cookies for this site.",
        None,
    )
}

/// Something else went wrong. It says nothing about the inside.
pub(super) fn error(brand: &Brand, error: &Error) -> Response {
    let (status, heading, sentence) = match error.kind() {
        ErrorKind::Unavailable => (503, "Not available right now", "A service that is needed here cannot be reached."),
        ErrorKind::Timeout => (504, "That took too long", "A service that is needed here did not answer in time."),
        ErrorKind::RateLimited => (429, "Too many attempts", "There were too many requests in a short time."),
        ErrorKind::Conflict => (409, "Something changed meanwhile", "This connection is no longer where it was."),
        ErrorKind::Unauthorized | ErrorKind::PermissionDenied | ErrorKind::Blocked => {
            (403, "Not permitted", "This connection is not permitted.")
        }
        ErrorKind::InvalidInput => (400, "This did not work", "Something in the request was not valid."),
        _ => (500, "Something went wrong", "The fault is on our side, not yours."),
    };
    let advice = match error.retry() {
        Retry::Never => "Go back to where you got the link, and ask for a new one or for help.",
        _ => "Wait a moment, then go back and try again.",
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = message(brand, status, heading, sentence, advice, error.log_id());
    if let Retry::After(wait) = error.retry() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

fn message(
    brand: &Brand,
    status: StatusCode,
    heading: &'static str,
    sentence: &'static str,
    advice: &'static str,
    log_id: Option<&str>,
) -> Response {
    let style = Style::new(brand);
    let policy = style.policy("'none'");
    let (application, application_avatar) = (brand.name.as_str(), Avatar::of(brand));
    let view = MessageView { style, application, application_avatar, heading, sentence, advice, log_id };
    respond(status, &policy, &view).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn respond(status: StatusCode, policy: &str, view: &impl Template) -> Result<Response> {
    let unexpected = |message| Error::new(ErrorKind::Unexpected, message);
    let html = view.render().map_err(|error| unexpected("a page could not be made").with_source(error))?;
    let policy = HeaderValue::from_str(policy)
        .map_err(|error| unexpected("a content policy is no header value").with_source(error))?;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    Ok((status, [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], html).into_response())
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkView<'a> {
    style: Style,
    application: &'a str,
    application_avatar: Avatar<'a>,
    toolkit: &'a str,
    toolkit_avatar: Avatar<'a>,
    user_label: &'a str,
    reconnects: Option<&'a str>,
    scopes: &'a [String],
    problem: Option<String>,
    csrf_name: &'static str,
    csrf: &'a str,
    inputs: Vec<Input<'a>>,
    verb: &'static str,
    next: String,
    expires_at: String,
    expires_on: String,
}

#[derive(Template)]
#[template(path = "outcome.html")]
struct OutcomeView<'a> {
    style: Style,
    toolkit: &'a str,
    toolkit_avatar: Avatar<'a>,
    application: &'a str,
    application_avatar: Avatar<'a>,
    connected: bool,
    ending: &'static str,
    reason: String,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessageView<'a> {
    style: Style,
    application: &'a str,
    application_avatar: Avatar<'a>,
    heading: &'static str,
    sentence: &'static str,
    advice: &'static str,
    log_id: Option<&'a str>,
}

/// A logo, or the first letter of a name.
#[derive(Template)]
#[template(path = "avatar.html")]
struct Avatar<'a> {
    logo: Option<&'a str>,
    letter: String,
}

/// It is made by a template of its own, which escapes.
impl HtmlSafe for Avatar<'_> {}

impl<'a> Avatar<'a> {
    fn new(name: &str, logo: Option<&'a str>) -> Self {
        let letter = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('?').to_uppercase().collect();
        Self { logo: logo.filter(|logo| is_image(logo)), letter }
    }

    fn of(brand: &'a Brand) -> Self {
        Self::new(&brand.name, brand.logo.as_deref())
    }
}

/// Logos are loaded over `https:` or are images themselves. Nothing else becomes a `src`.
fn is_image(logo: &str) -> bool {
    Url::parse(logo).is_ok_and(|url| match url.scheme() {
        "https" => true,
        "data" => url.path().starts_with("image/"),
        _ => false,
    })
}

struct Input<'a> {
    id: String,
    name: &'a str,
    label: &'a str,
    description: Option<&'a str>,
    kind: &'static str,
    value: &'a str,
    required: bool,
    missing: bool,
}

impl<'a> Input<'a> {
    /// Shows again what was entered, unless it is secret.
    fn new(at: usize, field: &'a Field, attempt: Option<&'a Attempt>) -> Self {
        let entered = attempt.and_then(|attempt| attempt.fields.get(&field.name)).map(ExposeSecret::expose_secret);
        let empty = entered.is_none_or(|value| value.trim().is_empty());
        Self {
            id: format!("field-{at}"),
            name: &field.name,
            label: &field.label,
            description: field.description.as_deref(),
            kind: if field.secret { "password" } else { "text" },
            value: entered.filter(|_| !field.secret).unwrap_or_default(),
            required: field.required,
            missing: attempt.is_some() && field.required && empty,
        }
    }
}

/// A style sheet with the application's colour, and the hash by which the policy admits it. A nonce would make two
/// answers to the same cause differ.
struct Style {
    text: String,
}

/// It is our own text and a colour that was read as numbers.
impl HtmlSafe for Style {}

impl std::fmt::Display for Style {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Style {
    fn new(brand: &Brand) -> Self {
        let color = brand.color.as_deref().and_then(Color::parse);
        let text = color.unwrap_or(Color::DEFAULT).properties() + STYLE;
        Self { text }
    }

    /// What a page may do: show logos, and post to these targets.
    fn policy(&self, forms: &str) -> String {
        let hash = STANDARD.encode(Sha256::digest(self.text.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src https: data:; form-action {forms}; \
             frame-ancestors 'none'; base-uri 'none'"
        )
    }
}

/// What the button says, and what happens next.
fn step(brand: &Brand, page: &LinkPage) -> (&'static str, String) {
    let (application, toolkit) = (&brand.name, &page.toolkit_name);
    match page.scheme {
        AuthScheme::OAuth2 => (
            "Continue to",
            format!(
                "Next, {toolkit} asks you to sign in and to agree. Your password stays there: {application} never sees it."
            ),
        ),
        _ if page.fields.is_empty() => ("Connect", format!("Nothing has to be entered for {toolkit}.")),
        _ => (
            "Connect",
            format!("{application} uses what you enter to work with {toolkit} for you. Secrets are not shown again."),
        ),
    }
}

/// What the backend says about the fields, unless it quotes a secret.
fn problem(attempt: &Attempt, fields: &[Field]) -> String {
    let shown = |name: &str| fields.iter().any(|field| field.name == name && !field.secret);
    let message = attempt.error.to_string();
    let quotes = attempt.fields.names().filter(|name| !shown(name)).any(|name| {
        let value = attempt.fields.get(name).map_or("", |value| value.expose_secret()).trim();
        !value.is_empty() && (message.contains(value) || message.contains(&value.escape_debug().to_string()))
    });
    if quotes { "Something that you entered is not right. Please check it.".to_owned() } else { message }
}

/// `2026-09-21 14:13 UTC`, from RFC 3339.
fn readable(time: Timestamp) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(date), Some(minute)) if text.ends_with('Z') => format!("{date} {minute} UTC"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_become_logos() {
        for (logo, shown) in [
            ("https://cdn.example/logo.png", true),
            ("data:image/png;base64,AAAA", true),
            ("data:text/html,<script>alert(1)</script>", false),
            ("javascript:alert(1)", false),
            (" javascript:alert(1)", false),
            ("http://cdn.example/logo.png", false),
            ("//cdn.example/logo.png", false),
            ("logo.png", false),
            ("", false),
        ] {
            assert_eq!(is_image(logo), shown, "{logo}");
        }
    }

    #[test]
    fn names_without_a_letter_have_an_avatar_too() {
        for (name, letter) in [("acme", "A"), ("  éclair", "É"), ("<b>", "B"), ("…", "?"), ("", "?"), ("7shifts", "7")]
        {
            assert_eq!(Avatar::new(name, None).letter, letter, "{name:?}");
        }
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(readable(Timestamp::from_micros(1_790_000_000_500_000)), "2026-09-21 14:13 UTC");
        assert_eq!(readable(Timestamp::from_micros(i64::MAX)), Timestamp::from_micros(i64::MAX).to_string());
    }
}
