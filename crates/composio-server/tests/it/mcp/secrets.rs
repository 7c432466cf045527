//! What nobody but the operator may read, and what not even the operator's log may hold.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::http::Method;
use composio_core::{Error, ErrorKind, Url};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::world::{World, backend, hello};

/// Keeps everything that anybody says, as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        self.0.lock().unwrap().push(line.0);
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn planted() -> Error {
    let source = std::io::Error::other("source-secret");
    Error::new(ErrorKind::ConnectionRequired, "display-secret at db-secret.internal")
        .with_context("account", "context-secret")
        .with_connect_url(Url::parse("https://connect.example/link/link-secret").unwrap())
        .with_source(source)
}

#[tokio::test]
async fn what_is_inside_an_error_reaches_no_client() {
    let backend = backend().answer("KIT_ECHO", |_| Err(planted()));
    let world = World::with(backend, |options| options);
    let (session, mut client) = world.client().await;
    let mut got = vec![client.hello().await, client.call("KIT_ECHO", json!({})).await];
    got.push(client.call("KIT_NOTHING", json!({})).await);
    got.push(client.send(Method::POST, "{").await);
    session.delete().await.unwrap();
    got.push(client.call("KIT_ECHO", json!({})).await);
    got.push(client.post("tools/list", json!({})).await);
    got.push(client.send(Method::DELETE, "").await);
    got.push(client.hello().await);
    world.access.revoke(&client.token);
    got.push(client.send(Method::POST, hello()).await);
    world.access.breaks("admit-secret");
    got.push(client.send(Method::POST, hello()).await);
    for answer in got {
        let all = format!("{answer:?}");
        assert!(!all.contains("secret"), "{all}");
        assert!(!all.contains(&client.token), "{all}");
    }
}

#[tokio::test]
async fn those_who_asked_for_links_get_the_link_and_nothing_else() {
    let backend = backend().answer("KIT_ECHO", |_| Err(planted()));
    let world = World::with(backend, |options| options.reveal_connect_links());
    let (_, mut client) = world.client().await;
    client.hello().await;
    let body = client.call("KIT_ECHO", json!({})).await.body;
    assert!(body.contains("https://connect.example/link/link-secret"), "{body}");
    assert!(!body.replace("link-secret", "").contains("secret"), "{body}");
}

#[tokio::test]
async fn no_log_holds_a_credential() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    client.names().await;
    client.call("KIT_ECHO", json!({})).await;
    let mut request = client.request(Method::POST, hello());
    request.headers_mut().insert("x-api-key", client.token.parse().unwrap());
    request.headers_mut().insert("cookie", "a=cookie-secret".parse().unwrap());
    world.send(request).await;
    let token = std::mem::replace(&mut client.token, "wrong-secret".to_owned());
    client.send(Method::POST, hello()).await;
    let logged = lines.0.lock().unwrap().join("\n");
    assert!(logged.contains("rmcp"), "the protocol's own words are heard");
    for secret in [token.as_str(), "wrong-secret", "cookie-secret"] {
        assert!(!logged.contains(secret), "{secret}");
    }
}
