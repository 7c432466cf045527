//! A server that answers from a script, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A reply that both kinds of calls of these tests understand.
pub(crate) const BODY: &str = r#"{"items":[],"data":{"id":1},"error":null,"log_id":"log_1","result_type":"completed"}"#;

/// What a server with a limit takes for an answer: long enough to see who waited for it.
pub(crate) const LIMITED_TAKES: Duration = Duration::from_millis(50);

/// [`BODY`], compressed.
const GZIPPED: &[u8] = include_bytes!("body.gz");

/// One reply, as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
    /// Bytes that are announced, and never written whole.
    announced: Option<usize>,
    wait: Duration,
}

/// One request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) at: Instant,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    otherwise: Option<Answer>,
    /// Until when everything is answered with 429, from the first request on.
    closed: Option<(Duration, Option<Instant>)>,
    seen: Vec<Seen>,
}

/// The server. It ends with this value.
#[derive(Debug)]
pub(crate) struct Stub {
    pub(crate) address: std::net::SocketAddr,
    script: Arc<Mutex<Script>>,
    _serving: JoinSet<()>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".into(), "application/json".into())];
        Self { status, headers, body: body.into(), chunked: false, announced: None, wait: Duration::ZERO }
    }

    pub(crate) fn ok() -> Self {
        Self::new(200, BODY)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, format!(r#"{{"error":{{"message":"no","status":{status},"request_id":"req_1"}}}}"#))
    }

    pub(crate) fn html() -> Self {
        let mut answer = Self::new(200, "<html><body>Sign in to the s3cret network</body></html>");
        answer.headers = vec![("content-type".into(), "text/html; charset=utf-8".into())];
        answer
    }

    pub(crate) fn gzipped(cut: bool) -> Self {
        let body = if cut { &GZIPPED[..GZIPPED.len() / 2] } else { GZIPPED };
        Self::new(200, body).header("content-encoding", "gzip")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Says that so much comes, and writes as much as the client takes.
    pub(crate) fn announcing(mut self, bytes: usize) -> Self {
        self.announced = Some(bytes);
        self
    }

    /// Answers after a while.
    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Said\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.chunked {
            true => head.push_str("transfer-encoding: chunked\r\n\r\n"),
            false => head.push_str(&format!("content-length: {}\r\n\r\n", self.announced.unwrap_or(self.body.len()))),
        }
        head
    }

    async fn write(&self, to: &mut TcpStream) -> std::io::Result<()> {
        tokio::time::sleep(self.wait).await;
        let mut bytes = self.head().into_bytes();
        if self.chunked {
            for part in self.body.chunks(self.body.len().div_ceil(3).max(1)) {
                bytes.extend(format!("{:x}\r\n", part.len()).into_bytes());
                bytes.extend(part);
                bytes.extend(b"\r\n");
            }
            if self.announced.is_none() {
                bytes.extend(b"0\r\n\r\n");
            }
        } else {
            bytes.extend(&self.body);
        }
        to.write_all(&bytes).await?;
        if let Some(announced) = self.announced {
            self.fill(to, announced).await?;
        }
        Ok(())
    }

    /// Writes what was announced and is not there, as one that never ends would.
    async fn fill(&self, to: &mut TcpStream, announced: usize) -> std::io::Result<()> {
        let filling = vec![b' '; 64 * 1024];
        let mut left = announced.saturating_sub(self.body.len());
        while left > 0 {
            let part = &filling[..left.min(filling.len())];
            if self.chunked {
                to.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await?;
            }
            to.write_all(part).await?;
            if self.chunked {
                to.write_all(b"\r\n").await?;
            }
            left -= part.len();
        }
        Ok(())
    }
}

impl Stub {
    /// A server that gives these answers, and then good ones.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Script { answers: answers.into_iter().collect(), ..Script::default() };
        Self::serve(script).await
    }

    /// A server that always gives this answer.
    pub(crate) async fn always(answer: Answer) -> Self {
        Self::serve(Script { otherwise: Some(answer), ..Script::default() }).await
    }

    /// A server that answers 429 for this long, from its first request on, and then takes [`LIMITED_TAKES`].
    pub(crate) async fn limited(window: Duration) -> Self {
        let otherwise = Some(Answer::ok().after(LIMITED_TAKES));
        Self::serve(Script { closed: Some((window, None)), otherwise, ..Script::default() }).await
    }

    async fn serve(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, script) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(script)));
        let mut serving = JoinSet::new();
        let shared = Arc::clone(&script);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        Self { address, script, _serving: serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// How many requests came so far.
    pub(crate) fn count(&self) -> usize {
        self.script.lock().unwrap().seen.len()
    }
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Script {
    fn next(&mut self) -> Answer {
        if let Some((window, since)) = &mut self.closed {
            let since = *since.get_or_insert_with(Instant::now);
            if let Some(left) = window.checked_sub(since.elapsed()) {
                let left = left.as_millis().max(1).to_string();
                return Answer::new(429, r#"{"message":"Rate limit exceeded."}"#).header("retry-after-ms", &left);
            }
        }
        self.answers.pop_front().or_else(|| self.otherwise.clone()).unwrap_or_else(Answer::ok)
    }
}

async fn converse(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    while let Some((head, _)) = request(&mut stream).await {
        let answer = {
            let mut script = script.lock().unwrap();
            script.seen.push(head);
            script.next()
        };
        if answer.write(&mut stream).await.is_err() {
            return;
        }
    }
}

/// Reads a whole request; none where there is no more.
async fn request(stream: &mut TcpStream) -> Option<(Seen, Vec<u8>)> {
    let (head, mut rest) = head(stream).await?;
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut lines = text.lines();
    let line = lines.next()?.to_owned();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let seen = Seen { line, headers, at: Instant::now() };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while rest.len() < length {
        let mut part = [0; 16 * 1024];
        match stream.read(&mut part).await {
            Ok(count) if count > 0 => rest.extend(&part[..count]),
            _ => return None,
        }
    }
    Some((seen, rest))
}

/// Reads up to the end of a head: the head, and what came with it.
pub(crate) async fn head(stream: &mut TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((bytes, rest));
        }
        match stream.read(&mut part).await {
            Ok(count) if count > 0 => bytes.extend(&part[..count]),
            _ => return None,
        }
    }
}
