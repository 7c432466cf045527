//! The rules a manifest must keep. Everything here reads; nothing repairs.

use std::collections::HashSet;

use url::Url;

use super::{
    ApiKeySpec, AuthSchemeSpec, BodyShape, FORMAT, HttpBinding, MAX_SLUG, Manifest, ManifestError, ManifestTool,
    OAuth2Spec, ParameterLocation, Placement, PlacementLocation,
};

type Check = Result<(), ManifestError>;

/// Headers that carry credentials or that the sender writes itself.
pub(crate) const FORBIDDEN_HEADERS: [&str; 8] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "host",
    "proxy-authorization",
    "transfer-encoding",
    "x-api-key",
];

/// Parameters of an authorization request that the engine writes itself.
const FLOW_PARAMETERS: [&str; 8] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

pub(super) fn manifest(manifest: &Manifest) -> Check {
    if manifest.format != FORMAT {
        let problem = format!("format {} is not known: this version reads format {FORMAT}", manifest.format);
        return Err(ManifestError::invalid("/format", problem));
    }
    toolkit_slug("/slug", &manifest.slug)?;
    not_blank("/name", &manifest.name)?;
    not_blank("/version", &manifest.version)?;
    base_url("/base_url", &manifest.base_url)?;
    if let Some(logo) = &manifest.logo {
        image(logo)?;
    }
    headers(manifest)?;
    auth_schemes(manifest)?;
    if let Some(identity) = &manifest.identity {
        request_path("/identity/path", &identity.path, false)?;
        pointer("/identity/id", &identity.id)?;
        for (place, at) in [
            ("/identity/label", &identity.label),
            ("/identity/email", &identity.email),
            ("/identity/workspace", &identity.workspace),
        ] {
            at.as_ref().map_or(Ok(()), |at| pointer(place, at))?;
        }
    }
    if let Some(probe) = &manifest.probe {
        request_path("/probe/path", &probe.path, false)?;
    }
    tools(&manifest.tools)
}

/// Whether this is a toolkit's slug, and what to do if not.
pub(crate) fn toolkit_slug(place: &str, slug: &str) -> Check {
    well_formed(place, slug, |c| c.is_ascii_lowercase() || c.is_ascii_digit(), "a-z, 0-9, `_` and `-`")
}

/// Whether this is a tool's slug, and what to do if not.
pub(crate) fn tool_slug(place: &str, slug: &str) -> Check {
    well_formed(place, slug, |c| c.is_ascii_uppercase() || c.is_ascii_digit(), "A-Z, 0-9, `_` and `-`")
}

fn well_formed(place: &str, slug: &str, first: impl Fn(char) -> bool, alphabet: &str) -> Check {
    let letters = slug.starts_with(&first) && slug.chars().all(|c| first(c) || matches!(c, '_' | '-'));
    if letters && slug.len() <= MAX_SLUG {
        return Ok(());
    }
    let problem =
        format!("`{slug}` is no slug: use {alphabet}, begin with a letter or digit, at most {MAX_SLUG} characters");
    Err(ManifestError::invalid(place, problem))
}

fn not_blank(place: &str, text: &str) -> Check {
    if text.trim().is_empty() {
        return Err(ManifestError::invalid(place, "must not be blank: fill it in"));
    }
    Ok(())
}

fn web_url(place: &str, url: &Url) -> Check {
    if matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
    {
        return Ok(());
    }
    Err(ManifestError::invalid(place, "must be an http(s) URL with a host and without user name and password"))
}

/// Connect pages show the logo as an image, in which no script runs.
fn image(logo: &Url) -> Check {
    if logo.scheme() == "data" && logo.path().starts_with("image/") {
        return Ok(());
    }
    web_url("/logo", logo)
}

fn base_url(place: &str, url: &Url) -> Check {
    web_url(place, url)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ManifestError::invalid(place, "must end with its path: take the query and the fragment away"));
    }
    Ok(())
}

fn headers(manifest: &Manifest) -> Check {
    for (name, value) in &manifest.headers {
        let place = format!("/headers/{}", escape(name));
        header_name(&place, name)?;
        header_value(&place, value)?;
        if FORBIDDEN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let problem = "a manifest sends no credentials and no framing: take this header away and use a `placement`";
            return Err(ManifestError::invalid(place, problem));
        }
    }
    Ok(())
}

fn header_name(place: &str, name: &str) -> Check {
    let problem = || ManifestError::invalid(place, format!("`{name}` is no header name: use letters, digits and `-`"));
    ::http::HeaderName::try_from(name).map(drop).map_err(|_| problem())
}

