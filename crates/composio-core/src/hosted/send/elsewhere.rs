//! Files: the API says where their bytes are, and they go there without any credential of ours.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument;
use url::{Host, Url};

use super::super::credential::same_origin;
use super::super::gate::Gate;
use super::super::options::is_loopback;
use super::super::request::{Operation, Request, Verb};
use super::super::response::Reply;
use super::Sender;
use super::call::{Call, Place};
use super::refusal::Refusal;
use super::setup::{Setup, USER_AGENT};
use crate::error::{Error, ErrorKind, Result};

const PUT: Operation = Operation::once(Verb::Put, "put_file");
const GET: Operation = Operation::get("get_file");

/// How long a file may take: it has many bytes, and a silence ends it sooner.
const TRANSFER: Duration = Duration::from_secs(600);

impl Sender {
    /// Puts the bytes of a file where the API says. It is sent once.
    ///
    /// # Errors
    /// `OutcomeUnknown` where the answer is lost; `PermissionDenied` for an address that is not taken any more, or that no
    /// file may go to.
    pub(in crate::hosted) async fn put_elsewhere(
        &self,
        url: &SecretString,
        body: Bytes,
        content_type: Option<&str>,
        extra: &[(&str, &str)],
    ) -> Result<()> {
        let mut headers = headers();
        let named = content_type.map(|kind| (header::CONTENT_TYPE.as_str(), kind));
        for (name, value) in extra.iter().copied().chain(named) {
            let (Ok(name), Ok(text)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
                return Err(Error::invalid_input(name, value, "it cannot stand in a header"));
            };
            headers.insert(name, text);
        }
        self.transfer(Request { body: Some(body), ..PUT.request(String::new()) }, url, &headers, 64 * 1024)
            .await
            .map(drop)
    }

    /// Gets the bytes of a file from where the API says, and what they are.
    ///
    /// # Errors
    /// `Unexpected` for more than `max` bytes; `PermissionDenied` for an address that is not taken any more, or that no file
    /// may come from.
    pub(in crate::hosted) async fn get_elsewhere(
        &self,
        url: &SecretString,
        max: usize,
    ) -> Result<(Bytes, Option<String>)> {
        let reply = self.transfer(GET.request(String::new()), url, &headers(), max).await?;
        let kind = reply.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
        Ok((reply.body, kind))
    }

    async fn transfer(&self, request: Request, url: &SecretString, headers: &HeaderMap, reply: usize) -> Result<Reply> {
        let setup = self.setup.as_ref().map_err(Refusal::error)?;
        let url = address(setup, url.expose_secret())?;
        // Its limits are not those of the API.
        let (gate, limit) = (Gate::default(), setup.limits.call.max(TRANSFER));
        let origin = url.host_str().unwrap_or_default();
        let place = Place { origin, headers, gate: &gate, limit, reply, is_api: false };
        let mut call = Call::new(setup, &request, place)?;
        let span = call.span();
        call.reply(&url).instrument(span).await.map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::Unauthorized => {
                let message =
                    "the storage did not accept the address of the file, which works once and for minutes; ask anew";
                Error::new(ErrorKind::PermissionDenied, message).with_source(error)
            }
            _ => error,
        })
    }
}

/// What goes along: nothing that says whose file it is.
fn headers() -> HeaderMap {
    HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static(USER_AGENT))])
}

/// Reads where a file goes. What the API says is believed but for two things: bytes do not go in the clear, and not to a
/// machine of the network that this process is in, unless the API itself is there.
///
/// # Errors
/// `PermissionDenied`, without the address: whoever has it can read or write the file.
fn address(setup: &Setup, text: &str) -> Result<Url> {
    let refused = |problem: &str| {
        Error::new(ErrorKind::PermissionDenied, format!("the server names an address for the file that {problem}"))
    };
    let url = Url::parse(text).map_err(|_| refused("is no URL"))?;
    let Some(host) = url.host() else { return Err(refused("names no host")) };
    if is_loopback(&setup.origin) || same_origin(&setup.origin, &url) {
        return match url.scheme() {
            "http" | "https" => Ok(url),
            _ => Err(refused("is neither http nor https")),
        };
    }
    if url.scheme() != "https" {
        return Err(refused("is not https"));
    }
    match is_inside(&host) && setup.origin.host() != Some(host) {
        true => Err(refused("is on a private network")),
        false => Ok(url),
    }
}

/// Whether a host says by itself that it is on this machine or in its network.
fn is_inside(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => is_inside_v4(*address),
        Host::Ipv6(address) => match within(*address) {
            Some(address) => is_inside_v4(address),
            None => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        },
    }
}

