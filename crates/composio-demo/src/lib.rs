//! An issue tracker and a mailbox behind a real OAuth 2.1 authorization server, in your own process, on loopback: what an
//! agent needs to be tried and tested with accounts, consent and expiring tokens, without a network or a sign-up.
//!
//! ```
//! use composio_demo::{Demo, DemoOptions};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let demo = Demo::start(DemoOptions::default()).await?;
//!
//!     // A program with an API key files an issue in Alice's workspace.
//!     let issue: serde_json::Value = reqwest::Client::new()
//!         .post(format!("{}/issues", demo.tracker_url()))
//!         .header("X-Api-Key", demo.api_key("alice@work.example"))
//!         .json(&serde_json::json!({ "title": "The kettle is broken", "labels": ["kitchen"] }))
//!         .send()
//!         .await?
//!         .error_for_status()?
//!         .json()
//!         .await?;
//!     assert_eq!(issue["state"], "open");
//!
//!     // The host sees what happened.
//!     let request = demo.requests().pop().ok_or("nothing was asked")?;
//!     assert_eq!((request.method.as_str(), request.status), ("POST", 201));
//!     assert_eq!(request.person.as_deref(), Some("alice@work.example"));
//!
//!     demo.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! # Words
//!
//! - A *person* owns one or more accounts. Alice has `alice@work.example` and `alice@home.example`, Bob has
//!   `bob@example.com`; [`DemoOptions::people`] sets others. Each account, an *identity*, has its own projects, issues and
//!   messages, and [`Demo::api_key`].
//! - The *client* is the application that asks for access. One is registered: [`Demo::oauth_app`].
//! - A *grant* is everything that follows from one consent: a code, access tokens, refresh tokens. It ends as a whole.
//!
//! # Services
//!
//! | service | base URL | credentials | scopes |
//! |---|---|---|---|
//! | tracker | [`Demo::tracker_url`] | OAuth, or the header `X-Api-Key` | `tracker.read`, `tracker.write` |
//! | mailbox | [`Demo::mailbox_url`] | OAuth, or the query parameter `api_key` | `mailbox.read`, `mailbox.send` |
//! | status | [`Demo::status_url`] | none | |
//!
//! Each is described by an OpenAPI document ([`tracker_openapi`], [`mailbox_openapi`], [`status_openapi`]; served below
//! each base URL as `/openapi.json` with the demo's own address) and by a toolkit manifest ([`TRACKER_MANIFEST`],
//! [`MAILBOX_MANIFEST`], [`STATUS_MANIFEST`]).
//!
//! # The authorization server
//!
//! `/oauth/authorize`, `/oauth/token` and `/oauth/revoke`, reachable below `/tracker` and `/mailbox` as well; described at
//! `/.well-known/oauth-authorization-server`. It follows OAuth 2.1 and leaves no shortcut that a real one would refuse:
//! PKCE with S256 is required, redirect URIs are registered (loopback with any port and the path `/oauth/callback`,
//! others by [`DemoOptions::redirect_uri`]), codes work once, answers carry `iss`, refresh tokens rotate. A code or a
//! refresh token that comes a second time revokes its whole grant.
//!
//! People consent on a page at `/oauth/authorize`, in any browser, with or without scripts. Tests take the short way,
//! [`Demo::approve`] and [`Demo::deny`].
//!
//! # Tasks
//!
//! - *See a token expire*: give [`DemoOptions::clock`] a [`ManualClock`] and advance it, or call
//!   [`Demo::expire_access_tokens`].
//! - *See consent withdrawn*: [`Demo::revoke_all`].
//! - *See a service fail*: [`Demo::fail_next`] with a [`Failure`], also one in which the request took effect.
//! - *Check what was sent*: [`Demo::requests`].
//! - *Start over*: [`Demo::reset`].
//! - *Go on after a restart*: [`DemoOptions::data`].
//! - *Try a whole agent without a provider*: [`ScriptedModel`].
//!
//! # What it does not do
//!
//! It keeps nothing on disk unless [`DemoOptions::data`] says where, and then no token: hashes of them. It delivers mail to its own identities
//! only. It listens on 127.0.0.1, answers to `127.0.0.1` and `localhost`, and asks for no password: everyone at this
//! computer can choose any identity. It is for trying and testing, never for real data.

mod access;
mod app;
mod clock;
mod descriptions;
mod failure;
mod fields;
mod keep;
mod listener;
mod mailbox;
mod model;
mod oauth;
mod options;
mod people;
mod reply;
mod requests;
mod route;
mod secret;
mod server;
mod status;
mod tracker;

pub use clock::{DemoClock, ManualClock, SystemClock};
pub use descriptions::{
    MAILBOX_MANIFEST, STATUS_MANIFEST, TRACKER_MANIFEST, mailbox_openapi, status_openapi, tracker_openapi,
};
pub use failure::Failure;
pub use model::{CallResult, ModelCall, Reply, ScriptedModel, Turn};
pub use options::{DemoError, DemoOptions, OAuthApp};
pub use people::Person;
pub use requests::LoggedRequest;
pub use server::Demo;
