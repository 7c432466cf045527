//! The sender against servers that misbehave. Everything stays on loopback.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a server does with one request.
#[derive(Clone)]
enum Act {
    /// Answers with these bytes, and closes.
    Answer(String),
    /// Closes without an answer.
    Cut,
    /// Never answers.
    Hang,
}

fn answer(text: &str) -> Act {
    Act::Answer(text.to_owned())
}

/// A server that plays its acts, one for each connection, the last one again and again.
struct Server {
    at: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let play = async move {
            let mut hanging = Vec::new();
            for turn in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                seen.lock().unwrap().push(request);
                match &acts[turn.min(acts.len() - 1)] {
                    Act::Answer(text) => {
                        stream.write_all(text.as_bytes()).await.unwrap();
                        let _ = stream.shutdown().await;
                    }
                    Act::Cut => drop(stream),
                    Act::Hang => hanging.push(stream),
                }
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the server ends the task when it is dropped")]
        let task = tokio::spawn(play);
        Self { at, requests, task }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    fn seen(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn options(&self) -> HttpOptions {
        HttpOptions::default().allow_private(self.at.to_string())
    }

    fn http(&self) -> Http {
        http(self.options())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request: its head, and as much body as the head announces.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        assert!(count > 0, "the request ended early: {text}");
    }
}

fn http(options: HttpOptions) -> Http {
    let mut http = Http::new(options).unwrap();
    http.backoff = Duration::from_millis(1);
    http
}

fn request(method: &str, url: impl AsRef<str>) -> Request<Bytes> {
    Request::builder().method(method).uri(url.as_ref()).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn reads_are_sent_again_where_that_can_help() {
    let status = |status: &str| answer(&format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"));
    let half = answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    for first in [Act::Cut, half, status("429 X"), status("502 X"), status("503 X"), status("504 X")] {
        for method in ["GET", "HEAD"] {
            let server = Server::start(vec![first.clone(), first.clone(), answer(OK)]).await;
            let reply = server.http().send(request(method, server.url("/"))).await;
            // A HEAD has no body that could be cut.
            if method == "GET" {
                assert_eq!(reply.unwrap().status(), 200);
                assert_eq!(server.seen().len(), 3);
            }
        }
    }
}

#[tokio::test]
async fn retries_end() {
    let server = Server::start(vec![Act::Cut]).await;
    let error = server.http().send(request("GET", server.url("/"))).await.unwrap_err();
    assert!(matches!(error, SendError::Lost { timeout: false, .. }), "{error:?}");
    assert_eq!(server.seen().len(), 3);

    let server = Server::start(vec![answer("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n")]).await;
    let reply = http(server.options().retries(1)).send(request("GET", server.url("/"))).await.unwrap();
    assert_eq!((reply.status().as_u16(), server.seen().len()), (503, 2));
}

#[tokio::test]
async fn writes_are_sent_exactly_once() {
    let half = answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for act in [Act::Cut, half.clone(), Act::Hang] {
            let server = Server::start(vec![act.clone(), answer(OK)]).await;
            let http = http(server.options().timeout(Duration::from_millis(100)));
            let error = http.send(request(method, server.url("/"))).await.unwrap_err();
            assert!(
                matches!(error, SendError::Lost { timeout, .. } if timeout == matches!(act, Act::Hang)),
                "{error:?}"
            );
            assert_eq!(error.into_error(false).kind(), ErrorKind::OutcomeUnknown);
            assert_eq!(server.seen().len(), 1, "{method}");
        }
        for status in ["429", "502", "503", "504"] {
            let server =
                Server::start(vec![answer(&format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n")), answer(OK)])
                    .await;
            let reply = server.http().send(request(method, server.url("/"))).await.unwrap();
            assert_eq!((reply.status().as_str(), server.seen().len()), (status, 1), "{method}");
        }
    }
}

#[tokio::test]
async fn a_write_on_a_connection_that_went_stale_arrives_once() {
    let keep = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok";
    let server = Server::start(vec![answer(keep)]).await;
    let http = server.http();
    for count in 1..4 {
        http.send(request("POST", server.url("/"))).await.unwrap();
        assert_eq!(server.seen().len(), count);
        // The server has closed by now, and the client can know.
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_refused_connection_means_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let http = http(HttpOptions::default().allow_private(at.to_string()));
    for method in ["GET", "POST"] {
        let error = http.send(request(method, format!("http://{at}/secret-path?key=secret-query"))).await.unwrap_err();
        assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
        let text = format!("{error} {error:?}");
        let error = error.into_error(false);
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, composio_core::Retry::Safe));
        let text = format!("{text} {error} {error:?}");
        assert!(!text.contains("secret") && text.contains(&at.to_string()) && text.contains("refused"), "{text}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_lost_and_a_read_is_asked_again() {
    let slow_body = answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
    for first in [Act::Hang, slow_body] {
        let server = Server::start(vec![first, answer(OK)]).await;
        let http = http(server.options().timeout(Duration::from_millis(60)));
        assert_eq!(http.send(request("GET", server.url("/"))).await.unwrap().body(), "ok");
        assert_eq!(server.seen().len(), 2);
    }
    let server = Server::start(vec![Act::Hang]).await;
    let http = http(server.options().timeout(Duration::from_millis(30)).retries(1));
    let error = http.send(request("GET", server.url("/"))).await.unwrap_err();
    assert!(matches!(error, SendError::Lost { timeout: true, .. }), "{error:?}");
}

#[tokio::test]
async fn retry_after_is_honoured_or_handed_back() {
    for (wait, count) in [("0", 2), ("11", 1), ("3600", 1)] {
        let busy = answer(&format!("HTTP/1.1 429 X\r\nretry-after: {wait}\r\ncontent-length: 0\r\n\r\n"));
        let server = Server::start(vec![busy, answer(OK)]).await;
        let reply = server.http().send(request("GET", server.url("/"))).await.unwrap();
        assert_eq!(server.seen().len(), count, "{wait}");
        assert_eq!(reply.status().as_u16(), if count == 2 { 200 } else { 429 });
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let announced = answer("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890");
    let chunked = answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n");
    for act in [announced, chunked] {
        for method in ["GET", "POST"] {
            let server = Server::start(vec![act.clone()]).await;
            let http = http(server.options().max_response(10));
            let error = http.send(request(method, server.url("/"))).await.unwrap_err();
            assert!(matches!(error, SendError::TooLarge { limit: 10 }), "{error:?}");
            assert_eq!(server.seen().len(), 1);
        }
        let server = Server::start(vec![act]).await;
        let http = http(server.options().max_response(11));
        assert_eq!(http.send(request("GET", server.url("/"))).await.unwrap().body().len(), 11);
    }
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_for() {
    let server = Server::start(vec![answer(OK)]).await;
    let http = server.http();
    let mut message = request("POST", server.url("/a%2Fb?c=d%20e"));
    *message.body_mut() = Bytes::from_static(b"{\"a\":1}");
    http.send(message).await.unwrap();
    http.send(request("PATCH", server.url("/empty"))).await.unwrap();
    http.send(request("GET", server.url("/get"))).await.unwrap();
    let seen = server.seen();
    assert!(
        seen[0].starts_with("POST /a%2Fb?c=d%20e HTTP/1.1\r\n") && seen[0].ends_with("\r\n\r\n{\"a\":1}"),
        "{}",
        seen[0]
    );
    assert!(seen[0].contains(concat!("user-agent: composio-rust/", env!("CARGO_PKG_VERSION"))), "{}", seen[0]);
    assert!(seen[1].contains("\r\ncontent-length: 0\r\n"), "{}", seen[1]);
    assert!(!seen[2].contains("content-length") && !seen[2].contains("referer"), "{}", seen[2]);
}

fn redirect_to(url: &str) -> Act {
    answer(&format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n"))
}

fn with_credentials(url: String) -> Request<Bytes> {
    let mut request = request("GET", url);
    for (name, value) in
        [("authorization", "Bearer s3cret"), ("cookie", "a=s3cret"), ("x-key", "s3cret"), ("x-plain", "plain")]
    {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request.extensions_mut().insert(CredentialHeaders(vec![HeaderName::from_static("x-key")]));
    request.extensions_mut().insert(CredentialQuery(vec!["key".into()]));
    request
}

#[tokio::test]
async fn a_redirect_to_another_origin_loses_the_credential_for_good() {
    let other = Server::start(vec![redirect_to("/again"), answer(OK)]).await;
    let first = Server::start(vec![redirect_to("/near"), redirect_to(&other.url("/far?key=s3cret&x=1"))]).await;
    let http = http(first.options().allow_private(other.at.to_string()));
    assert_eq!(http.send(with_credentials(first.url("/"))).await.unwrap().body(), "ok");
    assert!(first.seen().iter().all(|request| request.matches("s3cret").count() == 3), "{:?}", first.seen());
    let seen = other.seen();
    assert!(seen[0].starts_with("GET /far?x=1 ") && seen[1].starts_with("GET /again "), "{seen:?}");
    assert!(seen.iter().all(|request| !request.contains("s3cret") && request.contains("x-plain: plain")), "{seen:?}");
}

#[tokio::test]
async fn a_redirect_to_a_private_target_is_not_followed() {
    let secret = Server::start(vec![answer(OK)]).await;
    let port = secret.at.port();
    for location in [
        secret.url("/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("//0x7f.1:{port}/"),
        format!("https://127.0.0.2:{port}/"),
        "http://service.invalid/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let first = Server::start(vec![redirect_to(&location)]).await;
        let error = first.http().send(request("GET", first.url("/"))).await.unwrap_err();
        assert!(matches!(error, SendError::Refused { .. }), "{location}: {error:?}");
        assert_eq!((first.seen().len(), secret.seen().len()), (1, 0), "{location}");
    }
}

#[tokio::test]
async fn redirects_of_writes_and_redirects_too_many_are_handed_back() {
    for status in ["302 X", "303 X", "307 X", "308 X"] {
        let redirect = answer(&format!("HTTP/1.1 {status}\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n"));
        let server = Server::start(vec![redirect]).await;
        let reply = server.http().send(request("POST", server.url("/"))).await.unwrap();
        assert_eq!((reply.status().is_redirection(), server.seen().len()), (true, 1));
        let reply = server.http().send(request("GET", server.url("/"))).await.unwrap();
        assert_eq!((reply.status().is_redirection(), server.seen().len()), (true, 1 + 6));
    }
}

#[tokio::test]
async fn literals_and_local_names_are_refused_before_anything_is_sent() {
    let server = Server::start(vec![answer(OK)]).await;
    let port = server.at.port();
    let http = http(HttpOptions::default().allow_private(format!("127.0.0.1:{}", port ^ 1)));
    for host in [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "localhost",
        "x.localhost",
    ] {
        for (method, scheme) in [("GET", "http"), ("POST", "https")] {
            let url = format!("{scheme}://{host}:{port}/");
            let error = http.send(request(method, &url)).await.unwrap_err();
            assert!(
                matches!(&error, SendError::Refused { reason } if reason.contains("::allow_private(\"")),
                "{url}: {error:?}"
            );
            assert_eq!(error.into_error(true).kind(), ErrorKind::PermissionDenied);
        }
    }
    assert!(server.seen().is_empty());
}

/// Resolves every name to one address, and counts.
struct Everywhere(SocketAddr, Arc<AtomicUsize>);

impl Resolve for Everywhere {
    fn resolve(&self, _: Name) -> Resolving {
        self.1.fetch_add(1, Ordering::SeqCst);
        let addresses: Addrs = Box::new(std::iter::once(self.0));
        Box::pin(async move { Ok(addresses) })
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_unless_it_is_allowed() {
    let server = Server::start(vec![answer(OK)]).await;
    let port = server.at.port();
    let count = Arc::new(AtomicUsize::new(0));
    let resolver = Arc::new(Everywhere(server.at, Arc::clone(&count)));
    let options = HttpOptions::default().allow_private(format!("Service.Test:{port}"));
    let http = Http::with_resolver(options, resolver).unwrap();

    for url in [
        format!("https://other.test:{port}/"),
        format!("https://service.test:{}/", port ^ 1),
        "https://service.test/".into(),
    ] {
        let error = http.send(request("GET", &url)).await.unwrap_err();
        let expected = matches!(&error, SendError::Refused { reason } if reason.contains("127.0.0.1") && reason.contains(".test:"));
        assert!(expected, "{url}: {error:?}");
    }
    assert_eq!((count.load(Ordering::SeqCst), server.seen().len()), (3, 0));
    let reply = http.send(request("GET", format!("http://service.test:{port}/"))).await.unwrap();
    assert_eq!((reply.body().as_ref(), server.seen().len()), (&b"ok"[..], 1));
}

/// Never finds anything.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_come_about_in_time_was_never_used() {
    let http = Http::with_resolver(HttpOptions::default(), Arc::new(Nowhere)).unwrap();
    for (method, seconds) in [("POST", 5), ("GET", 15)] {
        let start = tokio::time::Instant::now();
        let error = http.send(request(method, "https://api.example.com/")).await.unwrap_err();
        assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
        assert!(error.to_string().contains("in time"), "{error}");
        // Each try has five seconds, and pauses stand between the tries.
        let taken = start.elapsed().as_millis();
        assert!((seconds * 1_000..seconds * 1_000 + 700).contains(&taken), "{method}: {taken}");
    }
}

#[test]
fn a_target_that_is_none_is_refused_at_the_start() {
    let error = Http::new(HttpOptions::default().allow_private("10.0.0.1")).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("host:port"), "{error}");
}
