//! What connect pages need: a link is opened, pressed, and comes back from the service.

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::auth::{AuthScheme, FormFields};
use crate::error::Result;
use crate::id::{ConnectedAccountId, Timestamp, ToolkitSlug};

/// The life of a link, as the pages drive it.
///
/// Opening changes nothing, because chats open links to preview them. Starting makes a one-time state that belongs to
/// the browser that pressed the button. Completing takes that state at most once.
#[async_trait]
pub trait ConnectFlow: fmt::Debug + Send + Sync + 'static {
    /// How the application shows itself, on refusals and errors too. It is one for all links, so that it tells nothing
    /// about any of them.
    fn brand(&self) -> Brand;

    /// Reads what a link is for. Changes nothing.
    ///
    /// # Errors
    /// `NotFound` for a link that is unknown, altered, expired or used; they are not told apart.
    async fn open(&self, token: &str) -> Result<LinkPage>;

    /// The user pressed on: the account is begun, and either the browser goes to the service, or the fields connect it.
    ///
    /// # Errors
    /// `NotFound` as [`open`](Self::open); `InvalidInput` naming the fields that are missing.
    async fn start(&self, token: &str, fields: FormFields) -> Result<Started>;

    /// The service sent the browser back. `cookie` is the value of the [`FlowCookie`] of this state, if it came. What the
    /// service or the person refused, an answer from another issuer included, ends the account as FAILED and is told as a
    /// [`Refusal`].
    ///
    /// # Errors
    /// `NotFound` where the state is unknown, used, expired or another browser's; they are not told apart.
    async fn complete(&self, params: CallbackParams, cookie: Option<&str>) -> Result<Connected>;
}

/// How the application shows itself on connect pages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// The URL of its logo: `https:` or `data:image/`.
    pub logo: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
}

impl Brand {
    /// A name, without a logo and a colour.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), logo: None, color: None }
    }
}

/// What a link page shows, beside the application's [`Brand`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkPage {
    /// What will be connected.
    pub toolkit: ToolkitSlug,
    /// The toolkit's name.
    pub toolkit_name: String,
    /// The toolkit's logo.
    pub toolkit_logo: Option<String>,
    /// The user's label, so that people see whose account this becomes.
    pub user_label: String,
    /// How it is authenticated.
    pub scheme: AuthScheme,
    /// What is asked for at the service.
    pub scopes: Vec<String>,
    /// What the user has to enter; empty where the service asks.
    pub fields: Vec<Field>,
    /// Who the account has to be, where it is connected again.
    pub reconnects: Option<String>,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

impl LinkPage {
    /// A page for a toolkit, without anything to enter.
    #[must_use]
    pub fn new(toolkit: ToolkitSlug, scheme: AuthScheme, expires_at: Timestamp) -> Self {
        Self {
            toolkit_name: toolkit.to_string(),
            toolkit,
            toolkit_logo: None,
            user_label: String::new(),
            scheme,
            scopes: Vec::new(),
            fields: Vec::new(),
            reconnects: None,
            expires_at,
        }
    }
}

/// Something that the user has to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its name in the form.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Where to find the value.
    pub description: Option<String>,
    /// Whether it is hidden while it is typed.
    pub secret: bool,
    /// Whether it has to be there.
    pub required: bool,
}

impl Field {
    /// A required secret.
    #[must_use]
    pub fn secret(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { name: name.into(), label: label.into(), description: None, secret: true, required: true }
    }
}

/// What pressing on led to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Started {
    /// Where the browser goes next.
    pub next: LinkStep,
    /// A cookie to set, where the browser has to be recognised when it comes back.
    pub cookie: Option<FlowCookie>,
}

impl Started {
    /// On to the service, to be recognised by the cookie.
    #[must_use]
    pub fn redirect(to: Url, cookie: FlowCookie) -> Self {
        Self { next: LinkStep::Redirect(to), cookie: Some(cookie) }
    }

    /// Connected already.
    #[must_use]
    pub fn done(connected: Connected) -> Self {
        Self { next: LinkStep::Done(connected), cookie: None }
    }
}

/// Where the browser goes after pressing on. Prints no URL.
#[non_exhaustive]
pub enum LinkStep {
    /// To the service's consent page. The URL names the state, so it is not logged.
    Redirect(Url),
    /// Nowhere else: the entered fields were enough.
    Done(Connected),
}