fn header_value(place: &str, value: &str) -> Check {
    let problem = || ManifestError::invalid(place, "is no header value: use one line of visible ASCII characters");
    ::http::HeaderValue::try_from(value).map(drop).map_err(|_| problem())
}

fn auth_schemes(manifest: &Manifest) -> Check {
    if manifest.auth_schemes.is_empty() {
        let problem = "needs at least one scheme: write `{\"scheme\":\"NO_AUTH\"}` if the service wants no credential";
        return Err(ManifestError::invalid("/auth_schemes", problem));
    }
    let mut seen = HashSet::new();
    for (index, scheme) in manifest.auth_schemes.iter().enumerate() {
        let place = format!("/auth_schemes/{index}");
        if !seen.insert(scheme.name()) {
            let problem =
                format!("{} stands here twice: merge the two, an auth config names a scheme by it", scheme.name());
            return Err(ManifestError::invalid(place, problem));
        }
        match scheme {
            AuthSchemeSpec::OAuth2(spec) => oauth2(&place, spec, &manifest.base_url)?,
            AuthSchemeSpec::ApiKey(spec) => api_key(&place, spec)?,
            AuthSchemeSpec::NoAuth => {}
        }
    }
    Ok(())
}

fn oauth2(place: &str, spec: &OAuth2Spec, base: &Url) -> Check {
    let urls = [("authorize_url", Some(&spec.authorize_url)), ("token_url", Some(&spec.token_url))];
    for (key, template) in urls.into_iter().chain([("revoke_url", spec.revoke_url.as_ref())]) {
        let Some(template) = template else { continue };
        let problem =
            || format!("`{}` is no endpoint: write an http(s) URL, or `{{base_url}}` and a path", template.as_str());
        let url = template.oauth_url(base).map_err(|_| ManifestError::invalid(format!("{place}/{key}"), problem()))?;
        web_url(&format!("{place}/{key}"), &url)?;
    }
    if spec.scope_separator.is_empty() {
        return Err(ManifestError::invalid(
            format!("{place}/scope_separator"),
            "must not be empty: write \" \" or \",\"",
        ));
    }
    if let Some(name) = spec.authorize_params.keys().find(|name| FLOW_PARAMETERS.contains(&name.as_str())) {
        let problem = "the engine writes this parameter itself: take it away";
        return Err(ManifestError::invalid(format!("{place}/authorize_params/{}", escape(name)), problem));
    }
    placement(&format!("{place}/placement"), &spec.placement)
}

fn api_key(place: &str, spec: &ApiKeySpec) -> Check {
    let mut seen = HashSet::new();
    for (index, field) in spec.fields.iter().enumerate() {
        let place = format!("{place}/fields/{index}");
        not_blank(&format!("{place}/name"), &field.name)?;
        not_blank(&format!("{place}/label"), &field.label)?;
        if !seen.insert(field.name.as_str()) {
            return Err(ManifestError::invalid(
                format!("{place}/name"),
                "another field has this name: rename one of them",
            ));
        }
    }
    if spec.placed_field().is_none_or(|field| !field.required) {
        let problem = "the first field with `\"secret\": true` is what requests carry: add one, and leave it required";
        return Err(ManifestError::invalid(format!("{place}/fields"), problem));
    }
    placement(&format!("{place}/placement"), &spec.placement)
}

fn placement(place: &str, placement: &Placement) -> Check {
    match placement.location {
        PlacementLocation::Header => {
            header_name(&format!("{place}/name"), &placement.name)?;
            header_value(&format!("{place}/prefix"), &placement.prefix)
        }
        PlacementLocation::Query => not_blank(&format!("{place}/name"), &placement.name),
    }
}

fn pointer(place: &str, pointer: &str) -> Check {
    if pointer.starts_with('/') {
        return Ok(());
    }
    let problem = format!("`{pointer}` is no JSON pointer into the reply: write `/{pointer}`");
    Err(ManifestError::invalid(place, problem))
}

fn tools(tools: &[ManifestTool]) -> Check {
    let mut seen = HashSet::with_capacity(tools.len());
    for (index, tool) in tools.iter().enumerate() {
        let place = format!("/tools/{index}");
        tool_slug(&format!("{place}/slug"), &tool.slug)?;
        if !seen.insert(tool.slug.as_str()) {
            let problem = format!("another tool is called `{}`, too: rename one of them", tool.slug);
            return Err(ManifestError::invalid(format!("{place}/slug"), problem));
        }
        not_blank(&format!("{place}/description"), &tool.description)?;
        binding(&format!("{place}/http"), &tool.http)?;
    }
    Ok(())
}

