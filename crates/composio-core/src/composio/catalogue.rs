//! What toolkits and tools there are, whoever may use them.

use std::future::IntoFuture;
use std::sync::Arc;

use super::Composio;
use super::manage::management;
use crate::backend::{Backend, CatalogueQuery, CatalogueToolQuery, Items, Page, ToolkitInfo};
use crate::error::{Error, Result};
use crate::id::{ToolSlug, ToolkitSlug};
use crate::session::BoxFuture;
use crate::tool::ToolDefinition;

impl Composio {
    /// The toolkits of the project's catalogue. What one user may use of them is
    /// [`Session::toolkits`](crate::Session::toolkits).
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ErrorKind, ScriptedBackend};
    /// # let composio = Composio::with_backend(ScriptedBackend::new());
    /// let listing = composio.toolkits().list().search("mail").limit(5);
    /// # assert_eq!(listing.await.unwrap_err().kind(), ErrorKind::Unsupported);
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn toolkits(&self) -> CatalogueToolkits {
        CatalogueToolkits { backend: Arc::clone(&self.backend) }
    }

    /// The tools of the project's catalogue. What a model gets of them is [`Session::tools`](crate::Session::tools).
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ErrorKind, ScriptedBackend};
    /// # let composio = Composio::with_backend(ScriptedBackend::new());
    /// let listing = composio.tools().list().toolkits(["github"]).search("issue");
    /// # assert_eq!(listing.await.unwrap_err().kind(), ErrorKind::Unsupported);
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn tools(&self) -> CatalogueTools {
        CatalogueTools { backend: Arc::clone(&self.backend) }
    }
}

/// The toolkits of a project's catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueToolkits {
    backend: Arc<dyn Backend>,
}

impl CatalogueToolkits {
    /// Lists them: the first 20, unless the returned value says otherwise.
    ///
    /// # Errors
    /// The await gives `InvalidInput` for a cursor that is not this backend's, `Unsupported` where it has no catalogue.
    pub fn list(&self) -> ListCatalogueToolkits {
        ListCatalogueToolkits { backend: Arc::clone(&self.backend), query: CatalogueQuery::new() }
    }

    /// Reads one.
    ///
    /// # Errors
    /// `NotFound`, with near slugs; `InvalidInput` for a malformed slug; `Unsupported`.
    pub async fn get<T>(&self, toolkit: T) -> Result<ToolkitInfo>
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>> + Send,
    {
        let toolkit = toolkit.try_into().map_err(Into::into)?;
        management(&self.backend)?.catalogue_toolkit(&toolkit).await
    }
}

/// A list of the catalogue's toolkits in the making. Await it for one page.
#[must_use = "toolkits are listed by awaiting this"]
#[derive(Clone, Debug)]
pub struct ListCatalogueToolkits {
    backend: Arc<dyn Backend>,
    query: CatalogueQuery,
}

impl ListCatalogueToolkits {
    /// Only those with this text in slug, name or description, whatever the case.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.query.search = Some(text.into());
        self
    }

    /// Only those of this category.
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.query.category = Some(category.into());
        self
    }

    /// How many on a page at the most: 20 unless said, 1,000 at the most.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Goes on where a page ended.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.query.cursor = Some(cursor.into());
        self
    }

    /// All of them from here on, page after page.
    pub fn stream(self) -> Items<ToolkitInfo> {
        let start = self.query.cursor.clone();
        Items::new(Ok(start), move |cursor| {
            let mut list = self.clone();
            list.query.cursor = cursor;
            list.page()
        })
    }

    async fn page(self) -> Result<Page<ToolkitInfo>> {
        management(&self.backend)?.catalogue_toolkits(&self.query).await
    }
}

impl IntoFuture for ListCatalogueToolkits {
    type Output = Result<Page<ToolkitInfo>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.page())
    }
}

/// The tools of a project's catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueTools {
    backend: Arc<dyn Backend>,
}

impl CatalogueTools {
    /// Lists them, by toolkit and slug: the first 20, unless the returned value says otherwise.
    ///
    /// # Errors
    /// The await gives `InvalidInput` for a malformed slug and for a cursor that is not this backend's, `Unsupported` where it
    /// has no catalogue.
    pub fn list(&self) -> ListCatalogueTools {
        ListCatalogueTools { backend: Arc::clone(&self.backend), query: CatalogueToolQuery::new(), error: None }
    }

    /// Reads one, whether a session may use it or not.
    ///
    /// # Errors
    /// `NotFound`, with near slugs; `InvalidInput` for a malformed slug; `Unsupported`.
    pub async fn get<T>(&self, tool: T) -> Result<ToolDefinition>
    where
        T: TryInto<ToolSlug, Error: Into<Error>> + Send,
    {
        let tool = tool.try_into().map_err(Into::into)?;
        management(&self.backend)?.catalogue_tool(&tool).await
    }
}

/// A list of the catalogue's tools in the making. Await it for one page.
#[must_use = "tools are listed by awaiting this"]
#[derive(Debug)]
pub struct ListCatalogueTools {
    backend: Arc<dyn Backend>,
    query: CatalogueToolQuery,
    error: Option<Error>,
}

impl ListCatalogueTools {
    /// Only those of these toolkits. Called again, it adds.
    pub fn toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        for toolkit in toolkits {
            match toolkit.try_into() {
                Ok(slug) => self.query.toolkits.push(slug),
                Err(error) => self.error = self.error.or_else(|| Some(error.into().in_field("toolkits"))),
            }
        }
        self
    }

    /// Only these. Called again, it adds.
    pub fn slugs<T>(mut self, tools: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        for tool in tools {
            match tool.try_into() {
                Ok(slug) => self.query.tools.push(slug),
                Err(error) => self.error = self.error.or_else(|| Some(error.into().in_field("tools"))),
            }
        }
        self
    }

    /// Only those with this text in slug, name or description, whatever the case.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.query.search = Some(text.into());
        self
    }

    /// How many on a page at the most: 20 unless said, 1,000 at the most.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Goes on where a page ended.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.query.cursor = Some(cursor.into());
        self
    }

    /// All of them from here on, page after page.
    pub fn stream(self) -> Items<ToolDefinition> {
        let Self { backend, query, error } = self;
        Items::new(error.map_or(Ok(query.cursor.clone()), Err), move |cursor| {
            let (backend, query) = (Arc::clone(&backend), CatalogueToolQuery { cursor, ..query.clone() });
            async move { management(&backend)?.catalogue_tools(&query).await }
        })
    }
}

impl IntoFuture for ListCatalogueTools {
    type Output = Result<Page<ToolDefinition>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match self.error {
                Some(error) => Err(error),
                None => management(&self.backend)?.catalogue_tools(&self.query).await,
            }
        })
    }
}
