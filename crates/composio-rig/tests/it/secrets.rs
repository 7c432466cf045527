//! What must not reach a model is looked for in everything that it was sent.

use composio_core::{Error, ErrorKind, Url};

use crate::model::{ScriptedModel, calls, says};
use crate::stage::{answering_agent, backend, tools};

/// An error that holds a secret wherever an error can hold one.
fn laden(kind: ErrorKind) -> Error {
    Error::new(kind, "POST https://internal.example/?key=planted-message")
        .with_context("token", "planted-context")
        .with_source(std::io::Error::other("planted-source"))
        .with_connect_url(Url::parse("https://connect.example/link/planted-link").unwrap())
}

#[tokio::test]
async fn no_request_holds_what_an_error_knows_beyond_its_text_for_models() {
    for kind in [ErrorKind::ConnectionRequired, ErrorKind::ToolFailed, ErrorKind::Unexpected, ErrorKind::Blocked] {
        let backend = backend().answer("KIT_ECHO", move |_| Err(laden(kind)));
        let turn = calls([("c1", "KIT_ECHO", "{}"), ("c2", "KIT_OTHER", "{}")]);
        let script = [turn, calls([("c3", "KIT_INVENTED", "{}")]), calls([("c4", "KIT_ECHO", "[1]")]), says("done")];
        let model = ScriptedModel::start(script).await;

        answering_agent(&model, &tools(&backend).await).prompt("Go.").await.unwrap();

        let requests = model.requests();
        assert_eq!((requests.len(), backend.calls().len()), (4, 2), "{kind:?}");
        for request in requests {
            let request = request.to_string();
            assert!(!request.contains("planted"), "{kind:?}: {request}");
        }
    }
}