fn binding(place: &str, binding: &HttpBinding) -> Check {
    request_path(&format!("{place}/path"), &binding.path, true)?;
    if let Some(url) = &binding.base_url {
        base_url(&format!("{place}/base_url"), url)?;
    }
    path_parameters(place, binding)?;
    for (index, parameter) in binding.parameters.iter().enumerate() {
        let place = format!("{place}/parameters/{index}/name");
        not_blank(&place, &parameter.name)?;
        if parameter.location == ParameterLocation::Header {
            header_name(&place, &parameter.name)?;
            if FORBIDDEN_HEADERS.contains(&parameter.name.to_ascii_lowercase().as_str()) {
                let problem = "a model must not choose this header: take the parameter away";
                return Err(ManifestError::invalid(place, problem));
            }
        }
    }
    let mut seen = HashSet::new();
    if let Some(twice) = binding.arguments().find(|argument| !seen.insert(*argument)) {
        let problem = format!("two places take the argument `{twice}`: rename one, also in `input_schema`");
        return Err(ManifestError::invalid(place, problem));
    }
    body(&format!("{place}/body"), binding)
}

fn body(place: &str, binding: &HttpBinding) -> Check {
    let Some(body) = &binding.body else { return Ok(()) };
    header_value(&format!("{place}/content_type"), &body.content_type)?;
    not_blank(&format!("{place}/content_type"), &body.content_type)?;
    let BodyShape::Fields(fields) = &body.shape else { return Ok(()) };
    let mut seen = HashSet::new();
    match fields.iter().position(|field| !seen.insert(field.name.as_str())) {
        Some(index) => Err(ManifestError::invalid(
            format!("{place}/fields/{index}/name"),
            "another argument becomes this property, too: keep one of them",
        )),
        None => Ok(()),
    }
}

/// Placeholders and path parameters must be the same set.
fn path_parameters(place: &str, binding: &HttpBinding) -> Check {
    let placeholders: Vec<&str> = placeholders(&binding.path).collect();
    let in_path = || binding.parameters.iter().filter(|parameter| parameter.location == ParameterLocation::Path);
    if let Some(name) = placeholders.iter().find(|name| !in_path().any(|parameter| parameter.name == **name)) {
        let problem =
            format!("`{{{name}}}` has no parameter: add one with `\"in\":\"path\"`, or write the path without it");
        return Err(ManifestError::invalid(format!("{place}/path"), problem));
    }
    match in_path().find(|parameter| !placeholders.contains(&parameter.name.as_str())) {
        Some(parameter) => Err(ManifestError::invalid(
            format!("{place}/parameters"),
            format!("the path has no place for `{}`: add `{{{}}}` to it", parameter.name, parameter.name),
        )),
        None => Ok(()),
    }
}

/// The names in braces of a path, in order.
pub(crate) fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn request_path(place: &str, path: &str, with_placeholders: bool) -> Check {
    let bad = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '?' | '#' | '\\');
    let problem = if !path.starts_with('/') {
        "must begin with `/`: it is put behind the base URL"
    } else if path.contains(bad) {
        "is a path only: take `?`, `#`, `\\` and blanks away, and bind parameters for a query"
    } else if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        "must not leave its place: take `.` and `..` away"
    } else if !with_placeholders && path.contains('{') {
        "is requested as it stands: no placeholders here"
    } else if path.matches('{').count() != path.matches('}').count() {
        "has a brace that nothing closes"
    } else {
        return Ok(());
    };
    Err(ManifestError::invalid(place, format!("`{path}`: {problem}")))
}

