//! Finding tools by what they are for.

use std::fmt;
use std::future::IntoFuture;

use super::{BoxFuture, Session};
use crate::backend::{SearchQuery, SearchRequest, SearchResults};
use crate::error::{Error, Result};
use crate::id::ToolkitSlug;

/// How many queries one search may have. Rule: `session-api` 2, "search".
const QUERIES_MAX: usize = 7;
/// How long a use case may be, in characters.
const USE_CASE_MAX: usize = 1_024;
/// How much may be said to be known, in characters.
const KNOWN_FIELDS_MAX: usize = 500;

impl Session {
    /// Finds tools by what they are for, those of native tools included. What is found may be called, whether a model gets it
    /// directly or not.
    ///
    /// # Errors
    /// The await gives `InvalidInput` for no use case and for too long a one, for more than seven queries, and for a malformed
    /// slug, before anything is sent; `ToolFailed` where every query failed; `Unsupported` where the backend does not search.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, FoundTool, ScriptedBackend, SearchAnswer, SearchResults, ToolSlug};
    /// # let mut found = SearchResults::default();
    /// # let slug = ToolSlug::new("GMAIL_SEND_EMAIL")?;
    /// # let mut answer = SearchAnswer::default();
    /// # answer.primary.push(slug.clone());
    /// # found.answers.push(answer);
    /// # found.tools.insert(slug.clone(), FoundTool::new(slug, "Sends an email."));
    /// # let composio = Composio::with_backend(ScriptedBackend::new().found(found));
    /// # let session = composio.create("user_123").await?;
    /// let found = session.search("send an email").known_fields("recipient:bob@example.com").toolkits(["gmail"]).await?;
    /// for slug in &found.answers[0].primary {
    ///     println!("{slug}: {}", found.tools[slug].description);
    /// }
    /// # assert_eq!(found.answers[0].primary[0], "GMAIL_SEND_EMAIL");
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn search(&self, use_case: impl Into<String>) -> SearchTools {
        let request = SearchRequest::new(vec![SearchQuery::new(use_case)]);
        SearchTools { session: self.clone(), request, error: None }
    }
}

/// A search in the making. Await it for what was found.
#[must_use = "nothing is searched until this is awaited"]
pub struct SearchTools {
    session: Session,
    request: SearchRequest,
    error: Option<Error>,
}

impl SearchTools {
    /// Says what is known already about the first thing to do, such as `channel:general`: 500 characters at the most.
    pub fn known_fields(mut self, fields: impl Into<String>) -> Self {
        if let Some(first) = self.request.queries.first_mut() {
            first.known_fields = Some(fields.into());
        }
        self
    }

    /// Finds tools for another thing in the same search: seven at the most. It has an answer of its own.
    pub fn query(mut self, query: SearchQuery) -> Self {
        self.request.queries.push(query);
        self
    }

    /// Finds tools of these toolkits only. Called again, it adds.
    pub fn toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        for toolkit in toolkits {
            match toolkit.try_into() {
                Ok(slug) => self.request.toolkits.push(slug),
                Err(error) => self.error = self.error.or_else(|| Some(error.into().in_field("toolkits"))),
            }
        }
        self
    }

    /// Says which model the plan is for, such as `gpt-4o`: a hint.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.request.model = Some(model.into());
        self
    }
}

impl IntoFuture for SearchTools {
    type Output = Result<SearchResults>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            if let Some(error) = self.error {
                return Err(error);
            }
            check(&self.request.queries)?;
            self.request.native = self.session.native().shared();
            self.session.backend().search(self.session.id(), &self.request).await
        })
    }
}

/// Without what is searched for, which may quote a user.
impl fmt::Debug for SearchTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchTools")
            .field("session", &self.session)
            .field("queries", &self.request.queries.len())
            .field("toolkits", &self.request.toolkits)
            .finish_non_exhaustive()
    }
}

/// Errors tell how long a text is, and not the text.
fn check(queries: &[SearchQuery]) -> Result<()> {
    if queries.len() > QUERIES_MAX {
        return Err(Error::invalid_input(
            "queries",
            &queries.len().to_string(),
            "1 to 7 queries; search again for more",
        ));
    }
    for (place, query) in queries.iter().enumerate() {
        let long = query.use_case.chars().count();
        if query.use_case.trim().is_empty() || long > USE_CASE_MAX {
            let rule = "say in 1 to 1,024 characters what is to be done";
            return Err(refused(place, "use_case", long, rule));
        }
        let long = query.known_fields.as_ref().map_or(0, |fields| fields.chars().count());
        if long > KNOWN_FIELDS_MAX {
            return Err(refused(place, "known_fields", long, "500 characters at the most"));
        }
    }
    Ok(())
}

fn refused(place: usize, field: &str, characters: usize, rule: &str) -> Error {
    Error::invalid_input(&format!("queries[{place}].{field}"), &format!("{characters} characters"), rule)
}
