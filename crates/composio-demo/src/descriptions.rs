//! The OpenAPI documents and toolkit manifests of the services.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::app::App;

/// The toolkit manifest of the issue tracker, `tracker`: OAuth 2.0, or an API key in the header `X-Api-Key`.
///
/// Its base URL is a placeholder; override it with [`Demo::tracker_url`](crate::Demo::tracker_url).
pub const TRACKER_MANIFEST: &str = include_str!("../toolkits/tracker.json");

/// The toolkit manifest of the mailbox, `mailbox`: OAuth 2.0, or an API key in the query parameter `api_key`.
///
/// Its base URL is a placeholder; override it with [`Demo::mailbox_url`](crate::Demo::mailbox_url).
pub const MAILBOX_MANIFEST: &str = include_str!("../toolkits/mailbox.json");

/// The toolkit manifest of the status service, `status`: no authentication.
///
/// Its base URL is a placeholder; override it with [`Demo::status_url`](crate::Demo::status_url).
pub const STATUS_MANIFEST: &str = include_str!("../toolkits/status.json");

/// The OpenAPI 3.0.3 document of the issue tracker, as JSON. A running demo serves it below `/tracker/openapi.json`, with
/// its own address as the server.
pub fn tracker_openapi() -> &'static str {
    include_str!("../openapi/tracker.json")
}

/// The OpenAPI 3.0.3 document of the mailbox, as JSON. A running demo serves it below `/mailbox/openapi.json`, with its
/// own address as the server.
pub fn mailbox_openapi() -> &'static str {
    include_str!("../openapi/mailbox.json")
}

/// The OpenAPI 3.0.3 document of the status service, as JSON. A running demo serves it below `/status/openapi.json`, with
/// its own address as the server.
pub fn status_openapi() -> &'static str {
    include_str!("../openapi/status.json")
}

/// The address that the documents were written with.
const PLACEHOLDER: &str = "http://127.0.0.1:8790";

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/tracker/openapi.json", get(|State(app): State<App>| async move { serve(&app, tracker_openapi()) }))
        .route("/mailbox/openapi.json", get(|State(app): State<App>| async move { serve(&app, mailbox_openapi()) }))
        .route("/status/openapi.json", get(|State(app): State<App>| async move { serve(&app, status_openapi()) }))
        .route("/", get(index))
}

fn serve(app: &App, document: &str) -> Response {
    let here = document.replace(PLACEHOLDER, app.issuer());
    ([(header::CONTENT_TYPE, "application/json")], here).into_response()
}

async fn index(State(app): State<App>) -> axum::Json<Value> {
    let service = |root: &str| {
        let url = app.link(root);
        serde_json::json!({ "url": url, "openapi": format!("{url}/openapi.json") })
    };
    axum::Json(serde_json::json!({
        "tracker": service("/tracker"),
        "mailbox": service("/mailbox"),
        "status": service("/status"),
        "oauth": app.link("/.well-known/oauth-authorization-server"),
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::Route;
    use crate::{mailbox, status, tracker};

    fn described(document: &str, root: &str) -> BTreeSet<String> {
        let document: Value = serde_json::from_str(document).unwrap();
        let server = document["servers"][0]["url"].as_str().unwrap();
        assert_eq!(server, format!("{PLACEHOLDER}{root}"));
        let paths = document["paths"].as_object().unwrap();
        let verbs = ["get", "post", "put", "patch", "delete"];
        let operations = paths.iter().flat_map(|(path, item)| {
            let present = verbs.iter().filter(|verb| item.get(**verb).is_some());
            present.map(move |verb| format!("{} {path}", verb.to_uppercase()))
        });
        operations.collect()
    }

    fn served(routes: &[Route]) -> BTreeSet<String> {
        routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect()
    }

    #[test]
    fn what_is_described_is_served_and_the_reverse() {
        assert_eq!(described(tracker_openapi(), tracker::ROOT), served(&tracker::routes()));
        assert_eq!(described(mailbox_openapi(), mailbox::ROOT), served(&mailbox::routes()));
        assert_eq!(described(status_openapi(), status::ROOT), served(&status::routes()));
    }
}