/// A key as a JSON pointer spells it.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{HttpMethod, Overrides, ParameterStyle};
    use super::*;

    fn sound() -> Value {
        json!({
            "format": 1, "slug": "demo", "name": "Demo", "description": "A demo.", "version": "1",
            "base_url": "https://api.example.com/v1/",
            "headers": {"Accept": "application/json"},
            "auth_schemes": [
                {"scheme": "OAUTH2", "authorize_url": "{base_url}/authorize", "token_url": "https://id.example.com/token"},
                {"scheme": "API_KEY", "fields": [{"name": "api_key", "label": "Key"}],
                 "placement": {"in": "query", "name": "key"}},
                {"scheme": "NO_AUTH"}
            ],
            "identity": {"method": "GET", "path": "/me", "id": "/id"},
            "probe": {"method": "GET", "path": "/me"},
            "tools": [{
                "slug": "DEMO_RENAME", "name": "Rename", "description": "Renames.",
                "input_schema": {"type": "object"},
                "http": {"method": "PATCH", "path": "/things/{name}", "parameters": [
                    {"argument": "name", "name": "name", "in": "path"},
                    {"argument": "fields", "name": "fields", "in": "query"},
                    {"argument": "ids", "name": "ids", "in": "query", "style": "pipeDelimited"}
                ], "body": {"content_type": "application/json", "fields": [{"argument": "body_name", "name": "name"}]}}
            }]
        })
    }

    fn read(value: &Value) -> Result<Manifest, ManifestError> {
        Manifest::from_json(&value.to_string())
    }

    #[test]
    fn defaults_are_those_of_openapi_and_oauth() {
        let manifest = read(&sound()).unwrap();
        let AuthSchemeSpec::OAuth2(oauth) = &manifest.auth_schemes[0] else { panic!("OAUTH2 comes first") };
        assert_eq!(oauth.placement, Placement::bearer());
        assert_eq!(oauth.scope_separator, " ");
        let parameters = &manifest.tools[0].http.parameters;
        assert_eq!((parameters[0].style, parameters[0].explode), (ParameterStyle::Simple, false));
        assert_eq!((parameters[1].style, parameters[1].explode), (ParameterStyle::Form, true));
        assert_eq!((parameters[2].style, parameters[2].explode), (ParameterStyle::PipeDelimited, false));
        assert_eq!(manifest.tools[0].http.method, HttpMethod::Patch);
        assert_eq!(manifest.tools[0].http.arguments().collect::<Vec<_>>(), ["name", "fields", "ids", "body_name"]);
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let once = serde_json::to_string(&read(&sound()).unwrap()).unwrap();
        let twice = serde_json::to_string(&Manifest::from_json(&once).unwrap()).unwrap();
        assert_eq!(once, twice);
        assert!(once.contains(r#""base_url":"https://api.example.com/v1""#), "{once}");
    }

    #[test]
    fn overrides_move_endpoints_and_operations_with_their_own_server() {
        let mut value = sound();
        value["tools"][0]["http"]["base_url"] = json!("https://uploads.example.com");
        let manifest = read(&value).unwrap();
        let AuthSchemeSpec::OAuth2(oauth) = &manifest.auth_schemes[0] else { panic!("OAUTH2 comes first") };
        let binding = &manifest.tools[0].http;

        let none = Overrides::default();
        let endpoints = oauth.endpoints(manifest.effective_base(&none), &none).unwrap();
        assert_eq!(endpoints.authorize_url.as_str(), "https://api.example.com/v1/authorize");
        assert_eq!(manifest.base_for(binding, &none).as_str(), "https://uploads.example.com/");

        let mut moved = Overrides::base_url(Url::parse("http://127.0.0.1:9/x/").unwrap());
        moved.token_url = Some(Url::parse("http://127.0.0.1:9/token").unwrap());
        let endpoints = oauth.endpoints(manifest.effective_base(&moved), &moved).unwrap();
        assert_eq!(endpoints.authorize_url.as_str(), "http://127.0.0.1:9/x/authorize");
        assert_eq!(endpoints.token_url.as_str(), "http://127.0.0.1:9/token");
        assert_eq!(endpoints.revoke_url, None);
        assert_eq!(manifest.base_for(binding, &moved).as_str(), "http://127.0.0.1:9/x/");
    }

    #[test]
    fn every_broken_rule_names_its_place_and_what_to_do() {
        let long = "A".repeat(65);
        let http = "/tools/0/http";
        let table: Vec<(&str, Value, &str, &str)> = vec![
            ("/format", json!(2), "/format", "reads format 1"),
            ("/slug", json!("Demo"), "/slug", "use a-z"),
            ("/slug", json!("_demo"), "/slug", "begin with"),
            ("/name", json!(" "), "/name", "fill it in"),
            ("/base_url", json!("ftp://x.example"), "/base_url", "http(s)"),
            ("/base_url", json!("https://u:p@x.example"), "/base_url", "without user name"),
            ("/base_url", json!("https://x.example/?a=1"), "/base_url", "query"),
            ("/logo", json!("data:image/svg+xml,x"), "", ""),
            ("/logo", json!("data:text/html,x"), "/logo", "http(s)"),
            ("/headers", json!({"Authorization": "Bearer x"}), "/headers/Authorization", "placement"),
            ("/headers", json!({"a b": "x"}), "/headers/a b", "header name"),
            ("/headers", json!({"a": "x\ny"}), "/headers/a", "one line"),
            ("/auth_schemes", json!([]), "/auth_schemes", "NO_AUTH"),
            ("/auth_schemes", json!([{"scheme": "NO_AUTH"}, {"scheme": "NO_AUTH"}]), "/auth_schemes/1", "twice"),
            ("/auth_schemes/0/token_url", json!("token"), "/auth_schemes/0/token_url", "{base_url}"),
            (
                "/auth_schemes/0/authorize_params",
                json!({"state": "x"}),
                "/auth_schemes/0/authorize_params/state",
                "itself",
            ),
            ("/auth_schemes/0/scope_separator", json!(""), "/auth_schemes/0/scope_separator", "must not be empty"),
            ("/auth_schemes/1/fields/0/secret", json!(false), "/auth_schemes/1/fields", "add one"),
            ("/auth_schemes/1/placement/name", json!(""), "/auth_schemes/1/placement/name", "blank"),
            ("/identity/path", json!("me"), "/identity/path", "begin with `/`"),
            ("/identity/id", json!("id"), "/identity/id", "write `/id`"),
            ("/identity/email", json!("email"), "/identity/email", "write `/email`"),
            ("/identity/workspace", json!("team"), "/identity/workspace", "write `/team`"),
            ("/probe/path", json!("/{x}"), "/probe/path", "no placeholders"),
            ("/tools/0/slug", json!("demo_rename"), "/tools/0/slug", "use A-Z"),
            ("/tools/0/slug", json!(long), "/tools/0/slug", "at most 64"),
            ("/tools/0/http/path", json!("/things/{id}"), "/tools/0/http/path", "`{id}` has no parameter"),
            ("/tools/0/http/path", json!("/things"), "/tools/0/http/parameters", "no place for `name`"),
            ("/tools/0/http/path", json!("/../{name}"), "/tools/0/http/path", "must not leave"),
            ("/tools/0/http/path", json!("/x?y={name}"), "/tools/0/http/path", "path only"),
            ("/tools/0/http/parameters/1/argument", json!("name"), http, "argument `name`"),
            ("/tools/0/http/parameters/1/in", json!("header"), "", ""),
            ("/tools/0/http/body/fields/0/argument", json!("ids"), http, "argument `ids`"),
        ];
        for (place, bad, named, advice) in table {
            let mut value = sound();
            match value.pointer_mut(place) {
                Some(slot) => *slot = bad.clone(),
                None => {
                    let (parent, key) = place.rsplit_once('/').unwrap();
                    value.pointer_mut(parent).unwrap()[key] = bad.clone();
                }
            }
            match read(&value) {
                Ok(_) => assert!(named.is_empty(), "{place} = {bad} was accepted"),
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.starts_with(&format!("{named}: ")), "{place} = {bad}: {text}");
                    assert!(text.contains(advice), "{place} = {bad}: {text}");
                }
            }
        }
    }

    #[test]
    fn no_header_of_a_credential_is_left_to_the_model() {
        let mut value = sound();
        value["tools"][0]["http"]["parameters"][1] = json!({"argument": "a", "name": "Cookie", "in": "header"});
        let text = read(&value).unwrap_err().to_string();
        assert!(text.starts_with("/tools/0/http/parameters/1/name: "), "{text}");
    }

    #[test]
    fn a_second_tool_of_the_same_name_is_refused() {
        let mut value = sound();
        let tool = value["tools"][0].clone();
        value["tools"].as_array_mut().unwrap().push(tool);
        let text = read(&value).unwrap_err().to_string();
        assert!(text.starts_with("/tools/1/slug: "), "{text}");
    }

    #[test]
    fn unknown_keys_and_half_bodies_are_refused_with_their_line() {
        for (place, bad) in [
            ("/tools/0/http/body", json!({"content_type": "application/json"})),
            ("/tools/0/http/body/field", json!([])),
            ("/secret", json!("x")),
            ("/auth_schemes/0/client_secret", json!("x")),
        ] {
            let mut value = sound();
            let (parent, key) = place.rsplit_once('/').unwrap();
            value.pointer_mut(parent).unwrap()[key] = bad;
            let text = read(&value).unwrap_err().to_string();
            assert!(text.contains("line 1"), "{place}: {text}");
        }
    }
}
