//! Taking a batch apart and putting it together, as tables.

use super::*;
use crate::approval::{Approval, ApprovalRule};

fn batch(tools: Value) -> ToolCall {
    let said = [("tools", tools), ("sync_response_to_workbench", json!(false)), ("thought", json!("why"))];
    let arguments = said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    ToolCall::new(ToolSlug::new(BATCH).unwrap(), arguments)
}

fn named(slug: &str) -> Value {
    json!({"tool_slug": slug, "arguments": {"of": slug}})
}

fn slugs(slugs: &[&str]) -> Vec<String> {
    slugs.iter().map(|slug| (*slug).to_owned()).collect()
}

#[test]
fn a_batch_is_taken_apart_by_what_runs_here() {
    // The calls; which are native; which are left, and what they name.
    for (tools, native, rest) in [
        (&["LOCAL_A"][..], &[0][..], None),
        (&["LOCAL_A", "LOCAL_A"], &[0, 1], None),
        (&["GMAIL_SEND", "LOCAL_A"], &[1], Some((&[0][..], &["GMAIL_SEND"][..]))),
        (&["LOCAL_A", "A_1", "LOCAL_B", "A_2"], &[0, 2], Some((&[1, 3], &["A_1", "A_2"]))),
        // What names nothing is the backend's to refuse.
        (&["LOCAL_A", ""], &[0], Some((&[1], &[""]))),
    ] {
        let call = batch(tools.iter().map(|slug| named(slug)).collect());
        let split = Split::of(&call).unwrap().unwrap();
        assert_eq!(split.slugs, slugs(tools));
        for (place, item) in &split.native {
            let item = item.as_ref().unwrap();
            assert_eq!((item.tool.as_str(), &item.arguments["of"]), (tools[*place], &json!(tools[*place])));
        }
        assert_eq!(split.native.iter().map(|(place, _)| *place).collect::<Vec<_>>(), native, "{tools:?}");
        let left = split.rest.map(|(places, arguments)| {
            assert_eq!((&arguments["thought"], arguments.len()), (&json!("why"), 3), "what else was said stays");
            let left = arguments["tools"].as_array().unwrap().iter().map(|tool| tool["tool_slug"].clone());
            (places, left.collect::<Vec<_>>())
        });
        let rest = rest.map(|(places, slugs)| (places.to_vec(), slugs.iter().map(|slug| json!(slug)).collect()));
        assert_eq!(left, rest, "{tools:?}");
    }
}

#[test]
fn what_is_no_batch_of_native_tools_stays_whole() {
    let other = ToolCall::new(ToolSlug::new("GMAIL_SEND").unwrap(), batch(json!([named("LOCAL_A")])).arguments);
    for call in [
        other,
        batch(json!([])),
        batch(json!([named("GMAIL_SEND"), named("A_LOCAL_B"), {"no": "slug"}, 7])),
        batch(json!("LOCAL_A")),
        batch(json!({"tool_slug": "LOCAL_A"})),
    ] {
        assert!(Split::of(&call).unwrap().is_none(), "{:?}", call.arguments);
    }
}

#[test]
fn a_batch_has_fifty_calls_at_the_most() {
    let calls = |count: usize, slug: &str| batch((0..count).map(|_| named(slug)).collect());
    assert!(Split::of(&calls(50, "LOCAL_A")).unwrap().is_some());
    for slug in ["LOCAL_A", "GMAIL_SEND"] {
        let error = Split::of(&calls(51, slug)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("tools")));
        assert!(error.for_model().contains("50"), "{}", error.for_model());
    }
}

#[test]
fn a_native_call_keeps_what_it_says() {
    let call = batch(json!([
        {"tool_slug": "LOCAL_A", "arguments": "{\"n\": 1}", "account": "work"},
        {"tool_slug": "LOCAL_B"},
        {"tool_slug": "LOCAL_C", "arguments": [1]},
        {"tool_slug": "LOCAL_D E", "arguments": {}},
    ]));
    let read: Vec<_> = Split::of(&call).unwrap().unwrap().native.into_iter().map(|(_, item)| item).collect();
    let first = read[0].as_ref().unwrap();
    assert_eq!((&first.arguments["n"], first.account.as_deref()), (&json!(1), Some("work")));
    assert!(read[1].as_ref().unwrap().arguments.is_empty());
    assert!(read[2..].iter().all(|item| item.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidInput)));
}

fn gave(data: Value) -> Result<ToolOutput> {
    Ok(ToolOutput::new(data))
}

fn failed(text: &str) -> Result<ToolOutput> {
    Err(Error::new(ErrorKind::ToolFailed, "for the operator").with_model_text(text))
}

fn waits(slug: &str) -> Result<ToolOutput> {
    let call = ToolCall::new(ToolSlug::new(slug).unwrap(), Map::new());
    Err(Error::approval_required(Approval::new(call, ApprovalRule::Tool, "state".into(), None)))
}

/// A remote result, as the service has it.
fn done(index: usize, slug: &str) -> Value {
    let response = json!({"successful": true, "data": {"of": slug}, "error": null, "log_id": "log_1"});
    json!({"index": index, "tool_slug": slug, "response": response, "error": null})
}

fn broken(index: usize, slug: &str) -> Value {
    json!({"index": index, "tool_slug": slug, "response": null, "error": "no"})
}

