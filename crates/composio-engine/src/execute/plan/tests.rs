use composio_core::Url;
use serde_json::json;

use super::*;

fn manifest() -> Manifest {
    let text = json!({
        "format": 1, "slug": "demo", "name": "Demo", "description": "A demo.", "version": "1",
        "base_url": "https://api.example.com/v1/",
        "headers": {"X-Api-Version": "2022-11-28"},
        "auth_schemes": [{"scheme": "NO_AUTH"}],
        "tools": []
    });
    Manifest::from_json(&text.to_string()).unwrap()
}

fn binding(value: Value) -> HttpBinding {
    serde_json::from_value(value).unwrap()
}

fn plan_with(binding: &HttpBinding, arguments: Value, credential: &Credential<'_>) -> Result<Request<Bytes>> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    plan(&manifest(), binding, &Overrides::default(), &arguments, credential)
}

/// A GET of `/x` with one parameter.
fn one(location: &str, more: &Value) -> HttpBinding {
    let mut parameter = json!({"argument": "a", "name": "n", "in": location});
    for (key, value) in more.as_object().unwrap() {
        parameter[key] = value.clone();
    }
    let path = if location == "path" { "/x/{n}" } else { "/x" };
    binding(json!({"method": "GET", "path": path, "parameters": [parameter]}))
}

fn target(binding: &HttpBinding, value: &Value) -> Result<String> {
    let request = plan_with(binding, json!({"a": value}), &Credential::None)?;
    Ok(request.uri().path_and_query().unwrap().as_str().strip_prefix("/v1/x").unwrap().to_owned())
}

#[test]
fn path_values_stay_in_their_segment() {
    let (single, multi) = (json!({}), json!({"multi_segment": true}));
    for (more, value, expected) in [
        (&single, json!("hello"), "/hello"),
        (&single, json!(42), "/42"),
        (&single, json!(true), "/true"),
        (&single, json!("a b/c?d#e%2F&=+ü"), "/a%20b%2Fc%3Fd%23e%252F%26%3D%2B%C3%BC"),
        (&single, json!("-._~"), "/-._~"),
        (&single, json!("..."), "/..."),
        (&single, json!("@evil.example:80\\x"), "/%40evil.example%3A80%5Cx"),
        (&single, json!("a\r\nHost: b"), "/a%0D%0AHost%3A%20b"),
        (&single, json!([1, "a,b"]), "/1,a%2Cb"),
        (&single, json!({"k": "v", "l": 2}), "/k,v,l,2"),
        (&json!({"explode": true}), json!({"k": "v", "l": 2}), "/k=v,l=2"),
        (&json!({"style": "label"}), json!([1, 2]), "/.1,2"),
        (&json!({"style": "label", "explode": true}), json!([1, 2]), "/.1.2"),
        (&json!({"style": "matrix"}), json!([1, 2]), "/;n=1,2"),
        (&json!({"style": "matrix", "explode": true}), json!([1, 2]), "/;n=1;n=2"),
        (&json!({"style": "matrix", "explode": true}), json!({"k": "v", "l": 2}), "/;k=v;l=2"),
        (&json!({"style": "json"}), json!({"k": [1]}), "/%7B%22k%22%3A%5B1%5D%7D"),
        (&multi, json!("docs/a b/intro.md"), "/docs/a%20b/intro.md"),
        (&multi, json!("a?b/c#d"), "/a%3Fb/c%23d"),
    ] {
        assert_eq!(target(&one("path", more), &value).unwrap(), expected, "{more} {value}");
    }
    for more in [&single, &multi] {
        for value in [
            json!(null),
            json!(""),
            json!("."),
            json!(".."),
            json!("../x"),
            json!("x/.."),
            json!("a/./b"),
            json!("..\\x"),
            json!([]),
            json!([""]),
            json!(["a", ".."]),
            json!({}),
        ] {
            let error = target(&one("path", more), &value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{value}");
            assert!(error.for_model().contains("the argument `a`"), "{value}: {}", error.for_model());
        }
    }
}

#[test]
fn two_values_cannot_make_a_step_up_together() {
    let binding = binding(json!({"method": "GET", "path": "/x/{n}{m}/y", "parameters": [
        {"argument": "a", "name": "n", "in": "path"}, {"argument": "b", "name": "m", "in": "path", "style": "label"},
    ]}));
    let plan = |a: &str, b: &str| plan_with(&binding, json!({"a": a, "b": b}), &Credential::None);
    assert_eq!(plan("q", "r").unwrap().uri().path(), "/v1/x/q.r/y");
    // Refused already one by one; what is left is a label behind a dot.
    for (a, b) in [(".", "r"), ("q", ".")] {
        assert_eq!(plan(a, b).unwrap_err().kind(), ErrorKind::InvalidInput, "{a} {b}");
    }
    let missing = plan_with(&binding, json!({"a": "q"}), &Credential::None).unwrap_err();
    assert!(missing.to_string().contains("`b`"), "{missing}");
}

#[test]
fn query_styles_are_those_of_openapi() {
    let (list, object) = (json!(["x y", "z,&"]), json!({"k": "v w", "l": 2}));
    for (more, value, expected) in [
        (json!({}), json!("a b&c=d+e"), "?n=a%20b%26c%3Dd%2Be"),
        (json!({}), json!(1.5), "?n=1.5"),
        (json!({}), json!(false), "?n=false"),
        (json!({}), json!(""), "?n="),
        (json!({}), json!(null), ""),
        (json!({}), json!([]), ""),
        (json!({}), list.clone(), "?n=x%20y&n=z%2C%26"),
        (json!({"explode": false}), list.clone(), "?n=x%20y,z%2C%26"),
        (json!({"explode": false}), json!([]), ""),
        (json!({}), object.clone(), "?k=v%20w&l=2"),
        (json!({"explode": false}), object.clone(), "?n=k,v%20w,l,2"),
        (json!({"style": "spaceDelimited"}), list.clone(), "?n=x%20y%20z%2C%26"),
        (json!({"style": "pipeDelimited"}), list.clone(), "?n=x%20y%7Cz%2C%26"),
        (json!({"style": "pipeDelimited", "explode": true}), list.clone(), "?n=x%20y&n=z%2C%26"),
        (json!({"style": "deepObject", "explode": true}), json!({"k": {"l": 1}, "m": null}), "?n%5Bk%5D%5Bl%5D=1"),
        (json!({"style": "deepObject", "explode": true}), json!(["a", "b"]), "?n%5B0%5D=a&n%5B1%5D=b"),
        (json!({"style": "json"}), json!({"k": [1, null]}), "?n=%7B%22k%22%3A%5B1%2Cnull%5D%7D"),
        (json!({"name": "labels[]"}), json!(["a"]), "?labels%5B%5D=a"),
    ] {
        assert_eq!(target(&one("query", &more), &value).unwrap(), expected, "{more} {value}");
    }
}

#[test]
fn headers_take_one_line_and_are_left_out_for_null() {
    for (more, value, expected) in [
        (json!({}), json!("a b"), Some("a b")),
        (json!({}), json!([1, "b"]), Some("1,b")),
        (json!({}), json!({"k": 1}), Some("k,1")),
        (json!({"explode": true}), json!({"k": 1}), Some("k=1")),
        (json!({"style": "json"}), json!({"k": 1}), Some("{\"k\":1}")),
        (json!({}), json!(null), None),
    ] {
        let request = plan_with(&one("header", &more), json!({"a": value}), &Credential::None).unwrap();
        assert_eq!(request.headers().get("n").map(|value| value.to_str().unwrap()), expected);
    }
    for value in ["a\r\nAuthorization: Bearer x", "a\nb", "a\0", "\u{7f}"] {
        let error = plan_with(&one("header", &json!({})), json!({"a": value}), &Credential::None).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("`a`"), "{error}");
    }
}

