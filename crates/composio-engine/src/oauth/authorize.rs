//! Where the browser is sent, and whether what comes back is from there.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composio_core::Url;
use composio_core::secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::manifest::OAuth2Spec;

/// What an authorization request is made of.
pub(crate) struct AuthorizeRequest<'a> {
    pub(crate) spec: &'a OAuth2Spec,
    pub(crate) endpoint: &'a Url,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a Url,
    pub(crate) scopes: &'a [String],
    pub(crate) state: &'a SecretString,
    pub(crate) verifier: &'a SecretString,
}

/// The S256 challenge of a PKCE verifier (RFC 7636 section 4.2).
fn challenge(verifier: &SecretString) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

/// The URL of the consent page (RFC 6749 section 4.1.1). Parameters of the manifest never replace ours.
pub(crate) fn authorize_url(request: &AuthorizeRequest<'_>) -> Url {
    let scope = request.scopes.join(&request.spec.scope_separator);
    let challenge = challenge(request.verifier);
    let ours = [
        ("response_type", "code"),
        ("client_id", request.client_id),
        ("redirect_uri", request.redirect_uri.as_str()),
        ("state", request.state.expose_secret()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let mut url = request.endpoint.clone();
    let mut query = url.query_pairs_mut();
    query.extend_pairs(ours);
    if !scope.is_empty() {
        query.append_pair("scope", &scope);
    }
    let theirs = request.spec.authorize_params.iter();
    query.extend_pairs(theirs.filter(|(name, _)| *name != "scope" && ours.iter().all(|(own, _)| own != name)));
    drop(query);
    url
}

/// Whether an `iss` parameter may come from the server that was asked (RFC 9207). Manifests name no issuer, so the
/// origin has to be that of the consent page; a server that sends none is not held to it.
pub(crate) fn issuer_fits(issuer: Option<&str>, endpoint: &Url) -> bool {
    let Some(issuer) = issuer else { return true };
    Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == endpoint.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636 appendix B.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn our_parameters_stand_and_the_manifests_follow() {
        let spec: OAuth2Spec = serde_json::from_value(serde_json::json!({
            "authorize_url": "https://a.example/authorize?x=1", "token_url": "https://a.example/token",
            "authorize_params": {"access_type": "offline", "state": "mine"},
        }))
        .unwrap();
        let url = authorize_url(&AuthorizeRequest {
            spec: &spec,
            endpoint: &Url::parse("https://a.example/authorize?x=1").unwrap(),
            client_id: "id",
            redirect_uri: &Url::parse("http://127.0.0.1:1/oauth/callback").unwrap(),
            scopes: &["repo".to_owned(), "user:email".to_owned()],
            state: &"st".into(),
            verifier: &"v".into(),
        });
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let get = |name: &str| {
            pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(get("x"), ["1"]);
        assert_eq!(get("scope"), ["repo user:email"]);
        assert_eq!(get("access_type"), ["offline"]);
        assert_eq!(get("state"), ["st"]);
        assert_eq!(get("code_challenge_method"), ["S256"]);
    }

    #[test]
    fn an_issuer_has_to_be_the_one_that_was_asked() {
        let endpoint = Url::parse("https://a.example/authorize").unwrap();
        for (issuer, fits) in [
            (None, true),
            (Some("https://a.example"), true),
            (Some("https://a.example/tenant"), true),
            (Some("https://b.example"), false),
            (Some("http://a.example"), false),
            (Some("a.example"), false),
        ] {
            assert_eq!(issuer_fits(issuer, &endpoint), fits, "{issuer:?}");
        }
    }
}