impl fmt::Debug for LinkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect(url) => write!(f, "Redirect({})", url.host_str().unwrap_or_default()),
            Self::Done(connected) => f.debug_tuple("Done").field(connected).finish(),
        }
    }
}

/// How a flow ended, and where the browser goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connected {
    /// The account, ACTIVE or FAILED.
    pub account: ConnectedAccountId,
    /// The toolkit's name, for our own last page.
    pub toolkit_name: String,
    /// The toolkit's logo.
    pub toolkit_logo: Option<String>,
    /// Why it failed; nothing where it did not.
    pub refusal: Option<Refusal>,
    /// The application's callback with `status` and `connected_account_id`; our own page without one.
    pub callback: Option<Url>,
}

impl Connected {
    /// A flow that worked, ending on our own page.
    #[must_use]
    pub fn new(account: ConnectedAccountId, toolkit_name: impl Into<String>) -> Self {
        Self { account, toolkit_name: toolkit_name.into(), toolkit_logo: None, refusal: None, callback: None }
    }
}

/// Why a flow ended without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The person said no.
    Denied,
    /// The service refused, or what it answered was not good enough. The reason is fit for people to read.
    Failed(String),
}

/// The parameters with which a service sends the browser back (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct CallbackParams {
    /// The one-time state of this flow.
    pub state: Option<SecretString>,
    /// The authorization code.
    pub code: Option<SecretString>,
    /// The service's error code, such as `access_denied`.
    pub error: Option<String>,
    /// The service's words about the error.
    pub error_description: Option<String>,
    /// The issuer that answers.
    pub iss: Option<String>,
}

impl CallbackParams {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the pairs of a query string. The first of each name counts; others are passed over.
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => set(&mut params.state, || value.as_ref().into()),
                "code" => set(&mut params.code, || value.as_ref().into()),
                "error" => set(&mut params.error, || value.as_ref().to_owned()),
                "error_description" => set(&mut params.error_description, || value.as_ref().to_owned()),
                "iss" => set(&mut params.iss, || value.as_ref().to_owned()),
                _ => {}
            }
        }
        params
    }

    /// The name of the cookie that this flow's browser carries.
    pub fn cookie_name(&self) -> Option<String> {
        self.state.as_ref().map(|state| FlowCookie::name_for(state.expose_secret()))
    }
}

fn set<T>(slot: &mut Option<T>, value: impl FnOnce() -> T) {
    if slot.is_none() {
        *slot = Some(value());
    }
}

impl fmt::Debug for CallbackParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackParams").field("error", &self.error).finish_non_exhaustive()
    }
}

/// A cookie that ties a flow to the browser that started it. Each flow has one of its own, so that two tabs do not
/// disturb each other.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FlowCookie {
    /// Its name, made from the state.
    pub name: String,
    /// Its value.
    pub value: SecretString,
    /// How long it lives, in seconds.
    pub max_age: u64,
}

impl FlowCookie {
    /// The cookie of a flow.
    #[must_use]
    pub fn new(state: &str, value: impl Into<SecretString>, max_age: u64) -> Self {
        Self { name: Self::name_for(state), value: value.into(), max_age }
    }

    /// The name of the cookie that belongs to a state: a prefix of it, which tells flows apart and gives nothing away.
    #[must_use]
    pub fn name_for(state: &str) -> String {
        let part: String = state.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        format!("composio_flow_{part}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_parameter_counts() {
        let params = CallbackParams::from_query("state=a&code=b%2Fc&state=x&iss=https%3A%2F%2Fi&other=1");
        assert_eq!(params.state.as_ref().map(ExposeSecret::expose_secret), Some("a"));
        assert_eq!(params.code.as_ref().map(ExposeSecret::expose_secret), Some("b/c"));
        assert_eq!(params.iss.as_deref(), Some("https://i"));
        assert!(!format!("{params:?}").contains("b/c"));
    }

    #[test]
    fn a_step_to_the_service_prints_no_state() {
        let to = Url::parse("https://service.example/authorize?state=one-time").unwrap();
        let started = Started::redirect(to, FlowCookie::new("one-time", "in-the-cookie", 600));
        let printed = format!("{started:?}");
        assert!(printed.contains("service.example"), "{printed}");
        assert!(!printed.contains("one-time") && !printed.contains("in-the-cookie"), "{printed}");
    }

    #[test]
    fn flows_have_cookies_of_their_own() {
        assert_eq!(FlowCookie::name_for("ab-cd_efghijk"), "composio_flow_abcdefgh");
    }
}
