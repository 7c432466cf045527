//! What toolkits and tools there are, whoever may use them.

use std::sync::Arc;

use super::Composio;
use super::manage::management;
use crate::backend::{Backend, CatalogueQuery, CatalogueToolQuery, Page, ToolkitInfo, listing};
use crate::error::{Error, Result};
use crate::id::{ToolSlug, ToolkitSlug};
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
        ListCatalogueToolkits { source: Arc::clone(&self.backend), query: CatalogueQuery::new(), error: None }
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
#[derive(Debug)]
pub struct ListCatalogueToolkits {
    source: Arc<dyn Backend>,
    query: CatalogueQuery,
    error: Option<Error>,
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
}

listing!(ListCatalogueToolkits of ToolkitInfo, "20 unless said, 1,000", page_of_catalogue_toolkits);

async fn page_of_catalogue_toolkits(backend: Arc<dyn Backend>, query: CatalogueQuery) -> Result<Page<ToolkitInfo>> {
    management(&backend)?.catalogue_toolkits(&query).await
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
        ListCatalogueTools { source: Arc::clone(&self.backend), query: CatalogueToolQuery::new(), error: None }
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
    source: Arc<dyn Backend>,
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
}

listing!(ListCatalogueTools of ToolDefinition, "20 unless said, 1,000", page_of_catalogue_tools);

async fn page_of_catalogue_tools(backend: Arc<dyn Backend>, query: CatalogueToolQuery) -> Result<Page<ToolDefinition>> {
    management(&backend)?.catalogue_tools(&query).await
}
