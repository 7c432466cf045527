//! Adds a credential to every request, for a client that cannot: what it asks for is passed on as it came.

use std::io;

use composio::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// No head of ours is longer.
const LONGEST: usize = 16 * 1024;

/// It listens until it is dropped.
pub(super) struct Forwarder {
    pub(super) url: Url,
    _serving: JoinSet<()>,
}

impl Forwarder {
    /// Stands before this endpoint. Its own name, and no other, is passed on as the name of what stands behind it, so that
    /// a foreign host or origin is still judged by the server.
    pub(super) async fn before(endpoint: &Url, credential: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let mut url = endpoint.clone();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (behind, credential) = (endpoint.authority().to_owned(), credential.to_owned());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (own, behind, credential) = (own.clone(), behind.clone(), credential.clone());
                // A client that goes away in the middle is no failure of the server.
                open.spawn(async move { _ = pass_on(client, &own, &behind, &credential).await });
            }
        });
        Self { url, _serving: serving }
    }
}

/// One request on each connection: the next one needs its credential too.
async fn pass_on(mut client: TcpStream, own: &str, behind: &str, credential: &str) -> io::Result<()> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let more = client.read(&mut buffer).await?;
        if more == 0 || read.len() > LONGEST {
            return Ok(());
        }
        read.extend_from_slice(&buffer[..more]);
    };
    let head = String::from_utf8(read[..end].to_vec()).map_err(io::Error::other)?;
    let mut server = TcpStream::connect(behind).await?;
    server.write_all(rewritten(&head, own, behind, credential).as_bytes()).await?;
    server.write_all(&read[end..]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// The head with the credential, without its last line break.
fn rewritten(head: &str, own: &str, behind: &str, credential: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in head.split("\r\n") {
        let name = line.split(':').next().unwrap().to_ascii_lowercase();
        match name.as_str() {
            "connection" => {}
            "host" | "origin" => lines.push(line.replace(own, behind)),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.push("connection: close".to_owned());
    lines.push(format!("authorization: Bearer {credential}"));
    lines.join("\r\n")
}
