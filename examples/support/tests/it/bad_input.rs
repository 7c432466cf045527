//! Whatever a model sends and whatever a service does: the model reads one text with the next step, the run goes on to
//! its end, and nothing that is secret is in what the model reads.

use std::time::Duration;

use composio::{Session, ToolSet};
use composio_demo::{Failure, ModelCall};
use example_support::Playground;
use serde_json::{Value, json};

use crate::agent::{FORMS, Run, run};

const ALICE: &str = "alice@work.example";
const CREATE: &str = "TRACKER_CREATE_ISSUE";
const LIST: &str = "TRACKER_LIST_ISSUES";

/// How the demo's secrets begin: access and refresh tokens, authorization codes, client secrets, API keys.
const MARKS: [&str; 5] = ["demo_at_", "demo_rt_", "demo_ac_", "demo_cs_", "demo_key_"];
/// What links of the engine hold, and callbacks.
const PATHS: [&str; 3] = ["/link/", "/oauth/", "code="];

struct World {
    playground: Playground,
    session: Session,
    tools: ToolSet,
}

impl World {
    async fn start() -> Self {
        let playground = Playground::quiet().await.unwrap();
        let session = session(&playground, "user_123").await;
        playground.connect(&session, "tracker").await.unwrap();
        let tools = session.tools().await.unwrap();
        Self { playground, session, tools }
    }

    fn fail(&self, failure: Failure) {
        self.playground.demo().fail_next(failure.path("/tracker/issues").times(9));
    }

    /// Nothing that is secret stands in what the model read, nor the links that the application was given.
    fn assert_silent(&self, run: &Run) {
        let demo = self.playground.demo();
        let mut secrets = vec![demo.oauth_app().client_secret, demo.api_key(ALICE)];
        secrets.extend(MARKS.map(str::to_owned));
        secrets.extend(PATHS.map(str::to_owned));
        secrets.extend(run.failures.iter().filter_map(|failure| failure.error.connect_url()).map(ToString::to_string));
        let read = Value::from(run.requests.clone()).to_string();
        for secret in secrets {
            assert!(!read.contains(&secret), "the model read {secret}: {read}");
        }
    }
}

async fn session(playground: &Playground, user: &str) -> Session {
    let builder = playground.composio().create(user).toolkits(["tracker", "mailbox"]);
    builder.preload([CREATE, LIST, "TRACKER_GET_PROFILE", "MAILBOX_LIST_LABELS"]).await.unwrap()
}

/// One text reached the model; what it says as JSON.
fn the_one_text(run: &Run) -> Value {
    assert_eq!(run.said, "done", "{run:?}");
    assert_eq!(run.requests.len(), 2, "{run:?}");
    assert_eq!(run.results.len(), 1, "{run:?}");
    serde_json::from_str(&run.results[0]).unwrap()
}

fn assert_refused(run: &Run, says: &str) {
    let text = the_one_text(run);
    assert_eq!((&text["successful"], &text["data"]), (&json!(false), &Value::Null), "{text}");
    let error = text["error"].as_str().unwrap();
    assert!(error.contains(says), "{error:?} should say {says:?}");
    assert_eq!(run.failures.len(), 1, "{run:?}");
}

#[tokio::test]
async fn arguments_that_are_none_are_answered_with_what_is_wanted() {
    let world = World::start().await;
    let object = "Send an object with the tool's parameters.";
    for form in FORMS {
        let before = world.playground.demo().requests().len();
        for (arguments, says) in [
            ("{\"title\": ", object),
            ("the kettle", object),
            ("[1]", object),
            ("7", object),
            ("\"title\"", object),
            ("", "title"),
            ("null", "title"),
            ("{}", "title"),
            ("\"{}\"", "title"),
            ("{\"title\": 7}", "title"),
            ("{\"title\": \"x\", \"colour\": \"red\"}", "colour"),
        ] {
            let run = run(form, &world.tools, vec![ModelCall::raw(CREATE, arguments)]).await;
            assert_refused(&run, says);
            world.assert_silent(&run);
        }
        assert_eq!(world.playground.demo().requests().len(), before, "none of it reached the service");
    }
    world.playground.shutdown().await;
}

