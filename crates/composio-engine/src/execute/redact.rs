//! What a service said, made fit for a model: without credentials, without queries of URLs, without internal hosts.
//!
//! What is known to be secret is taken out first. The rest is judged by its looks, one word at a time, and in doubt it goes:
//! a model corrects itself by the sentence around a key, not by the key.

use std::net::IpAddr;

use composio_core::secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::http::is_public;

/// Stands where something was taken out.
const GONE: &str = "[redacted]";
/// Stands where an internal host was.
const HOST: &str = "[internal host]";
/// Shorter ones would tear words apart.
const SHORTEST_SECRET: usize = 6;
/// Beginnings that issuers give their keys.
const PREFIXES: [&str; 26] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxs-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "hf_",
    "npm_",
    "shpat_",
    "eyJ",
];
/// Words that announce a credential.
const SCHEMES: [&str; 3] = ["bearer", "basic", "token"];
/// Parts of the names of fields that hold credentials.
const FIELDS: [&str; 9] =
    ["token", "secret", "password", "passwd", "api_key", "apikey", "api-key", "authorization", "signature"];
/// Endings of names that only an internal network knows.
const INTERNAL: [&str; 8] = [".internal", ".local", ".localhost", ".localdomain", ".lan", ".intranet", ".corp", ".svc"];

/// Takes known secrets out, however they are spelled in JSON and URLs.
pub(crate) fn secrets(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| secret.len() >= SHORTEST_SECRET) {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let quoted = serde_json::Value::from(secret).to_string();
        for spelling in [secret, &encoded, quoted.trim_matches('"')] {
            if text.contains(spelling) {
                text = text.replace(spelling, GONE);
            }
        }
    }
    text
}

/// The rule.
pub(super) fn redact(text: &str, known: &[&SecretString]) -> String {
    let text = secrets(text, known);
    let mut clean = String::with_capacity(text.len());
    // What the last word said about the next one.
    let mut expected = Expected::Anything;
    for piece in pieces(&text) {
        if !is_word(piece) {
            if piece.contains(|c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '`')) {
                expected = Expected::Anything;
            }
            clean.push_str(piece);
            continue;
        }
        if !piece.contains(char::is_alphanumeric) {
            clean.push_str(piece);
            continue;
        }
        clean.push_str(&word(piece, expected));
        expected = Expected::after(piece);
    }
    clean
}

#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Anything,
    /// After `Bearer`, or a name such as `api_key:`.
    Credential,
}

impl Expected {
    fn after(word: &str) -> Self {
        let lower = word.trim_end_matches([':', '=']).to_ascii_lowercase();
        let named = || FIELDS.iter().any(|field| lower.contains(field)) && lower.len() <= 40;
        if SCHEMES.contains(&lower.as_str()) || named() { Self::Credential } else { Self::Anything }
    }
}

/// Cuts a text into words and what stands between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|c| is_word_char(c) != is_word_char(first)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_word(piece: &str) -> bool {
    piece.chars().next().is_some_and(is_word_char)
}

/// Everything that URLs and keys are made of; quotes, brackets, commas and blanks end a word.
fn is_word_char(c: char) -> bool {
    !(c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';'))
}

/// One word, cleaned.
fn word(word: &str, expected: Expected) -> String {
    if let Some((start, _)) = word.match_indices("://").next() {
        let scheme = word[..start].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        return format!("{}{}", self::word(&word[..scheme], expected), link(&word[scheme..]));
    }
    if let Some((path, _)) = word.split_once('?').filter(|(_, query)| query.trim_end_matches('=').contains('=')) {
        return self::word(path, expected);
    }
    let core = word.trim_end_matches(['.', ':', '!', '?', '=']);
    let tail = &word[core.len()..];
    if is_internal(core) {
        return format!("{HOST}{tail}");
    }
    if let Some(at) = core.find(['=', ':']).filter(|at| (1..core.len() - 1).contains(at)) {
        let (name, sign, value) = (&core[..at], &core[at..=at], &core[at + 1..]);
        let named = Expected::after(name) == Expected::Credential && (sign == "=" || !is_plain(value));
        let value = if named || looks_opaque(value) { GONE.to_owned() } else { self::word(value, Expected::Anything) };
        let name = if looks_opaque(name) { GONE } else { name };
        return format!("{name}{sign}{value}{tail}");
    }
    let announced = expected == Expected::Credential && core.len() >= SHORTEST_SECRET && !is_plain(core);
    if announced || looks_opaque(core) { format!("{GONE}{tail}") } else { word.to_owned() }
}

