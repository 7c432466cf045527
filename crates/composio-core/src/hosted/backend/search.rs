//! Finding tools by what they are for.

use indexmap::IndexMap;

use super::config::texts;
use super::read::{self, kept};
use super::{HostedBackend, native};
use crate::backend::{FoundTool, SearchAnswer, SearchQuery, SearchRequest, SearchResults, ToolkitConnection};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, ToolSlug, ToolkitSlug};
use crate::tool::Schema;
use crate::wire;

/// Rule: `session-api` 2, search.
const QUERIES: usize = 7;
const USE_CASE: usize = 1_024;
const KNOWN_FIELDS: usize = 500;

impl HostedBackend {
    pub(super) async fn found(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        let body = body(request)?;
        results(self.client.search(session, &body).await?)
    }
}

fn body(request: &SearchRequest) -> Result<wire::SearchRequest> {
    if !(1..=QUERIES).contains(&request.queries.len()) {
        return Err(Error::invalid_input("queries", &request.queries.len().to_string(), "1 to 7 queries"));
    }
    let queries = request.queries.iter().enumerate().map(|(index, one)| query(index, one)).collect::<Result<_>>()?;
    Ok(wire::SearchRequest {
        queries,
        model: request.model.clone(),
        search_strategy: None,
        experimental: native::inline(&request.native),
        toolkits: (!request.toolkits.is_empty()).then(|| texts(&request.toolkits)),
    })
}

fn query(index: usize, query: &SearchQuery) -> Result<wire::SearchQuery> {
    let short = |text: &str| text.chars().take(40).collect::<String>();
    let length = query.use_case.chars().count();
    if query.use_case.trim().is_empty() || length > USE_CASE {
        let field = format!("queries[{index}].use_case");
        return Err(Error::invalid_input(&field, &short(&query.use_case), "1 to 1,024 characters"));
    }
    if let Some(known) = query.known_fields.as_ref().filter(|known| known.chars().count() > KNOWN_FIELDS) {
        let field = format!("queries[{index}].known_fields");
        return Err(Error::invalid_input(&field, &short(known), "500 characters at the most"));
    }
    Ok(wire::SearchQuery { use_case: query.use_case.clone(), known_fields: query.known_fields.clone() })
}

/// # Errors
/// `ToolFailed` where every query failed.
fn results(reply: wire::SearchReply) -> Result<SearchResults> {
    let answers: Vec<_> = reply.results.into_iter().map(answer).collect();
    let failed = answers.iter().all(|answer| answer.error.is_some());
    if failed && (!answers.is_empty() || !reply.success) {
        let said = answers.iter().find_map(|answer| answer.error.clone()).or(reply.error);
        let error = Error::new(ErrorKind::ToolFailed, "the search failed for every query");
        return Err(match said.filter(|said| !said.is_empty()) {
            Some(said) => error.with_model_text(said.chars().take(1_000).collect::<String>()),
            None => error,
        });
    }
    let tools = reply.tool_schemas.into_iter().filter_map(|(slug, tool)| kept(found(&slug, tool)));
    Ok(SearchResults {
        answers,
        tools: tools.map(|tool| (tool.slug.clone(), tool)).collect::<IndexMap<_, _>>(),
        toolkits: reply.toolkit_connection_statuses.into_iter().filter_map(|status| kept(connection(status))).collect(),
        next_steps: reply.next_steps_guidance,
    })
}

fn answer(result: wire::SearchResult) -> SearchAnswer {
    let tools = |slugs: Vec<String>| slugs.into_iter().filter_map(|slug| kept(ToolSlug::new(slug))).collect();
    SearchAnswer {
        use_case: result.use_case,
        primary: tools(result.primary_tool_slugs),
        related: tools(result.related_tool_slugs),
        toolkits: result.toolkits.iter().filter_map(|slug| kept(read::toolkit(slug))).collect::<Vec<ToolkitSlug>>(),
        guidance: result.execution_guidance,
        difficulty: result.difficulty,
        plan: result.recommended_plan_steps.unwrap_or_default(),
        pitfalls: result.known_pitfalls.unwrap_or_default(),
        error: result.error.filter(|error| !error.is_empty()),
    }
}

