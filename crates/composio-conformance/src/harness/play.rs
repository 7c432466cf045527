//! What scenarios do over and over: run a tool, press on at a link, and look closely at an error.

use std::fmt::Debug;
use std::time::Duration;

use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{
    CallbackParams, ConnectFlow, Connected, Error, ErrorKind, Execute, FormFields, LinkStep, Result, Session, Started,
    Url,
};
use serde_json::json;

use super::Harness;

/// Another user.
pub(crate) const OTHER_USER: &str = "user_v";
/// How long links work.
pub(crate) const LINK_LIFE: Duration = Duration::from_secs(600);

/// The slug of a toolkit's tool.
pub(crate) fn tool(toolkit: &str, verb: &str) -> String {
    format!("{}_{verb}", toolkit.to_uppercase())
}

/// A call of WHOAMI.
pub(crate) fn whoami(session: &Session, toolkit: &str) -> Execute {
    session.execute(tool(toolkit, "WHOAMI"), json!({}))
}

/// A call of TOUCH.
pub(crate) fn touch(session: &Session, toolkit: &str, note: &str) -> Execute {
    session.execute(tool(toolkit, "TOUCH"), json!({"note": note}))
}

/// The label of the account that a call ran with.
pub(crate) async fn ran(call: Execute) -> Result<Option<String>> {
    call.await.map(|output| output.value()["account"].as_str().map(str::to_owned))
}

/// Expects an error of this kind that names all of this to its operator, and gives no link away.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T>, kind: ErrorKind, names: &[&str]) -> Error {
    let error = match result {
        Err(error) if error.kind() == kind => error,
        other => panic!("expected {kind:?} that names {names:?}, got {other:?}"),
    };
    let text = error.to_string();
    for name in names {
        assert!(text.contains(name), "this does not name {name:?}: {text}");
    }
    assert!(!text.contains('\n'), "an operator reads one line: {text}");
    keeps_its_link(&error);
    error
}

/// A connect link is a capability: whatever prints an error does not print it.
#[track_caller]
pub(crate) fn keeps_its_link(error: &Error) {
    let Some(link) = error.connect_url() else { return };
    let mut texts = vec![error.to_string(), format!("{error:?}"), error.for_model().into_owned()];
    texts.extend(error.context().map(|(_, value)| value.to_owned()));
    prints_no_link(link, &texts);
}

/// None of these texts gives a link away, nor the token in it.
#[track_caller]
pub(crate) fn prints_no_link(link: &Url, texts: &[String]) {
    for text in texts {
        assert!(!text.contains(token(link)) && !text.contains(link.as_str()), "this gives the link away: {text}");
    }
}

/// The token of a link: the last part of its path.
pub(crate) fn token(link: &Url) -> &str {
    link.path_segments().and_then(|mut parts| parts.next_back()).expect("a link has a path")
}

/// The pages of this harness; only scenarios that need pages ask.
pub(crate) fn pages(harness: &dyn Harness) -> std::sync::Arc<dyn ConnectFlow> {
    harness.connect_flow().expect("the scenario is run where there are pages")
}

/// A browser that was sent to a service, and what it needs to come back.
#[derive(Debug)]
pub(crate) struct AtService {
    pub(crate) consent: Url,
    pub(crate) cookie: SecretString,
}

impl AtService {
    pub(crate) fn of(started: Started) -> Self {
        let LinkStep::Redirect(consent) = started.next else { panic!("not sent to the service: {started:?}") };
        Self { consent, cookie: started.cookie.expect("a browser that is sent away gets a cookie").value }
    }

    /// Presses on at a link.
    pub(crate) async fn press(harness: &dyn Harness, link: &Url) -> Self {
        Self::of(pages(harness).start(token(link), FormFields::new()).await.unwrap())
    }

    /// Answers at the service; gives what the browser comes back with.
    pub(crate) async fn answer(&self, harness: &dyn Harness, person: Option<&str>) -> CallbackParams {
        let callback = harness.consent(&self.consent, person).await;
        CallbackParams::from_query(callback.query().unwrap_or_default())
    }

    /// Comes back from the service.
    pub(crate) async fn back(&self, harness: &dyn Harness, params: CallbackParams) -> Result<Connected> {
        pages(harness).complete(params, Some(self.cookie.expose_secret())).await
    }
}

/// Presses on at a link, answers at the service, and comes back.
pub(crate) async fn consent(harness: &dyn Harness, link: &Url, person: Option<&str>) -> Connected {
    let browser = AtService::press(harness, link).await;
    let params = browser.answer(harness, person).await;
    browser.back(harness, params).await.unwrap()
}

/// Presses on at a link that asks for a key, with the key of this label.
pub(crate) async fn enter_key(harness: &dyn Harness, link: &Url, label: &str) -> Connected {
    let fields = FormFields::new().field("api_key", harness.key(label));
    let started = pages(harness).start(token(link), fields).await.unwrap();
    match started.next {
        LinkStep::Done(connected) => connected,
        other => panic!("a key is enough to connect, and this is not done: {other:?}"),
    }
}