/// A word of a language, rather than a value.
fn is_plain(word: &str) -> bool {
    let capital = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    let lower = |part: &str| part.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    word.len() < 20 && word.split(['-', '_', '/', '.']).all(|part| letters(part) && (capital(part) || lower(part)))
}

/// Scheme, host and path of a URL; nothing of an internal one, and no user name, query or fragment of any.
fn link(text: &str) -> String {
    let end = text.trim_end_matches(['.', ':', '!']).len();
    let (text, tail) = text.split_at(end);
    let Ok(url) = Url::parse(text) else { return format!("{HOST}{tail}") };
    let internal = match url.host() {
        Some(Host::Domain(name)) => is_internal(name),
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        None => true,
    };
    if internal {
        return format!("{HOST}{tail}");
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path: Vec<&str> = url.path().split('/').map(|part| if looks_opaque(part) { GONE } else { part }).collect();
    format!("{}://{}{port}{}{tail}", url.scheme(), url.host_str().unwrap_or_default(), path.join("/"))
}

/// A host that means something inside a network only, with or without a port and a path.
fn is_internal(word: &str) -> bool {
    let private = |text: &str| text.parse::<IpAddr>().is_ok_and(|ip| !is_public(ip));
    let word = word.split('/').next().unwrap_or_default();
    let host = word.rsplit_once(':').map_or(word, |(host, _)| host).to_ascii_lowercase();
    let named = INTERNAL.iter().any(|ending| host.ends_with(ending) && host.len() > ending.len());
    // `::` alone is an address, too, and more often something of a programming language.
    host == "localhost" || named || private(&host) || (private(word) && word.contains(|c: char| c.is_ascii_hexdigit()))
}

/// Something that a machine made to be hard to guess. Ids in the form of a UUID pass, and so do slugs and dates.
fn looks_opaque(word: &str) -> bool {
    let issued = |part: &str| {
        let starts = |prefix: &&str| part.starts_with(*prefix) && part.len() >= prefix.len() + 8;
        PREFIXES.iter().any(starts) && part.bytes().any(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    if word.split(['/', '|', '#', '@', '&', '\\']).any(issued) {
        return true;
    }
    let mixed = |part: &str| {
        part.bytes().any(|byte| byte.is_ascii_digit()) && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let segments = || word.split(|c: char| !c.is_ascii_alphanumeric());
    if segments().any(|segment| segment.len() >= 16 && mixed(segment)) {
        return true;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let cases =
        word.bytes().any(|byte| byte.is_ascii_uppercase()) && word.bytes().any(|byte| byte.is_ascii_lowercase());
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte);
    word.len() >= 32 && cases && digits >= 3 && word.bytes().all(alphabet)
        || segments().any(|segment| segment.len() >= 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_and_what_stays() {
        for (text, expected) in [
            // Sentences of services.
            ("Validation Failed: title is missing_field", "Validation Failed: title is missing_field"),
            ("Invalid token: expired", "Invalid token: expired"),
            ("Bearer token is missing", "Bearer token is missing"),
            ("The token must be at least 8 characters.", "The token must be at least 8 characters."),
            ("password: must be at least 8 characters", "password: must be at least 8 characters"),
            ("Basic authentication is not supported", "Basic authentication is not supported"),
            (
                "issue 42 of octo-org/hello_world at 2024-01-02T03:04:05Z",
                "issue 42 of octo-org/hello_world at 2024-01-02T03:04:05Z",
            ),
            ("id 018f6b1e-7b1a-7c3e-9b8a-0123456789ab not found", "id 018f6b1e-7b1a-7c3e-9b8a-0123456789ab not found"),
            ("GITHUB_CREATE_AN_ISSUE_COMMENT_2", "GITHUB_CREATE_AN_ISSUE_COMMENT_2"),
            ("status=open, per_page=100", "status=open, per_page=100"),
            ("std::fmt and a :: b at 12:30", "std::fmt and a :: b at 12:30"),
            ("mail me@example.com", "mail me@example.com"),
            ("Grüße, 你好 — “ok”", "Grüße, 你好 — “ok”"),
            // Credentials by their company.
            ("Authorization: Bearer abc.def-123 refused", "Authorization: Bearer [redacted] refused"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
            ("token hunter22 is bad", "token [redacted] is bad"),
            ("api_key=hunter is bad", "api_key=[redacted] is bad"),
            ("api_key: hunter2", "api_key: [redacted]"),
            ("password:hunter2!", "password:[redacted]!"),
            (r#"{"access_token":"hunter-2","n":1}"#, r#"{"access_token":"[redacted]","n":1}"#),
            ("client_secret = 'a1b2c3d4'", "client_secret = '[redacted]'"),
            // Credentials by their looks.
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[redacted]"),
            ("key sk-proj-abc123def456.", "key [redacted]."),
            ("(xoxb-12345678-abcdefgh)", "([redacted])"),
            ("AKIAIOSFODNN7EXAMPLE", "[redacted]"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_def", "[redacted]"),
            ("bad key 6dcb09b5b57875f334f61aebed695e2e4193db5e", "bad key [redacted]"),
            ("bot 123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "bot 123456:[redacted]"),
            ("t=dGhpcy9pcytub3QvYStzZWNyZXQvMTIzNDU2Nzg5MA==", "t=[redacted]=="),
            // URLs.
            ("see https://docs.example.com/rest?code=x#frag.", "see https://docs.example.com/rest."),
            ("https://me:pw@api.example.com:8443/a/b", "https://api.example.com:8443/a/b"),
            ("<https://x.example/cb/0123456789abcdef0123>", "<https://x.example/cb/[redacted]>"),
            ("url=https://x.example/?a=b", "url=https://x.example/"),
            ("token=abc&next=https://x.example/", "token=[redacted]=https://x.example/"),
            ("GET /callback?code=abc&state=d failed", "GET /callback failed"),
            ("/cb/sk-abc123def456?code=abc", "[redacted]"),
            ("really? yes=no", "really? yes=no"),
            // Hosts.
            ("dial http://10.0.0.7:8080/admin: refused", "dial [internal host]: refused"),
            ("dial tcp 10.0.0.7:5432: refused", "dial tcp [internal host]: refused"),
            ("at 192.168.1.1, ::1 and fd00::1.", "at [internal host], [internal host] and [internal host]."),
            ("http://[fd00::1]:8080/x?a=b", "[internal host][[internal host]]:8080/x"),
            ("localhost:3000 and db.prod.internal/x", "[internal host] and [internal host]"),
            ("postgres://u:p@db.svc.cluster.local:5432/x", "[internal host]"),
            ("reach 8.8.8.8 or api.example.com:443", "reach 8.8.8.8 or api.example.com:443"),
        ] {
            assert_eq!(redact(text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn known_secrets_go_however_they_are_spelled() {
        let secret = SecretString::from("a b/ü\"c");
        let short = SecretString::from("abc");
        for text in ["x a b/ü\"c y", "x a+b%2F%C3%BC%22c y", r#"x a b/ü\"c y"#] {
            assert_eq!(redact(text, &[&secret, &short]), "x [redacted] y", "{text}");
        }
        assert_eq!(redact("abcdef", &[&short]), "abcdef");
    }

    #[test]
    fn redacting_twice_is_redacting_once() {
        for text in ["Bearer abc.def-123", "api_key=hunter", "http://10.0.0.1/x", "https://x.example/a?b=c"] {
            let once = redact(text, &[]);
            assert_eq!(redact(&once, &[]), once);
        }
    }
}
