//! Which helper tools a model gets, what only the hosted service can be told, and the preset that needs none of it.

use super::SessionBuilder;
use crate::session::{HostedSettings, MetaTools, Preload, SessionConfig, Workbench};

/// What the caller has said, which the preset leaves as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    pub(super) direct_tools: bool,
    pub(super) meta_tools: bool,
    pub(super) preload: bool,
}

/// Helper tools and the hosted service's own settings.
impl SessionBuilder {
    /// Says which helper tools a model gets, beside the tools of toolkits. A backend without a helper has nothing to switch:
    /// the embedded engine has none of them.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # let composio = Composio::with_backend(ScriptedBackend::new());
    /// use composio_core::MetaTools;
    ///
    /// let session = composio.create("user_123").meta_tools(MetaTools::new().wait_for_connections(true)).await?;
    /// assert!(session.config().meta_tools.search, "the rest stays on");
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn meta_tools(mut self, meta_tools: MetaTools) -> Self {
        self.said.meta_tools = true;
        self.config.meta_tools = meta_tools;
        self
    }

    /// Says what only the hosted service can be told. Other backends refuse what they do not have; the embedded engine has
    /// nothing of it.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ErrorKind, ScriptedBackend};
    /// # let composio = Composio::with_backend(ScriptedBackend::new());
    /// use composio_core::{Hook, HookCheck, HostedSettings};
    ///
    /// let outside = HookCheck::Before("Sending email to anyone outside example.org".to_owned());
    /// let hosted = HostedSettings::new().hook(Hook::new("no-ext-mail", outside)).user_timezone("Europe/London");
    /// let session = composio.create("user_123").hosted(hosted).await?;
    ///
    /// let no_zone = composio.create("user_123").hosted(HostedSettings::new().user_timezone(" ")).await;
    /// assert_eq!(no_zone.unwrap_err().field(), Some("hosted.user_timezone"));
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn hosted(mut self, hosted: HostedSettings) -> Self {
        let said = hosted != HostedSettings::default();
        self.config.hosted = said.then(|| Box::new(hosted));
        self
    }

    /// Gives the model every tool that the session names directly, 1,000 at the most, and takes away the helpers that find
    /// tools and run several at once. Needs something that names the tools, so that it stays a choice:
    /// [`toolkits`](Self::toolkits), [`enable_tools`](Self::enable_tools) or [`tags`](Self::tags).
    ///
    /// The helpers for connections and the sandbox are off too, unless [`meta_tools`](Self::meta_tools) or
    /// [`hosted`](Self::hosted) say otherwise; and a list given with [`preload`](Self::preload) stands. The order of the calls
    /// does not count. Rule: `session-api` 12.2.
    pub fn direct_tools(mut self) -> Self {
        self.said.direct_tools = true;
        self
    }
}

impl Said {
    /// Fills in what the preset says of what the caller has not.
    pub(super) fn settle(self, config: &mut SessionConfig) {
        if !self.direct_tools {
            return;
        }
        config.meta_tools.search = false;
        config.meta_tools.multi_execute = false;
        if !self.meta_tools {
            config.meta_tools.manage_connections = false;
        }
        if !self.preload {
            config.preload = Preload::All;
        }
        config.hosted.get_or_insert_default().workbench.get_or_insert(Workbench::new().enable(false));
    }
}