#[test]
fn defaults_and_manifest_headers() {
    let request = plan_with(&one("query", &json!({})), json!({}), &Credential::None).unwrap();
    assert_eq!(request.uri(), "https://api.example.com/v1/x");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers()["x-api-version"], "2022-11-28");
    assert_eq!(request.headers().len(), 2);
    assert!(request.body().is_empty());
}

#[test]
fn an_override_moves_the_request_and_leaves_its_query_behind() {
    let overrides = Overrides::base_url(Url::parse("http://127.0.0.1:9/base/?x=1#y").unwrap());
    let request = plan(&manifest(), &one("query", &json!({})), &overrides, &Map::new(), &Credential::None).unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:9/base/x");
}

#[test]
fn a_credential_in_a_header_is_marked() {
    let (placement, secret) = (Placement::bearer(), SecretString::from("t0ken"));
    let credential = Credential::Placed { placement: &placement, secret: &secret };
    let request = plan_with(&one("query", &json!({})), json!({}), &credential).unwrap();
    let value = &request.headers()["authorization"];
    assert!(value == "Bearer t0ken" && value.is_sensitive());
    assert_eq!(request.extensions().get::<CredentialHeaders>().unwrap().0, ["authorization"]);
    assert!(!format!("{credential:?}{request:?}").contains("t0ken"));

    let secret = SecretString::from("t0ken\r\nHost: evil");
    let error =
        plan_with(&one("query", &json!({})), json!({}), &Credential::Placed { placement: &placement, secret: &secret });
    assert!(!format!("{:?}", error.unwrap_err()).contains("t0ken"));
}

fn key_in(location: &str) -> Placement {
    serde_json::from_value(json!({"in": location, "name": "Key", "prefix": "k "})).unwrap()
}

#[test]
fn a_credential_in_the_query_is_encoded_and_marked() {
    let (placement, secret) = (key_in("query"), SecretString::from("a&b=c"));
    let credential = Credential::Placed { placement: &placement, secret: &secret };
    let request = plan_with(&one("query", &json!({})), json!({"a": 1}), &credential).unwrap();
    assert_eq!(request.uri().query(), Some("n=1&Key=k%20a%26b%3Dc"));
    assert_eq!(request.extensions().get::<CredentialQuery>().unwrap().0, ["Key"]);
}

