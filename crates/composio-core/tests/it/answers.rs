//! What a model reads, by which names it calls, and what becomes of what it writes.

use composio_core::{
    Arguments, Composio, Error, ErrorKind, Result, ScriptedBackend, SessionTool, ToolHints, ToolSet, Url,
};
use serde_json::{Map, Value, json};

use crate::native::{Add, Fail, Shout};
use crate::spy::Spy;

const LINK: &str = "https://connect.invalid/link/capability";

/// A set of tools over scripted ones, of which each has this schema.
async fn tools(backend: &ScriptedBackend) -> Result<ToolSet> {
    Composio::with_backend(backend.clone()).create("u").toolkits(["github"]).direct_tools().await?.tools().await
}

fn scripted<'a>(slugs: impl IntoIterator<Item = &'a str>) -> ScriptedBackend {
    slugs.into_iter().fold(ScriptedBackend::new(), |backend, slug| {
        backend.tool(slug, "github", json!({"type": "object", "properties": {"n": {"type": "integer"}}}))
    })
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn arguments_come_in_the_form_that_a_framework_has() -> Result<()> {
    let backend = scripted(["GITHUB_ECHO"]);
    let tools = tools(&backend).await?;
    let tool = tools.named("GITHUB_ECHO").unwrap();
    let (text, owned) = (r#"{"n": 1}"#, String::from(r#"{"n": 1}"#));
    let object = || Map::from_iter([("n".to_owned(), json!(1))]);
    let with = json!({"n": 1});
    for (name, arguments, expected) in [
        ("text", Arguments::from(text), Some(&with)),
        ("owned text", Arguments::from(&owned), Some(&with)),
        ("a value", Arguments::from(json!({"n": 1})), Some(&with)),
        ("an object", Arguments::from(object()), Some(&with)),
        ("some text", Arguments::from(Some(text)), Some(&with)),
        ("some value", Arguments::from(Some(json!({"n": 1}))), Some(&with)),
        ("some object", Arguments::from(Some(object())), Some(&with)),
        ("text in a value", Arguments::from(json!(text)), Some(&with)),
        ("text in text", Arguments::from(r#""{\"n\":1}""#), Some(&with)),
        ("none", Arguments::from(None::<&str>), None),
        ("null", Arguments::from(Value::Null), None),
        ("some null", Arguments::from(Some(Value::Null)), None),
        ("no text", Arguments::from(""), None),
        ("blanks", Arguments::from(" \n"), None),
        ("nothing in a value", Arguments::from(json!("")), None),
        ("null as text", Arguments::from("null"), None),
        ("null in text", Arguments::from(json!("null")), None),
    ] {
        let answer = tool.answer(arguments).await;
        let data = expected.cloned().unwrap_or(json!({}));
        assert_eq!(read(&answer.text())["data"], data, "{name}");
        assert_eq!(backend.calls().pop().unwrap().arguments, *data.as_object().unwrap(), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn arguments_that_are_no_object_are_answered_and_not_sent() -> Result<()> {
    let backend = scripted(["GITHUB_ECHO"]);
    let tools = tools(&backend).await?;
    let tool = tools.named("GITHUB_ECHO").unwrap();
    for (arguments, says) in [
        (Arguments::from("[1]"), "an array"),
        (Arguments::from(json!([])), "an array"),
        (Arguments::from(json!(7)), "a single value"),
        (Arguments::from("true"), "a single value"),
        (Arguments::from("\"text\""), "a string"),
        (Arguments::from(json!("{")), "a string"),
        (Arguments::from(json!("[1]")), "a string"),
        (Arguments::from(json!("\"{}\"")), "a string"),
        (Arguments::from("{\"n\":"), "not JSON"),
        (Arguments::from(Some("nonsense")), "not JSON"),
    ] {
        let answer = tool.answer(arguments.clone()).await;
        assert_eq!(answer.error().map(Error::kind), Some(ErrorKind::InvalidInput), "{arguments:?}");
        let told = read(&answer.text());
        assert_eq!((&told["successful"], &told["data"]), (&json!(false), &Value::Null), "{arguments:?}");
        assert!(told["error"].as_str().is_some_and(|text| text.contains(says)), "{arguments:?}: {told}");
    }
    assert!(backend.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_tool_is_found_by_its_slug_and_by_the_name_that_a_model_knows() -> Result<()> {
    let long = "GITHUB_".to_owned() + &"X".repeat(80);
    let backend = scripted(["GITHUB_ECHO", "github.issues.list", long.as_str()]);
    let tools = tools(&backend).await?;
    let slugs: Vec<&str> = tools.iter().map(|tool| tool.definition().slug.as_str()).collect();
    assert_eq!(slugs, ["GITHUB_ECHO", "github.issues.list", long.as_str()]);
    for tool in &tools {
        let (slug, name) = (tool.definition().slug.as_str(), tool.name());
        assert!(name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{name}");
        assert_eq!(tools.named(name).map(|found| found.definition().slug.as_str()), Some(slug));
        assert_eq!(tools.get(slug).map(SessionTool::name), Some(name));
        if name != slug {
            assert!(tools.named(slug).is_none() && tools.get(name).is_none(), "a name is no slug: {name}");
        }
        tool.answer("{}").await.into_outcome()?;
        assert_eq!(backend.calls().pop().unwrap().tool.as_str(), slug, "the backend knows the slug alone");
    }
    assert!(tools.named("github_echo").is_none() && tools.named("").is_none());
    Ok(())
}

#[tokio::test]
async fn names_are_the_same_in_every_session() -> Result<()> {
    let alone = tools(&scripted(["github.issues.list"])).await?;
    let among = tools(&scripted(["A_B", "github.issues.list", "github_issues_list"])).await?;
    let name = alone.iter().next().map(SessionTool::name).unwrap();
    assert_eq!(among.get("github.issues.list").map(SessionTool::name), Some(name));
    assert!(name.starts_with("github_issues_list_"), "{name}");

    let clashing = tools(&scripted(["github.issues.list", name])).await.unwrap_err();
    assert_eq!(clashing.kind(), ErrorKind::Conflict);
    for slug in ["github.issues.list", name] {
        assert!(clashing.to_string().contains(slug), "{clashing}");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_was_made_up_is_answered_with_those_there_are() -> Result<()> {
    let slugs: Vec<String> = (1..=21).map(|number| format!("GITHUB_{number:02}")).collect();
    for (number, last, not) in [(0, "no tools", "The tools are"), (1, "GITHUB_01.", ","), (20, "GITHUB_20.", "…")] {
        let text =
            tools(&scripted(slugs.iter().take(number).map(String::as_str))).await?.no_such_tool("nothing").text();
        let told = read(&text)["error"].as_str().unwrap().to_owned();
        assert!(told.contains("\"nothing\"") && told.contains(last) && !told.contains(not), "{number}: {told}");
    }
    let many = tools(&scripted(slugs.iter().map(String::as_str))).await?.no_such_tool("nothing");
    let told = read(&many.text())["error"].as_str().unwrap().to_owned();
    assert!(told.ends_with("GITHUB_20, ….") && !told.contains("GITHUB_21"), "{told}");
    assert_eq!(many.error().map(Error::kind), Some(ErrorKind::NotFound));
    Ok(())
}

/// The name came from a model, which may have read it anywhere: it is repeated as data, in part, and the tools are called
/// by their names.
#[tokio::test]
async fn a_name_that_was_made_up_is_repeated_with_care() -> Result<()> {
    let backend = scripted(["github.issues.list"]);
    let tools = tools(&backend).await?;
    let told = |name: &str| read(&tools.no_such_tool(name).text())["error"].as_str().unwrap().to_owned();
    assert!(told("a\"\n\u{7}ä").contains(r#""a\"\n\u{7}ä""#), "{}", told("a\"\n\u{7}ä"));
    let long = told(&"ä".repeat(10_000));
    assert!(long.contains(&"ä".repeat(80)) && !long.contains(&"ä".repeat(81)) && long.len() < 400, "{long}");
    let name = tools.iter().next().map(SessionTool::name).unwrap();
    assert!(told("x").contains(name) && !told("x").contains("github.issues.list"), "{}", told("x"));
    assert!(backend.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_link_is_told_where_it_is_asked_for_and_nowhere_else() -> Result<()> {
    let backend = scripted(["GITHUB_ECHO"]).answer("GITHUB_ECHO", |_| {
        let url = Url::parse(LINK).unwrap();
        Err(Error::new(ErrorKind::ConnectionRequired, "none").with_connect_url(url))
    });
    let session = Composio::with_backend(backend).create("u").toolkits(["github"]).direct_tools().await?;
    let silent = session.tools().await?;
    let (open, strict) = (silent.clone().reveal_connect_links(), silent.clone().reveal_connect_links().strict());
    for (name, tools, revealed) in [("silent", &silent, false), ("open", &open, true), ("both", &strict, true)] {
        let answer = tools.named("GITHUB_ECHO").unwrap().answer("{}").await;
        assert_eq!(answer.text().contains(LINK), revealed, "{name}: {}", answer.text());
        assert_eq!(answer.error().and_then(Error::connect_url).map(Url::as_str), Some(LINK), "{name}");
        assert!(!format!("{answer:?} {tools:?}").contains(LINK), "{name}");
    }
    let later = session.tools().await?;
    assert!(!later.named("GITHUB_ECHO").unwrap().answer("{}").await.text().contains(LINK), "each set asks for itself");
    Ok(())
}

/// One tool whose schema has a strict form, and one that takes whatever comes.
fn half_strict() -> ScriptedBackend {
    let closed = json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": ["string", "null"]}},
        "required": ["a"],
    });
    let open = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true});
    ScriptedBackend::new().tool("GITHUB_CLOSED", "github", closed).tool("GITHUB_OPEN", "github", open)
}

#[tokio::test]
async fn a_strict_set_is_strict_where_it_can_be() -> Result<()> {
    let plain = tools(&half_strict()).await?;
    let strict = plain.clone().strict();
    let (closed, open) = (strict.get("GITHUB_CLOSED").unwrap(), strict.get("GITHUB_OPEN").unwrap());
    assert_eq!((closed.is_strict(), open.is_strict()), (true, false));
    assert_eq!(closed.schema()["required"], json!(["a", "b", "c"]));
    assert_eq!(closed.schema()["additionalProperties"], false);
    assert_eq!(closed.schema()["properties"]["b"], json!({"type": ["integer", "null"]}));
    assert_eq!(open.schema(), plain.get("GITHUB_OPEN").unwrap().schema());
    assert_eq!((strict.len(), format!("{strict:?}")), (plain.len(), format!("{plain:?}")));

    let before = plain.get("GITHUB_CLOSED").unwrap();
    assert!(!before.is_strict(), "the set it was made of is as it was");
    assert_eq!(before.schema()["required"], json!(["a"]));
    Ok(())
}

#[tokio::test]
async fn schemas_are_made_once_and_shared() -> Result<()> {
    let plain = tools(&half_strict()).await?;
    let strict = plain.clone().strict();
    for tool in plain.iter().chain(&strict) {
        assert!(std::sync::Arc::ptr_eq(tool.schema(), tool.clone().schema()), "{tool:?}");
    }
    let (one, other) = (plain.get("GITHUB_OPEN").unwrap(), strict.get("GITHUB_OPEN").unwrap());
    assert!(std::sync::Arc::ptr_eq(one.schema(), other.schema()));
    Ok(())
}

#[tokio::test]
async fn a_null_that_strictness_asked_for_is_left_out_and_no_other() -> Result<()> {
    let backend = half_strict();
    let plain = tools(&backend).await?;
    let strict = plain.clone().strict();
    let nulls = json!({"a": null, "b": null, "c": null, "d": null});
    for (name, tools, tool, expected) in [
        ("strict", &strict, "GITHUB_CLOSED", json!({"a": null, "c": null, "d": null})),
        ("strict, without a strict form", &strict, "GITHUB_OPEN", nulls.clone()),
        ("plain", &plain, "GITHUB_CLOSED", nulls.clone()),
    ] {
        tools.get(tool).unwrap().answer(nulls.clone()).await.into_outcome()?;
        assert_eq!(Value::Object(backend.calls().pop().unwrap().arguments), expected, "{name}");
    }
    let closed = strict.get("GITHUB_CLOSED").unwrap();
    closed.call_str(&nulls.to_string()).await?;
    let meant = json!({"a": null, "c": null, "d": null});
    assert_eq!(Value::Object(backend.calls().pop().unwrap().arguments), meant, "`call_str` is for a model's text too");
    closed.call(nulls.as_object().unwrap().clone()).await?;
    assert_eq!(Value::Object(backend.calls().pop().unwrap().arguments), nulls, "`call` takes arguments as they are");
    Ok(())
}

#[tokio::test]
async fn native_tools_answer_like_all_others() -> Result<()> {
    let spy = Spy::new(ScriptedBackend::new());
    let session = Composio::with_backend(spy.clone()).create("u").tool(Add).tool(Shout).tool(Fail).await?;
    let tools = session.tools().await?;
    let failed = |text: &str| json!({"successful": false, "data": null, "error": text});
    let unfit = |problem: &str| {
        failed(&format!("The arguments do not fit the tool's schema: {problem}. Correct them and call again."))
    };
    for (tool, arguments, expected) in [
        ("LOCAL_ADD", r#"{"a":1,"b":2}"#, json!({"successful": true, "data": {"sum": 3}, "error": null})),
        ("LOCAL_ADD", r#""{\"a\":1,\"b\":2}""#, json!({"successful": true, "data": {"sum": 3}, "error": null})),
        ("LOCAL_ADD", "", unfit("/a is missing; /b is missing")),
        ("LOCAL_ADD", r#"{"a":1,"b":2,"d":3}"#, unfit("/d is not a parameter")),
        ("LOCAL_SHOUT", r#"{"text":"hi"}"#, json!({"successful": true, "data": "HI", "error": null})),
        ("LOCAL_FAIL", r#"{"text":"openly"}"#, failed("The row is locked; try another.")),
    ] {
        assert_eq!(read(&tools.named(tool).unwrap().answer(arguments).await.text()), expected, "{tool} {arguments}");
    }
    let silent = tools.named("LOCAL_FAIL").unwrap().answer(r#"{"text":"silently"}"#).await;
    assert!(!silent.text().contains("internal"), "{}", silent.text());
    assert!(silent.error().unwrap().to_string().contains("internal"));
    assert_eq!(spy.asked(), ["create_session", "list_tools"]);
    Ok(())
}

#[tokio::test]
async fn native_tools_can_be_strict() -> Result<()> {
    let session = Composio::with_backend(ScriptedBackend::new()).create("u").tool(Add).await?;
    let tools = session.tools().await?.strict();
    let add = tools.named("LOCAL_ADD").unwrap();
    assert!(add.is_strict());
    assert_eq!(add.schema()["required"], json!(["a", "b", "c"]));
    assert_eq!(add.definition().hints, ToolHints::read_only());
    for arguments in [json!({"a": 1, "b": 2, "c": null}), json!({"a": 1, "b": 2})] {
        assert_eq!(add.answer(arguments.clone()).await.into_outcome()?.value()["sum"], 3, "{arguments}");
    }
    Ok(())
}