#[tokio::test]
async fn arguments_that_can_be_understood_are() {
    let world = World::start().await;
    for form in FORMS {
        for call in [
            ModelCall::raw(CREATE, r#""{\"title\":\"Encoded twice\"}""#),
            ModelCall::raw(LIST, ""),
            ModelCall::raw("TRACKER_GET_PROFILE", "null"),
        ] {
            let run = run(form, &world.tools, vec![call]).await;
            assert_eq!(the_one_text(&run)["successful"], true, "{run:?}");
            assert!(run.failures.is_empty());
            world.assert_silent(&run);
        }
    }
    let issues = world.playground.issues().await.unwrap();
    assert_eq!(issues.iter().filter(|issue| issue["title"] == "Encoded twice").count(), FORMS.len());
    world.playground.shutdown().await;
}

#[tokio::test]
async fn names_that_are_not_ours_are_answered_with_those_that_are() {
    let world = World::start().await;
    for form in FORMS {
        for name in ["TRACKER_CREATE_TICKET", "tracker_create_issue", "GITHUB_STAR_REPO"] {
            let run = run(form, &world.tools, vec![ModelCall::raw(name, "{}")]).await;
            assert_refused(&run, CREATE);
            world.assert_silent(&run);
        }
    }
    world.playground.shutdown().await;
}

#[tokio::test]
async fn services_that_fail_end_no_run() {
    let world = World::start().await;
    let reading = || ModelCall::raw(LIST, "{}");
    let writing = || ModelCall::raw(CREATE, r#"{"title":"x"}"#);
    let wait = Duration::from_secs(3600);
    for form in FORMS {
        for (failure, call, says) in [
            (Failure::status(400), reading(), "asked for by the host"),
            (Failure::status(403), reading(), "asked for by the host"),
            (Failure::status(404), reading(), "asked for by the host"),
            (Failure::status(422), writing(), "asked for by the host"),
            (Failure::status(429).retry_after(wait), reading(), "3600 seconds"),
            (Failure::status(401), reading(), "HTTP 401"),
            (Failure::status(500), reading(), "HTTP 500"),
            (Failure::status(502).after_effect(), writing(), "HTTP 502"),
        ] {
            world.fail(failure);
            let run = run(form, &world.tools, vec![call]).await;
            world.playground.demo().reset();
            world.playground.connect(&world.session, "tracker").await.unwrap();
            assert_refused(&run, says);
            world.assert_silent(&run);
        }
    }
    world.playground.shutdown().await;
}

#[tokio::test]
async fn what_needs_a_connection_says_so_without_the_link() {
    let world = World::start().await;
    for form in FORMS {
        // Never connected.
        let run = run(form, &world.tools, vec![ModelCall::raw("MAILBOX_LIST_LABELS", "{}")]).await;
        assert_refused(&run, "Ask the user to connect it");
        let link = run.failures[0].error.connect_url().expect("the application has a link to show");
        assert!(link.path().starts_with("/link/"));
        world.assert_silent(&run);
    }
    for form in FORMS {
        // Connected, and ended since.
        let explained = world.session.explain("tracker").await.unwrap();
        let account = explained.account().unwrap().id.clone();
        world.playground.composio().connected_accounts().revoke(account).await.unwrap();
        let run = run(form, &world.tools, vec![ModelCall::raw(LIST, "{}")]).await;
        assert_refused(&run, "Ask the user to connect it");
        world.assert_silent(&run);
        world.playground.connect(&world.session, "tracker").await.unwrap();
    }
    world.playground.demo().revoke_all(ALICE);
    for form in FORMS {
        // Taken back by the user at the service, which the engine believes at the third refusal.
        let run = run(form, &world.tools, vec![ModelCall::raw(LIST, "{}")]).await;
        assert_refused(&run, "does not work at the moment");
        world.assert_silent(&run);
    }
    world.playground.shutdown().await;
}

#[tokio::test]
async fn a_session_that_was_deleted_in_between_is_reported() {
    let world = World::start().await;
    for form in FORMS {
        let session = session(&world.playground, "user_123").await;
        let tools = session.tools().await.unwrap();
        session.delete().await.unwrap();
        let run = run(form, &tools, vec![ModelCall::raw(LIST, "{}")]).await;
        assert_refused(&run, "session");
        world.assert_silent(&run);
    }
    world.playground.shutdown().await;
}

#[tokio::test]
async fn of_several_calls_each_has_its_own_answer() {
    let world = World::start().await;
    for form in FORMS {
        let calls = vec![
            ModelCall::raw(CREATE, "[1]"),
            ModelCall::raw("MADE_UP", "{}"),
            ModelCall::raw(LIST, ""),
            ModelCall::raw("MAILBOX_LIST_LABELS", "{}"),
        ];
        let run = run(form, &world.tools, calls).await;
        assert_eq!((run.said.as_str(), run.requests.len()), ("done", 2), "{run:?}");
        let texts: Vec<Value> = run.results.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let went: Vec<_> = texts.iter().map(|text| text["successful"] == true).collect();
        assert_eq!(went, [false, false, true, false], "{run:?}");
        assert_eq!(run.failures.len(), 3);
        world.assert_silent(&run);
    }
    world.playground.shutdown().await;
}
