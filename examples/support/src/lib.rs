//! What the examples share, so that each of them shows little more than its framework.
//!
//! - [`Playground`]: the engine, and the demo services behind it: an issue tracker and a mailbox. It connects accounts
//!   by walking through the real pages, and looks whether the work was done.
//! - [`Model`]: the provider that the environment names, or a scripted model on this machine.
//! - [`script`]: what the scripted model says in the examples, and the [`TASK`] that all of them are given.
//! - [`show`]: what is printed.
//! - `Agent` (feature `agent`): the loop of an agent, for examples that are about something else.
//! - [`consent`]: the scripted visitor of the pages.
//!
//! ```
//! use example_support::{Model, Playground, script};
//!
//! # #[tokio::main]
//! # async fn main() -> anyhow::Result<()> {
//! let playground = Playground::start().await?;
//! let session = playground.composio().create("user_123").toolkits(["tracker"]).await?;
//! let account = playground.connect(&session, "tracker").await?;
//! assert_eq!(account.label(), "alice@work.example");
//!
//! let model = Model::from_env_or_scripted(script::issue_and_mail).await?;
//! println!("{} at {}", model.name(), model.base_url());
//! # model.shutdown().await;
//! # playground.shutdown().await;
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "agent")]
mod agent;
pub mod consent;
mod model;
mod playground;
pub mod script;
pub mod show;

#[cfg(feature = "agent")]
pub use agent::Agent;
pub use model::Model;
pub use playground::Playground;
pub use script::TASK;
