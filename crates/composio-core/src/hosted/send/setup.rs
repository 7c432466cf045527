//! What a sender holds between calls: where to, with which headers, and the HTTP client, built when it is first needed.

use std::sync::OnceLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use url::Url;

use super::super::credential::Credential;
use super::super::gate::Gate;
use super::super::options::{self, HostedOptions, Http, Limits};
use super::super::tls;
use super::refusal::Refusal;
use crate::error::{Error, ErrorKind, Result};

pub(super) const USER_AGENT: &str = concat!("composio-rust/", env!("CARGO_PKG_VERSION"));
const SOURCE: HeaderName = HeaderName::from_static("x-source");
const SDK_VERSION: HeaderName = HeaderName::from_static("x-sdk-version");

/// How long an unused connection is kept. Shorter than most servers keep theirs, because a request on a connection that the
/// server is closing is one whose outcome nobody knows.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// What is the same for every request of a sender.
pub(super) struct Setup {
    pub(super) origin: Url,
    /// The origin as it is written before a target.
    pub(super) prefix: String,
    pub(super) headers: HeaderMap,
    pub(super) credential: Credential,
    pub(super) limits: Limits,
    pub(super) gate: Gate,
    http: Http,
    roots: Vec<CertificateDer<'static>>,
    client: OnceLock<Result<reqwest::Client, Refusal>>,
}

impl Setup {
    pub(super) fn new(options: HostedOptions) -> Result<Self> {
        if options.needless_scope {
            let message = "the key of a project is for that project alone; give `scope` with `HostedOptions::user_key`";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let (origin, roots) = (options.origin()?, options.roots()?);
        if let Http::Given(client) = &options.http {
            refuse_redirects(client)?;
        }
        Ok(Self {
            prefix: origin.as_str().trim_end_matches('/').to_owned(),
            origin,
            headers: headers(&options.credential)?,
            credential: options.credential,
            limits: options.limits,
            gate: Gate::default(),
            roots,
            http: options.http,
            client: OnceLock::new(),
        })
    }

    /// The whole address of a target; none where the target would change the origin.
    pub(super) fn url(&self, target: &str) -> Option<Url> {
        if !target.starts_with('/') {
            return None;
        }
        Url::parse(&format!("{}{target}", self.prefix)).ok()
    }

    /// The HTTP client.
    pub(super) fn client(&self) -> Result<&reqwest::Client> {
        if let Http::Given(client) = &self.http {
            return Ok(client);
        }
        self.client.get_or_init(|| self.build().map_err(Refusal::from)).as_ref().map_err(Refusal::error)
    }

    fn build(&self) -> Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(&self.roots)?)
            .connect_timeout(self.limits.connect)
            .pool_idle_timeout(POOL_IDLE)
            .tcp_nodelay(true)
            .gzip(true);
        // No proxy stands before this machine.
        if options::is_loopback(&self.origin) {
            builder = builder.no_proxy();
        }
        if let Http::Configured(change) = &self.http {
            builder = change(builder);
        }
        builder.redirect(Policy::none()).retry(reqwest::retry::never()).referer(false).build().map_err(|error| {
            let message = "the HTTP client cannot be set up; check `HostedOptions::configure`";
            Error::new(ErrorKind::InvalidInput, message).with_source(error)
        })
    }
}

/// What goes along with every request. Rule: `session-api` 1.3.
fn headers(credential: &Credential) -> Result<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(SOURCE, HeaderValue::from_static("RUST_SDK"));
    headers.insert(SDK_VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    headers.extend(credential.headers()?);
    Ok(headers)
}

/// Refuses a client that follows redirects by itself: it would take the key to any origin, because it does not know that
/// our header is a credential. What it does can only be read from how it prints itself, so whatever reads otherwise is
/// refused too.
fn refuse_redirects(client: &reqwest::Client) -> Result<()> {
    // Quotation marks within a printed value are escaped: this text cannot come from a header that the caller set.
    if format!("{client:?}").contains(r#", redirect_policy: "Policy(None)""#) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        "the HTTP client follows redirects, and would take the API key along; build it with \
         `.redirect(reqwest::redirect::Policy::none())`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        Setup::new(HostedOptions::new("ak_s3cret").base_url("http://localhost:9900")).unwrap()
    }

    fn given(builder: reqwest::ClientBuilder) -> Result<Setup> {
        Setup::new(HostedOptions::new("ak_1").client(builder.build().unwrap()))
    }

    fn builder() -> reqwest::ClientBuilder {
        reqwest::Client::builder().tls_backend_preconfigured(tls::config(&[]).unwrap())
    }

    #[test]
    fn a_client_that_follows_redirects_is_refused() {
        assert!(given(builder().redirect(Policy::none())).is_ok());
        let forged = HeaderMap::from_iter([(
            HeaderName::from_static("x-forged"),
            HeaderValue::from_static(r#", redirect_policy: "Policy(None)""#),
        )]);
        for refused in [
            builder(),
            builder().redirect(Policy::limited(10)),
            builder().redirect(Policy::limited(3)),
            builder().redirect(Policy::custom(|attempt| attempt.follow())),
            builder().default_headers(forged),
        ] {
            let error = given(refused).err().expect("it follows redirects");
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("Policy::none()"), "{error}");
        }
    }

    #[test]
    fn whatever_a_caller_configures_the_client_follows_no_redirect() {
        let options = HostedOptions::new("ak_1")
            .base_url("http://localhost")
            .configure(|client| client.redirect(Policy::limited(9)));
        let setup = Setup::new(options).unwrap();
        refuse_redirects(setup.client().unwrap()).unwrap();
    }

    #[test]
    fn ids_for_a_project_key_are_refused() {
        let error = Setup::new(HostedOptions::new("ak_1").scope("ok_1", "pr_1")).err().unwrap();
        assert!(error.to_string().contains("user_key"), "{error}");
    }

    #[test]
    fn a_target_stays_below_its_origin() {
        let setup = setup();
        for target in ["/api/v3.1/tools?x=..&y=/../", "/api/v3.1/x%20y", "//evil.example/"] {
            let url = setup.url(target).unwrap();
            assert_eq!(url.as_str(), format!("http://localhost:9900{target}"));
        }
        for target in ["@evil.example/", ":1/x", "", ".evil.example/", "?x"] {
            assert!(setup.url(target).is_none(), "{target}");
        }
    }

    #[test]
    fn one_credential_goes_along_and_nothing_prints_it() {
        let setup = setup();
        let names: Vec<_> = setup.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["accept", "user-agent", "x-source", "x-sdk-version", "x-api-key"]);
        assert!(!format!("{:?}", setup.headers).contains("s3cret"));
    }
}
