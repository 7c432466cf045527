//! The largest toolkit, looked at as a whole.

use std::collections::{BTreeSet, HashSet};

use composio_engine::manifest::{AuthSchemeSpec, BodyShape, HttpMethod, Manifest, ManifestTool, ParameterLocation};
use composio_engine::openapi::slug::MAX_GENERATED;
use serde_json::Value;

fn github() -> Manifest {
    super::read(composio_toolkits::github())
}

fn input(tool: &ManifestTool) -> Value {
    serde_json::from_str(tool.input_schema.get()).unwrap()
}

fn tool<'m>(manifest: &'m Manifest, slug: &str) -> &'m ManifestTool {
    manifest.tools.iter().find(|tool| tool.slug == slug).unwrap_or_else(|| panic!("no {slug}"))
}

#[test]
fn it_has_every_operation_but_the_binary_upload() {
    let manifest = github();
    assert_eq!(manifest.tools.len(), 1_222);
    assert!(
        manifest
            .tools
            .iter()
            .all(|tool| !tool.http.path.ends_with("/releases/{release_id}/assets") || tool.http.method.is_safe())
    );
    // That upload is also the only operation with a server of its own.
    assert!(manifest.tools.iter().all(|tool| tool.http.base_url.is_none()));
    let output = manifest.tools.iter().filter(|tool| tool.output_schema.is_some()).count();
    assert_eq!(output, 925);
}

#[test]
fn slugs_are_short_and_unique() {
    let manifest = github();
    let slugs: HashSet<&str> = manifest.tools.iter().map(|tool| tool.slug.as_str()).collect();
    assert_eq!(slugs.len(), manifest.tools.len());
    for slug in slugs {
        assert!(slug.len() <= MAX_GENERATED && slug.starts_with("GITHUB_"), "{slug}");
    }
}

#[test]
fn well_known_tools_have_their_names() {
    let manifest = github();
    for (slug, method, path) in [
        ("GITHUB_CREATE_AN_ISSUE", HttpMethod::Post, "/repos/{owner}/{repo}/issues"),
        ("GITHUB_GET_THE_AUTHENTICATED_USER", HttpMethod::Get, "/user"),
        ("GITHUB_STAR_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER", HttpMethod::Put, "/user/starred/{owner}/{repo}"),
        ("GITHUB_ACTIONS_LIST_REPOSITORY_SECRETS", HttpMethod::Get, "/repos/{owner}/{repo}/actions/secrets"),
    ] {
        let http = &tool(&manifest, slug).http;
        assert_eq!((http.method, http.path.as_str()), (method, path), "{slug}");
    }
}

#[test]
fn every_input_schema_compiles_and_stands_alone() {
    for tool in &github().tools {
        let schema = input(tool);
        assert!(!schema.to_string().contains("\"$ref\""), "{}", tool.slug);
        assert_eq!(schema["type"], "object", "{}", tool.slug);
        assert_eq!(schema["additionalProperties"], false, "{}", tool.slug);
        jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{}: {error}", tool.slug));
    }
}

#[test]
fn every_output_schema_compiles_without_a_reference_to_nowhere() {
    for tool in &github().tools {
        let Some(schema) = &tool.output_schema else { continue };
        let schema: Value = serde_json::from_str(schema.get()).unwrap();
        jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{}: {error}", tool.slug));
    }
}

#[test]
fn arguments_and_bindings_are_the_same_set() {
    for tool in &github().tools {
        let schema = input(tool);
        let named: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let bound: BTreeSet<&str> = tool.http.arguments().collect();
        assert_eq!(named, bound, "{}", tool.slug);
        let required: Vec<&str> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(required.iter().collect::<HashSet<_>>().len(), required.len(), "{}", tool.slug);
        assert!(required.iter().all(|name| named.contains(name)), "{}", tool.slug);
        let in_path = tool.http.parameters.iter().filter(|parameter| parameter.location == ParameterLocation::Path);
        assert!(in_path.clone().all(|parameter| required.contains(&parameter.argument.as_str())), "{}", tool.slug);
    }
}

#[test]
fn a_name_in_path_and_body_is_two_arguments() {
    let manifest = github();
    let tool = tool(&manifest, "GITHUB_ACTIONS_UPDATE_A_REPOSITORY_VARIABLE");
    assert!(tool.http.parameters.iter().any(|parameter| parameter.argument == "name"));
    let BodyShape::Fields(fields) = &tool.http.body.as_ref().unwrap().shape else { panic!("the body is an object") };
    assert!(fields.iter().any(|field| field.name == "name" && field.argument == "body_name"));
}

#[test]
fn bodies_that_are_no_objects_are_one_argument() {
    let manifest = github();
    let whole =
        |tool: &&ManifestTool| matches!(tool.http.body.as_ref().map(|body| &body.shape), Some(BodyShape::Whole(_)));
    assert_eq!(manifest.tools.iter().filter(whole).count(), 19);
    let raw = tool(&manifest, "GITHUB_RENDER_A_MARKDOWN_DOCUMENT_IN_RAW_MODE");
    assert_eq!(raw.http.body.as_ref().unwrap().content_type, "text/plain");
}

#[test]
fn only_the_overlay_calls_a_post_read_only() {
    let manifest = github();
    let read_only = |tool: &&ManifestTool| tool.tags.iter().any(|tag| tag == "readOnlyHint");
    let writes: BTreeSet<&str> = manifest
        .tools
        .iter()
        .filter(read_only)
        .filter(|tool| !tool.http.method.is_safe())
        .map(|tool| &*tool.http.path)
        .collect();
    let expected = [
        "/markdown",
        "/markdown/raw",
        "/orgs/{org}/attestations/bulk-list",
        "/users/{username}/attestations/bulk-list",
    ];
    assert_eq!(writes, BTreeSet::from(expected));
}

#[test]
fn paths_of_files_and_branches_may_span_segments() {
    let manifest = github();
    let contents = tool(&manifest, "GITHUB_GET_REPOSITORY_CONTENT");
    let spans =
        |name: &str| contents.http.parameters.iter().find(|parameter| parameter.name == name).unwrap().multi_segment;
    assert!(spans("path") && !spans("owner"));
}

#[test]
fn people_sign_in_with_oauth_or_a_token_of_their_own() {
    let manifest = github();
    let names: Vec<&str> = manifest.auth_schemes.iter().map(AuthSchemeSpec::name).collect();
    assert_eq!(names, ["OAUTH2", "API_KEY"]);
    for scheme in &manifest.auth_schemes {
        let placement = scheme.placement().unwrap();
        assert_eq!((placement.name.as_str(), placement.prefix.as_str()), ("Authorization", "Bearer "));
    }
}