#[test]
fn arguments_never_reach_the_place_of_the_credential() {
    let secret = SecretString::from("s3cret");
    let (header, query) = (key_in("header"), key_in("query"));
    for (placement, binding, value) in [
        (&header, one("header", &json!({"name": "key"})), json!("mine")),
        (&header, one("header", &json!({"name": "Host"})), json!("evil.example")),
        (&header, one("header", &json!({"name": "content-length"})), json!("0")),
        (&header, one("header", &json!({"name": "Authorization"})), json!("mine")),
        (&query, one("query", &json!({"name": "Key"})), json!("mine")),
        (&query, one("query", &json!({})), json!({"Key": "mine"})),
    ] {
        let credential = Credential::Placed { placement, secret: &secret };
        let error = plan_with(&binding, json!({"a": value}), &credential).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("`a`"), "{error}");
    }
    let mut manifest = manifest();
    manifest.headers.insert("kEY".into(), "mine".into());
    let credential = Credential::Placed { placement: &header, secret: &secret };
    let request = plan(&manifest, &one("query", &json!({})), &Overrides::default(), &Map::new(), &credential).unwrap();
    assert_eq!(request.headers().get_all("key").iter().collect::<Vec<_>>(), ["k s3cret"]);
}

#[test]
fn bodies_by_their_content_type() {
    let fields = json!([{"argument": "a", "name": "n"}, {"argument": "b", "name": "m"}]);
    let body = |content_type: &str, required: bool| json!({"content_type": content_type, "required": required, "fields": fields});
    let whole =
        |content_type: &str, required: bool| json!({"content_type": content_type, "required": required, "whole": "a"});
    let (json_type, form) = ("application/json", "application/x-www-form-urlencoded");
    for (body, arguments, expected) in [
        (body(json_type, false), json!({"a": 1, "b": null, "other": 2}), Some(r#"{"n":1,"m":null}"#)),
        (body("application/merge-patch+json", false), json!({"b": "x"}), Some(r#"{"m":"x"}"#)),
        (body(json_type, false), json!({}), None),
        (body(json_type, true), json!({}), Some("{}")),
        (body(form, false), json!({"a": "x y&z", "b": [1, 2]}), Some("n=x+y%26z&m=1&m=2")),
        (body(form, false), json!({"a": {"k": true, "l": [{"i": 1}]}}), Some("n%5Bk%5D=true&n%5Bl%5D%5B0%5D%5Bi%5D=1")),
        (body(form, false), json!({"a": null, "b": ""}), Some("m=")),
        (body(form, true), json!({}), Some("")),
        (body(form, false), json!({}), None),
        (whole(json_type, false), json!({"a": [1, {"k": null}]}), Some(r#"[1,{"k":null}]"#)),
        (whole(json_type, false), json!({"a": "text"}), Some("\"text\"")),
        (whole(json_type, false), json!({"a": null}), Some("null")),
        (whole(json_type, true), json!({}), Some("{}")),
        (whole(form, false), json!({"a": {"k": 1}}), Some("k=1")),
        (whole("text/x-markdown", false), json!({"a": "# Grüße\n"}), Some("# Grüße\n")),
        (whole("text/plain", true), json!({}), Some("")),
        (whole("text/plain", false), json!({}), None),
    ] {
        let binding = binding(json!({"method": "POST", "path": "/x", "body": body}));
        let request = plan_with(&binding, arguments.clone(), &Credential::None).unwrap();
        assert_eq!(std::str::from_utf8(request.body()).unwrap(), expected.unwrap_or_default(), "{body} {arguments}");
        let sent = request.headers().get("content-type").map(|value| value.to_str().unwrap());
        assert_eq!(sent, expected.and(body["content_type"].as_str()), "{body} {arguments}");
    }
}

#[test]
fn bodies_that_cannot_be_written() {
    let whole = |content_type: &str| json!({"content_type": content_type, "whole": "a"});
    for (body, value, kind) in [
        (whole("text/plain"), json!({"k": 1}), ErrorKind::InvalidInput),
        (whole("application/x-www-form-urlencoded"), json!([1]), ErrorKind::InvalidInput),
        (whole("multipart/form-data"), json!({"k": 1}), ErrorKind::Unsupported),
        (
            json!({"content_type": "text/plain", "fields": [{"argument": "a", "name": "n"}]}),
            json!(1),
            ErrorKind::Unexpected,
        ),
    ] {
        let binding = binding(json!({"method": "POST", "path": "/x", "body": body}));
        assert_eq!(plan_with(&binding, json!({"a": value}), &Credential::None).unwrap_err().kind(), kind, "{body}");
    }
}

#[test]
fn a_url_that_is_too_long_is_the_arguments_fault() {
    let error = target(&one("query", &json!({})), &json!("x".repeat(70_000))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
