//! Reads an authorization request and writes the answers to it. No IO, no clock, no state.

use url::Url;

use crate::oauth::client::Client;
use crate::oauth::params::Params;
use crate::oauth::scope::Scopes;
use crate::secret::Secret;

/// A request that the person may be asked about.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Scopes,
    pub(crate) challenge: String,
    pub(crate) login_hint: Option<String>,
    client_id: String,
    state: Option<String>,
    /// `redirect_uri`, parsed.
    target: Url,
}

/// Why the person is not asked.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Said on a page, because nobody vouches for the redirect URI.
    Page(&'static str),
    /// Said to the client, by sending the browser there.
    Redirect(Url),
}

impl AuthorizationRequest {
    /// Checks the client and where to send the browser first: before that, nothing is ever sent anywhere.
    pub(crate) fn check(params: &Params, client: &Client, path: &str, issuer: &str) -> Result<Self, Refusal> {
        if params.is_repeated("client_id") || params.is_repeated("redirect_uri") {
            return Err(Refusal::Page("The request names its client or its redirect URI twice."));
        }
        if params.get("client_id") != Some(client.id.as_str()) {
            return Err(Refusal::Page("The application is not registered here."));
        }
        let redirect_uri =
            params.get("redirect_uri").ok_or(Refusal::Page("The request does not say where to return to."))?;
        let target = Url::parse(redirect_uri)
            .ok()
            .filter(|_| client.may_redirect_to(redirect_uri))
            .ok_or(Refusal::Page("The application asks to return to an address that it has not registered."))?;
        let scopes = match params.get("scope") {
            Some(text) => Scopes::parse(text),
            None => Some(Scopes::default_at(path)),
        };
        let state = params.get("state").map(str::to_owned);
        match (fault(params), scopes) {
            (None, Some(scopes)) => Ok(Self {
                redirect_uri: redirect_uri.to_owned(),
                scopes,
                challenge: params.get("code_challenge").unwrap_or_default().to_owned(),
                login_hint: params.get("login_hint").map(str::to_owned),
                client_id: client.id.clone(),
                state,
                target,
            }),
            (fault, _) => {
                let (error, text) = fault.unwrap_or(("invalid_scope", "A scope is unknown."));
                let pairs = [("error", error), ("error_description", text)];
                Err(Refusal::Redirect(answer(&target, &pairs, state.as_deref(), issuer)))
            }
        }
    }

    /// Where the browser goes after the person agreed.
    pub(crate) fn granted(&self, code: &Secret, issuer: &str) -> Url {
        answer(&self.target, &[("code", code.expose())], self.state.as_deref(), issuer)
    }

    /// Where the browser goes after the person declined.
    pub(crate) fn denied(&self, issuer: &str) -> Url {
        let pairs = [("error", "access_denied"), ("error_description", "The person declined.")];
        answer(&self.target, &pairs, self.state.as_deref(), issuer)
    }

    /// The request again, as fields of the consent form.
    pub(crate) fn form_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("scope", self.scopes.to_string()),
            ("code_challenge", self.challenge.clone()),
            ("code_challenge_method", "S256".to_owned()),
        ];
        fields.extend(self.state.clone().map(|state| ("state", state)));
        fields
    }

    /// The redirect target as people read it: the host, or the scheme of an application.
    pub(crate) fn destination(&self) -> String {
        match (self.target.host_str(), self.target.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => format!("an application ({}:)", self.target.scheme()),
        }
    }

    /// The redirect target as a source expression of a Content-Security-Policy.
    pub(crate) fn csp_source(&self) -> String {
        let origin = self.target.origin();
        if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", self.target.scheme()) }
    }
}

