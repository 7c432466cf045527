//! Where in a body something stands: `/tools/github/enable/-`, with `-` for any item of a list.

use serde_json::Value;

/// Every field of a body.
pub(crate) fn places(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(body, "", &mut found);
    found
}

fn collect(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| {
            let place = format!("{place}/{name}");
            collect(inner, &place, found);
            found.push(place);
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{place}/-"), found)),
        _ => {}
    }
}

/// Copies of a body, each with one field renamed, and where it stood.
pub(crate) fn renamed(body: &Value) -> Vec<(String, Value)> {
    match body {
        Value::Object(fields) => {
            let each = fields.iter().flat_map(|(name, inner)| {
                let mut other = fields.clone();
                let value = other.remove(name).unwrap();
                other.insert(format!("{name}_renamed"), value);
                let below = renamed(inner).into_iter().map(move |(place, changed)| {
                    let mut other = fields.clone();
                    other.insert(name.clone(), changed);
                    (format!("/{name}{place}"), other.into())
                });
                [(format!("/{name}"), other.into())].into_iter().chain(below)
            });
            each.collect()
        }
        Value::Array(items) => {
            let each = items.iter().enumerate().flat_map(|(at, item)| {
                renamed(item).into_iter().map(move |(place, changed)| {
                    let mut other = items.clone();
                    other[at] = changed;
                    (format!("/-{place}"), other.into())
                })
            });
            each.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a place is meant: `*` stands for any one name, `**` at the end for everything below.
pub(crate) fn fits(pattern: &str, place: &str) -> bool {
    let (pattern, below) = pattern.strip_suffix("/**").map_or((pattern, false), |pattern| (pattern, true));
    let (wanted, found): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), place.split('/').collect());
    let long_enough = if below { found.len() > wanted.len() } else { found.len() == wanted.len() };
    long_enough && wanted.iter().zip(&found).all(|(wanted, found)| *wanted == "*" || wanted == found)
}

#[test]
fn each_field_is_renamed_once() {
    let body = serde_json::json!({"a": {"b": 1}, "c": [{"d": 2}, 3]});
    let copies = renamed(&body);
    let places: Vec<_> = copies.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["/a", "/a/b", "/c", "/c/-/d"]);
    assert_eq!(copies[3].1, serde_json::json!({"a": {"b": 1}, "c": [{"d_renamed": 2}, 3]}));
    assert_eq!(copies[0].1, serde_json::json!({"c": [{"d": 2}, 3], "a_renamed": {"b": 1}}));
    for (pattern, place, expected) in [
        ("/a/*", "/a/b", true),
        ("/a/*", "/a/b/c", false),
        ("/a/**", "/a/b/c", true),
        ("/a/**", "/a", false),
        ("/a/*/c/-", "/a/b/c/-", true),
        ("/a", "/b", false),
    ] {
        assert_eq!(fits(pattern, place), expected, "{pattern} {place}");
    }
}