fn found(slug: &str, tool: wire::FoundTool) -> Result<FoundTool> {
    let slug = if tool.tool_slug.is_empty() { slug } else { &tool.tool_slug };
    let mut found = FoundTool::new(ToolSlug::new(slug)?, tool.description.unwrap_or_default());
    found.toolkit =
        Some(tool.toolkit).filter(|toolkit| !toolkit.is_empty()).and_then(|slug| kept(read::toolkit(&slug)));
    // A stub may have a part of the schema, which would be taken for all of it.
    let full = tool.has_full_schema != Some(false);
    found.input_schema = tool.input_schema.filter(|_| full).map(|schema| Schema::from(schema).into());
    found.output_schema = tool.output_schema.map(|schema| Schema::from(schema).into());
    Ok(found)
}

fn connection(status: wire::ToolkitConnection) -> Result<ToolkitConnection> {
    let mut connection = ToolkitConnection::new(read::toolkit(&status.toolkit)?, status.has_active_connection);
    connection.description = status.description;
    connection.needs_account = status.account_selection.as_deref() == Some("required");
    connection.message = status.status_message;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(reply: serde_json::Value) -> Result<SearchResults> {
        results(
            serde_json::from_value::<serde_json::Value>(reply)
                .map(|value| serde_json::from_str(&value.to_string()).unwrap())
                .unwrap(),
        )
    }

    #[test]
    fn a_search_without_queries_or_with_too_long_ones_is_not_sent() {
        let of = |texts: &[&str]| SearchRequest::new(texts.iter().map(|text| SearchQuery::new(*text)).collect());
        let long = "x".repeat(1_025);
        for (request, field) in [
            (of(&[]), "queries"),
            (of(&["a"; 8]), "queries"),
            (of(&["a", " "]), "queries[1].use_case"),
            (of(&[&long]), "queries[0].use_case"),
            (SearchRequest::new(vec![SearchQuery::new("a").known_fields("y".repeat(501))]), "queries[0].known_fields"),
        ] {
            assert_eq!(body(&request).unwrap_err().field(), Some(field));
        }
        let mut request = of(&["send an email"]);
        request.toolkits = vec![ToolkitSlug::new("gmail").unwrap()];
        let written = serde_json::to_value(body(&request).unwrap()).unwrap();
        assert_eq!(written, json!({"queries": [{"use_case": "send an email"}], "toolkits": ["gmail"]}));
    }

    #[test]
    fn a_stub_has_no_schema_and_an_odd_tool_hides_no_other() {
        let found = read(json!({
            "success": true,
            "results": [{"use_case": "a", "primary_tool_slugs": ["A_B", "not a slug"], "toolkits": ["COMPOSIO"]}],
            "toolkit_connection_statuses": [
                {"toolkit": "gmail", "has_active_connection": true, "account_selection": "required", "status_message": "m"}
            ],
            "tool_schemas": {
                "A_B": {"toolkit": "gmail", "tool_slug": "A_B", "description": "d", "input_schema": {"type": "object"}},
                "A_C": {"toolkit": "gmail", "tool_slug": "A_C", "input_schema": {}, "hasFullSchema": false},
                "bad slug": {"toolkit": "gmail", "tool_slug": "bad slug"},
            },
            "next_steps_guidance": ["go on"],
        }))
        .unwrap();
        assert_eq!((found.answers.len(), found.answers[0].primary.len(), found.tools.len()), (1, 1, 2));
        assert_eq!(found.tools.values().map(|tool| tool.input_schema.is_some()).collect::<Vec<_>>(), [true, false]);
        assert!(found.toolkits[0].is_connected && found.toolkits[0].needs_account);
    }

    #[test]
    fn only_a_search_of_which_nothing_is_left_has_failed() {
        let reply = |errors: [Option<&str>; 2]| {
            json!({
                "success": false,
                "results": errors.map(|error| json!({"use_case": "a", "error": error})),
                "toolkit_connection_statuses": [], "tool_schemas": {}, "next_steps_guidance": [],
            })
        };
        let half = read(reply([Some("down"), None])).unwrap();
        assert_eq!((half.answers[0].error.as_deref(), half.answers[1].error.as_deref()), (Some("down"), None));
        let none = read(reply([Some("down"), Some("too")])).unwrap_err();
        assert_eq!((none.kind(), none.for_model().as_ref()), (ErrorKind::ToolFailed, "down"));
    }
}