/// The address of the older kind that this one stands for: mapped, compatible, or behind NAT64. `::` and `::1` stand for
/// themselves.
fn within(address: std::net::Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let [prefix @ .., high, low] = address.segments();
    let stands_for =
        matches!(prefix, [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0]) || (prefix == [0; 6] && high != 0);
    stands_for.then(|| std::net::Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

fn is_inside_v4(address: std::net::Ipv4Addr) -> bool {
    // 100.64.0.0/10 is what providers of networks keep for themselves.
    let shared = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
    shared
        || address.octets()[0] == 0
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::super::options::HostedOptions;
    use super::*;

    /// Answers one request, and says what it was.
    async fn answer(listener: &TcpListener, reply: &str) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).await.unwrap();
            seen.extend(&part[..count]);
        }
        stream.write_all(reply.as_bytes()).await.unwrap();
        String::from_utf8(seen).unwrap()
    }

    #[tokio::test]
    async fn a_file_travels_without_credentials_and_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = SecretString::from(format!("http://{}/x?sig=t0ken", listener.local_addr().unwrap()));
        let sender = Sender::new(HostedOptions::new("ak_s3cret").base_url("http://localhost:1")).unwrap();

        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nhi";
        let extra = [("x-ms-blob-type", "BlockBlob")];
        let put = sender.put_elsewhere(&url, Bytes::from_static(b"hi"), Some("text/plain"), &extra);
        let (put, seen) = tokio::join!(put, answer(&listener, ok));
        put.unwrap();
        assert!(seen.starts_with("PUT /x?sig=t0ken HTTP/1.1"), "{seen}");
        assert!(seen.contains("x-ms-blob-type: BlockBlob") && seen.contains("content-type: text/plain"), "{seen}");
        assert!(!seen.contains("s3cret") && !seen.contains("x-request-id") && !seen.contains("x-source"), "{seen}");

        let (got, seen) = tokio::join!(sender.get_elsewhere(&url, 2), answer(&listener, ok));
        assert_eq!(got.unwrap(), (Bytes::from_static(b"hi"), Some("text/plain".to_owned())));
        assert!(!seen.contains("s3cret"), "{seen}");
        let (got, _) = tokio::join!(sender.get_elsewhere(&url, 1), answer(&listener, ok));
        assert_eq!(got.unwrap_err().kind(), ErrorKind::Unexpected);

        for (status, kind) in [(503, ErrorKind::OutcomeUnknown), (403, ErrorKind::PermissionDenied)] {
            let reply = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let put = sender.put_elsewhere(&url, Bytes::from_static(b"hi"), None, &[]);
            let (put, _) = tokio::join!(put, answer(&listener, &reply));
            let error = put.unwrap_err();
            assert!(error.kind() == kind && !format!("{error:?}").contains("t0ken"), "{error:?}");
        }
    }

    #[test]
    fn a_file_goes_where_the_api_says_but_not_in_the_clear_and_not_inside() {
        let hosted = Setup::new(HostedOptions::new("ak_1")).unwrap();
        let local = Setup::new(HostedOptions::new("ak_1").base_url("http://localhost:9900")).unwrap();
        let inside = Setup::new(HostedOptions::new("ak_1").base_url("https://10.0.0.5")).unwrap();
        for (url, from_hosted, from_local, from_inside) in [
            ("https://bucket.s3.amazonaws.com/x?sig=s3cret", true, true, true),
            ("http://bucket.s3.amazonaws.com/x?sig=s3cret", false, true, false),
            ("https://10.0.0.5/x?sig=s3cret", false, true, true),
            ("https://10.0.0.5:9000/x?sig=s3cret", false, true, true),
            ("https://10.0.0.6/x?sig=s3cret", false, true, false),
            ("https://169.254.169.254/s3cret", false, true, false),
            ("https://100.64.0.1/s3cret", false, true, false),
            ("https://[::1]/s3cret", false, true, false),
            ("https://[::ffff:10.0.0.1]/s3cret", false, true, false),
            ("https://[fd00::1]/s3cret", false, true, false),
            ("https://localhost/s3cret", false, true, false),
            ("https://localhost./s3cret", false, true, false),
            ("https://[::127.0.0.1]/s3cret", false, true, false),
            ("https://[64:ff9b::10.0.0.1]/s3cret", false, true, false),
            ("https://[64:ff9b::1.1.1.1]/s3cret", true, true, true),
            ("https://[::]/s3cret", false, true, false),
            ("https://2130706433/s3cret", false, true, false),
            ("file:///etc/s3cret", false, false, false),
            ("s3cret", false, false, false),
        ] {
            for (setup, allowed) in [(&hosted, from_hosted), (&local, from_local), (&inside, from_inside)] {
                match address(setup, url) {
                    Ok(_) => assert!(allowed, "{url} from {}", setup.prefix),
                    Err(error) => {
                        assert!(!allowed, "{url} from {}: {error}", setup.prefix);
                        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
                    }
                }
            }
        }
    }
}
