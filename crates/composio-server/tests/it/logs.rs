//! What operators read.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use composio_core::{Error, ErrorKind};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::app::{App, to_service, with_key};

/// Keeps the events of this crate as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("composio_server")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_failure_is_logged_once_and_names_no_secret() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());

    let source = std::io::Error::other("https://service.example/token?code=code-secret");
    let error = Error::new(ErrorKind::Unavailable, "the service is out of reach")
        .with_log_id("log_7")
        .with_context("toolkit", "tracker")
        .with_source(source);
    App::new().completes(Err(error)).come_back("?state=state-secret&code=code-secret", None).await;
    let logged = std::mem::take(&mut *lines.0.lock().unwrap());
    assert_eq!(logged.len(), 1, "{logged:?}");
    for text in ["ERROR", "out of reach", "log_7", "toolkit=tracker", "Unavailable", "completing a flow failed"] {
        assert!(logged[0].contains(text), "{text} in {}", logged[0]);
    }
    assert!(!logged[0].contains("secret"), "{}", logged[0]);
}

#[tokio::test]
async fn a_complaint_about_input_is_logged_without_the_input() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());

    let error = Error::invalid_input("code", "code-secret", "it has another form");
    App::new().completes(Err(error)).come_back("?state=state-secret&code=code-secret", None).await;
    let logged = lines.0.lock().unwrap().join("\n");
    assert!(logged.contains("InvalidInput") && !logged.contains("secret"), "{logged}");
}

#[tokio::test]
async fn visitors_leave_no_line() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());

    App::new().get("/link/unknown").await;
    App::new().starts(Ok(to_service())).press("").await;
    App::new().come_back("?state=unknown&code=c", None).await;
    let error = Error::invalid_input("api_key", "sk-secret", "it has another form");
    App::new().page(with_key).starts(Err(error)).press("api_key=sk-secret").await;
    assert_eq!(*lines.0.lock().unwrap(), [""; 0]);
}