/// What is wrong with a request whose redirect URI is good.
fn fault(params: &Params) -> Option<(&'static str, &'static str)> {
    let invalid = |text| Some(("invalid_request", text));
    if params.repeated().is_some() {
        return invalid("A parameter comes twice.");
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => return Some(("unsupported_response_type", "Only response_type=code is supported.")),
        None => return invalid("response_type is missing."),
    }
    let Some(challenge) = params.get("code_challenge") else {
        return invalid("PKCE is required: code_challenge is missing.");
    };
    // Left out, the method means plain (RFC 7636 section 4.3).
    if params.get("code_challenge_method") != Some("S256") {
        return invalid("code_challenge_method must be S256.");
    }
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if challenge.len() != 43 || !challenge.chars().all(base64url) {
        return invalid("code_challenge is not a SHA-256 hash in base64url.");
    }
    None
}

/// The redirect URI with the answer, the state and the issuer (RFC 9207) added to its query.
fn answer(target: &Url, pairs: &[(&str, &str)], state: Option<&str>, issuer: &str) -> Url {
    let mut url = target.clone();
    let mut query = url.query_pairs_mut();
    query.extend_pairs(pairs);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    drop(query);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{DemoError, OAuthApp};

    const GOOD: &str = "response_type=code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Foauth%2Fcallback\
        &state=s%26t&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    fn client() -> Result<Client, DemoError> {
        let app = OAuthApp { client_id: "app".to_owned(), client_secret: "secret".to_owned() };
        Client::new(&app, "App".to_owned(), vec!["myapp://done".to_owned()])
    }

    fn outcome(query: &str) -> String {
        let client = client().unwrap();
        let params = Params::parse(query.as_bytes());
        match AuthorizationRequest::check(&params, &client, "/tracker/oauth/authorize", "http://iss") {
            Ok(request) => format!("ask {}", request.scopes),
            Err(Refusal::Page(_)) => "page".to_owned(),
            Err(Refusal::Redirect(url)) => url
                .query_pairs()
                .filter(|(name, _)| name != "error_description")
                .map(|(name, value)| format!("{name}={value};"))
                .collect(),
        }
    }

    #[test]
    fn requests_and_their_outcomes() {
        let error = |code: &str| format!("error={code};state=s&t;iss=http://iss;");
        let without = |name: &str| {
            let pairs = GOOD.split('&').filter(|pair| !pair.starts_with(name));
            pairs.collect::<Vec<_>>().join("&")
        };
        let cases = [
            (GOOD.to_owned(), "ask tracker.read tracker.write".to_owned()),
            (format!("{GOOD}&scope=mailbox.read"), "ask mailbox.read".to_owned()),
            (format!("{GOOD}&scope=admin"), error("invalid_scope")),
            (format!("{GOOD}&scope=tracker.read&scope=tracker.write"), error("invalid_request")),
            (without("response_type"), error("invalid_request")),
            (GOOD.replace("=code&", "=token&"), error("unsupported_response_type")),
            (without("code_challenge="), error("invalid_request")),
            (without("code_challenge_method"), error("invalid_request")),
            (GOOD.replace("S256", "plain"), error("invalid_request")),
            (GOOD.replace("-cM", "-c"), error("invalid_request")),
            (without("client_id"), "page".to_owned()),
            (GOOD.replace("=app", "=other"), "page".to_owned()),
            (format!("{GOOD}&client_id=app"), "page".to_owned()),
            (without("redirect_uri"), "page".to_owned()),
            (GOOD.replace("callback", "elsewhere"), "page".to_owned()),
            (format!("{GOOD}&redirect_uri=http%3A%2F%2Fevil.example"), "page".to_owned()),
        ];
        for (query, expected) in cases {
            assert_eq!(outcome(&query), expected, "{query}");
        }
    }

    #[test]
    fn a_scheme_of_its_own_has_no_origin() {
        let query = GOOD.replace("http%3A%2F%2F127.0.0.1%3A9%2Foauth%2Fcallback", "myapp%3A%2F%2Fdone");
        let params = Params::parse(query.as_bytes());
        let request = AuthorizationRequest::check(&params, &client().unwrap(), "/", "i").unwrap();
        assert_eq!(request.csp_source(), "myapp:");
    }
}
