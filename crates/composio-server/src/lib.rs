//! HTTP for composio backends, as axum routers: the pages on which people connect their accounts, and sessions as MCP
//! servers.
//!
//! ```
//! # use std::sync::Arc;
//! # use composio_core::{Brand, CallbackParams, ConnectFlow, Connected, Error, ErrorKind, FormFields, LinkPage, Started};
//! # #[derive(Debug)]
//! # struct Engine;
//! # #[async_trait::async_trait]
//! # impl ConnectFlow for Engine {
//! #     fn brand(&self) -> Brand { Brand::new("Acme Assistant") }
//! #     async fn open(&self, _: &str) -> Result<LinkPage, Error> { Err(unknown()) }
//! #     async fn start(&self, _: &str, _: FormFields) -> Result<Started, Error> { Err(unknown()) }
//! #     async fn complete(&self, _: CallbackParams, _: Option<&str>) -> Result<Connected, Error> { Err(unknown()) }
//! # }
//! # fn unknown() -> Error { Error::new(ErrorKind::NotFound, "no such link") }
//! # tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
//! # let (engine, stop) = (Arc::new(Engine), std::future::ready(()));
//! use composio_server::{ConnectOptions, Url, axum, connect_router};
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let public_url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
//! let pages = connect_router(engine, ConnectOptions::new(public_url));
//!
//! axum::serve(listener, pages).with_graceful_shutdown(stop).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `engine` is anything that implements core's [`ConnectFlow`](composio_core::ConnectFlow), such as the embedded engine.
//!
//! # Vocabulary
//!
//! - A **link** is what a user is sent to connect an account. Opening it changes nothing; pressing its button does.
//! - A **flow** begins with that button and belongs to the browser that pressed it. A cookie ties the two together.
//! - The **callback** is where a service sends the browser back to, with a state that works once.
//! - An **outcome** is how a flow ended. It is shown by the application's own callback URL, or by our last page.
//! - A **refusal** is the one answer to every link, state and form that is not accepted. It tells no two causes apart.
//! - An **MCP client** is a program that lists and runs a session's tools, such as an editor. A **token** lets it in.
//!
//! # Tasks
//!
//! - Mount the pages in your application: [`connect_router`].
//! - Mount sessions for MCP clients: `mcp_router`, with the feature `mcp`.
//! - Say which address browsers see: [`ConnectOptions`].
//! - Register a redirect URI with a service: the public address followed by [`CALLBACK_PATH`].
//!
//! # What the pages promise
//!
//! They run no script, load nothing but logos, cannot be framed, are not cached and pass no referrer on. They follow the
//! light or dark scheme of the system. A form is accepted from our own page alone, and a callback only in the browser
//! that started. What people enter as secret is never shown again, and neither tokens nor states are logged.
//!
//! # What the MCP route promises
//!
//! Nothing is read before the credential is accepted, and it is asked about with every request; the answer to one that is not
//! accepted tells no two causes apart. Requests for another host, and pages of other origins, are refused. What a client
//! opened for one session is found through no other. What is kept is bounded. Credentials are taken out of a request before
//! anything else sees it, and errors say to a client what a model may read and nothing besides.
//!
//! # Features
//!
//! - `mcp` (default): `mcp_router`, `McpOptions`, `MCP_PATH`.
//!
//! # What this crate does not do
//!
//! It knows no engine, no toolkit and no store: all of that is behind core's traits. It terminates no TLS, limits no
//! rates and writes no access log. If yours does, leave out the path and the query of these routes: a link is a
//! capability, and so is a state. The path of the MCP route holds no secret; its headers do.

mod connect;
mod host;
#[cfg(feature = "mcp")]
mod mcp;

pub use axum;
pub use composio_core::Url;
pub use connect::{CALLBACK_PATH, ConnectOptions, LINK_PATH, connect_router};
#[cfg(feature = "mcp")]
pub use mcp::{MCP_PATH, McpOptions, mcp_router};