/// The results by slug, index and whether they have gone well; the counts, and the summary.
type Told = (Vec<(String, u64, bool)>, [u64; 3], Option<String>);

fn told(output: &ToolOutput) -> Told {
    let data = output.value();
    let results = data["results"].as_array().unwrap().iter().map(|item| {
        let good = item["response"]["successful"] == json!(true) && item["error"].is_null();
        (item["tool_slug"].as_str().unwrap().to_owned(), item["index"].as_u64().unwrap(), good)
    });
    let counts = ["total_count", "success_count", "error_count"].map(|name| data[name].as_u64().unwrap());
    (results.collect(), counts, data["error"].as_str().map(str::to_owned))
}

#[test]
fn both_sides_are_one_list_in_the_order_of_the_calls() {
    let rest = |results: Value| gave(json!({"results": results, "session": {"id": "w1"}, "total_count": 2}));
    let named = ["A_1", "LOCAL_A", "A_2", "LOCAL_B"];
    let local = |second| vec![(1, gave(json!({"of": 1}))), (3, second)];
    for (native, results, good, counts, error) in [
        (local(gave(json!(1))), json!([done(0, "A_1"), done(1, "A_2")]), [true; 4], [4, 4, 0], None),
        // Whatever the order in which they come.
        (local(gave(json!(1))), json!([done(1, "A_2"), done(0, "A_1")]), [true; 4], [4, 4, 0], None),
        (
            local(failed("no")),
            json!([broken(0, "A_1"), done(1, "A_2")]),
            [false, true, true, false],
            [4, 2, 2],
            Some("2 out of 4 tools failed"),
        ),
        // What says nothing of its place, or what cannot be, comes in the order of the calls.
        (
            local(gave(json!(1))),
            json!([{"tool_slug": "A_1", "response": null, "error": "no"}, done(9, "A_2")]),
            [false, true, true, true],
            [4, 3, 1],
            Some("1 out of 4 tools failed"),
        ),
        // Nothing is taken for done that the backend says nothing about.
        (
            local(gave(json!(1))),
            json!([done(1, "A_2")]),
            [false, true, true, true],
            [4, 3, 1],
            Some("1 out of 4 tools failed"),
        ),
        (
            local(gave(json!(1))),
            json!([{"tool_slug": "A_2", "response": {"successful": true}}]),
            [false, true, false, true],
            [4, 2, 2],
            Some("2 out of 4 tools failed"),
        ),
    ] {
        let output = merge(&slugs(&named), native, Some((vec![0, 2], rest(results.clone()))));
        let expected = named.iter().zip(0..).zip(good).map(|((slug, index), good)| ((*slug).to_owned(), index, good));
        assert_eq!(told(&output), (expected.collect(), counts, error.map(str::to_owned)), "{results}");
        assert_eq!(output.value()["session"]["id"], "w1", "what else the backend says stays");
    }
}

#[test]
fn a_call_that_failed_as_a_whole_has_failed_for_each() {
    let rest = failed("The service is closed.");
    let output = merge(&slugs(&["A_1", "LOCAL_A", "A_2"]), vec![(1, gave(json!({"n": 1})))], Some((vec![0, 2], rest)));
    let expected = [("A_1", 0, false), ("LOCAL_A", 1, true), ("A_2", 2, false)];
    let expected = expected.map(|(slug, index, good)| (slug.to_owned(), index, good)).to_vec();
    assert_eq!(told(&output), (expected, [3, 1, 2], Some("2 out of 3 tools failed".to_owned())));
    let item = &output.value()["results"][2];
    assert_eq!((&item["response"], &item["error"]), (&json!(null), &json!("The service is closed.")));
}

#[test]
fn what_waits_is_no_failure_and_is_kept() {
    let native = vec![(0, waits("LOCAL_A")), (1, gave(json!({})))];
    let output = merge(&slugs(&["LOCAL_A", "LOCAL_B", "A_1"]), native, Some((vec![2], waits(BATCH))));
    let (_, counts, error) = told(&output);
    assert_eq!((counts, error), ([3, 1, 2], None));
    assert_eq!(output.waiting.iter().map(|one| one.tool().as_str()).collect::<Vec<_>>(), ["LOCAL_A", BATCH]);
    for (place, slug) in [(0, "LOCAL_A"), (2, "A_1")] {
        let item = &output.value()["results"][place];
        let text = item["error"].as_str().unwrap();
        assert!(item["response"].is_null() && text.starts_with(slug) && text.contains("a person"), "{text}");
        assert!(!text.contains("state"));
    }
}

#[test]
fn a_native_result_looks_like_the_others() {
    let output = merge(&slugs(&["LOCAL_A", "LOCAL_B"]), vec![(0, gave(json!({"n": 1}))), (1, failed("no"))], None);
    let response = json!({"successful": true, "data": {"n": 1}, "error": null, "log_id": ""});
    let refusal = json!({"successful": false, "data": {}, "error": "no", "log_id": ""});
    let results = json!([
        {"index": 0, "tool_slug": "LOCAL_A", "response": response, "error": null},
        {"index": 1, "tool_slug": "LOCAL_B", "response": refusal, "error": "no"},
    ]);
    let expected = json!({"results": results, "total_count": 2, "success_count": 1, "error_count": 1,
        "error": "1 out of 2 tools failed"});
    assert_eq!(output.value(), &expected);
}
