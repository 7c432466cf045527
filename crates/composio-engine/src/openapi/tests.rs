use serde_json::{Value, json};

use super::*;

const TRAPS: &str = include_str!("fixtures/traps.json");
const OVERLAY: &str = include_str!("fixtures/traps.overlay.json");

fn overlay(change: impl FnOnce(&mut Value)) -> Overlay {
    let mut value: Value = serde_json::from_str(OVERLAY).unwrap();
    change(&mut value);
    Overlay::from_json(&value.to_string()).unwrap()
}

#[test]
fn every_trap_in_one_document() {
    let Imported { manifest, report } = import(TRAPS, &overlay(|_| {})).unwrap();
    let manifest: Value = serde_json::from_str(&serde_json::to_string(&manifest).unwrap()).unwrap();
    insta::assert_json_snapshot!("traps_manifest", manifest);
    insta::assert_snapshot!("traps_report", format!("{report}\n{report:#?}"));
}

#[test]
fn the_same_input_gives_the_same_text() {
    let text = || serde_json::to_string(&import(TRAPS, &overlay(|_| {})).unwrap().manifest).unwrap();
    let first = text();
    assert_eq!(first, text());
    assert_eq!(first, serde_json::to_string(&Manifest::from_json(&first).unwrap()).unwrap());
}

#[test]
fn every_input_schema_of_the_traps_compiles() {
    for tool in import(TRAPS, &overlay(|_| {})).unwrap().manifest.tools {
        let schemas = [Some(&tool.input_schema), tool.output_schema.as_ref()];
        for schema in schemas.into_iter().flatten() {
            let schema: Value = serde_json::from_str(schema.get()).unwrap();
            jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{}: {error}", tool.slug));
        }
    }
}

#[test]
fn a_skipped_operation_renames_no_other() {
    let slugs = |overlay: &Overlay| -> Vec<String> {
        import(TRAPS, overlay).unwrap().manifest.tools.into_iter().map(|tool| tool.slug).collect()
    };
    let all = slugs(&overlay(|_| {}));
    let fewer = slugs(&overlay(|value| value["tools"]["DEMO_ACTIONS_LIST_SECRETS"] = json!({"skip": true})));
    assert_eq!(fewer.len() + 1, all.len());
    assert!(fewer.iter().all(|slug| all.contains(slug)) && fewer.contains(&"DEMO_AGENTS_LIST_SECRETS".to_owned()));
}

#[test]
fn entries_of_an_overlay_must_be_about_something() {
    for (change, named) in [
        (json!({"tools": {"DEMO_NO_SUCH_TOOL": {}}}), "DEMO_NO_SUCH_TOOL"),
        (json!({"tools": {"GET /nowhere": {"skip": true}}}), "GET /nowhere"),
        (json!({"tools": {"GET /things/{name}": {}, "DEMO_GET_A_THING": {}}}), "GET /things/{name}: merge them"),
        (
            json!({"tools": {"GET /things/{name}": {"slug": "DEMO_RENAME_A_THING"}, "PATCH /things/{name}": {"slug": "DEMO_RENAME_A_THING"}}}),
            "DEMO_RENAME_A_THING",
        ),
        (json!({"tools": {"DEMO_GET_A_THING": {"slug": "lower"}}}), "/tools/"),
        (json!({"source": {"origin": "x", "licence": "MIT", "sha256": "00"}}), "SHA-256"),
    ] {
        let changed = overlay(|value| {
            for (key, new) in change.as_object().unwrap() {
                value[key] = new.clone();
            }
        });
        let error = import(TRAPS, &changed).unwrap_err().to_string();
        assert!(error.contains(named), "{change}: {error}");
    }
    assert!(
        Overlay::from_json(&OVERLAY.replacen("\"slug\"", "\"slugg\"", 1)).unwrap_err().to_string().contains("slugg")
    );
}

#[test]
fn documents_that_are_no_openapi_3_are_refused_with_advice() {
    for (text, advice) in [
        ("openapi: 3.0.3", "convert it"),
        (r#"{"swagger":"2.0"}"#, "swagger: 2.0"),
        (r#"{"openapi":"4.0.0"}"#, "openapi: 4.0.0"),
        ("{}", "neither"),
        (r#"{"openapi":"3.1.0","servers":[{"url":"/v1"}]}"#, "base_url"),
        (r#"{"openapi":"3.1.0"}"#, "base_url"),
    ] {
        let unbased = overlay(|value| drop(value.as_object_mut().unwrap().remove("tools")));
        let error = import(text, &unbased).unwrap_err().to_string();
        assert!(error.contains(advice), "{text}: {error}");
    }
}
