//! A proxy that breaks connections: it stands between a client and a server, and spoils what passes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::stub::head;

/// What happens to one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It is reset before anything is read.
    ResetAtOnce,
    /// It is reset when the head of the request was read; the server gets nothing.
    ResetBeforeBody,
    /// It is reset when the server got the whole request and has answered; the client gets nothing.
    ResetAfterRequest,
    /// It ends in the middle of the reply.
    HalfReply,
    /// The server answers, and nothing of it passes.
    Stall,
    /// The reply passes in small pieces.
    Trickle,
    /// It ends after the first reply, without a word.
    CloseAfterReply,
    /// The first exchange passes; then it is reset when the second request was read, which the server does not get.
    ResetSecond,
}

/// The proxy. It ends with this value.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Proxy {
    /// A proxy that spoils one connection after the other as said, and then none.
    pub(crate) async fn start(server: SocketAddr, faults: impl IntoIterator<Item = Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, _serving: serving(listener, server, faults.into_iter().collect()) }
    }

    /// A proxy that refuses connections for a while.
    pub(crate) fn refusing(server: SocketAddr, time: Duration) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let mut waiting = JoinSet::new();
        waiting.spawn(async move {
            tokio::time::sleep(time).await;
            let mut serving = serving(socket.listen(64).unwrap(), server, VecDeque::new());
            serving.join_next().await;
        });
        Self { address, _serving: waiting }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serving(listener: TcpListener, server: SocketAddr, faults: VecDeque<Fault>) -> JoinSet<()> {
    let faults = Arc::new(Mutex::new(faults));
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let fault = faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
            connections.spawn(async move { pass(client, server, fault).await.unwrap_or_default() });
        }
    });
    serving
}

async fn pass(mut client: TcpStream, server: SocketAddr, fault: Fault) -> Option<()> {
    if fault == Fault::ResetAtOnce {
        return reset(&client);
    }
    let mut server = TcpStream::connect(server).await.ok()?;
    if fault == Fault::None {
        tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()?;
        return Some(());
    }
    if fault == Fault::ResetBeforeBody {
        head(&mut client).await?;
        return reset(&client);
    }
    relay(&mut client, &mut server).await?;
    let reply = message(&mut server).await?;
    match fault {
        Fault::ResetAfterRequest => return reset(&client),
        Fault::HalfReply => {
            client.write_all(&reply[..reply.len() - 40]).await.ok()?;
            return Some(());
        }
        Fault::Stall => std::future::pending().await,
        Fault::Trickle => {
            client.set_nodelay(true).ok()?;
            for part in reply.chunks(8) {
                client.write_all(part).await.ok()?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Fault::CloseAfterReply => {
            client.write_all(&reply).await.ok()?;
            return Some(());
        }
        Fault::ResetSecond => {
            client.write_all(&reply).await.ok()?;
            message(&mut client).await?;
            return reset(&client);
        }
        Fault::None | Fault::ResetAtOnce | Fault::ResetBeforeBody => {}
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()?;
    Some(())
}

/// Ends a connection as a crash does.
fn reset(client: &TcpStream) -> Option<()> {
    client.set_zero_linger().ok()
}

/// Passes one request on.
async fn relay(client: &mut TcpStream, server: &mut TcpStream) -> Option<()> {
    let request = message(client).await?;
    server.write_all(&request).await.ok()
}

/// Reads one whole message, a request or a reply.
async fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let (head, mut body) = head(from).await?;
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length: ")).map(|length| length.parse().unwrap());
    let chunked = text.contains("transfer-encoding: chunked");
    let done = |body: &[u8]| match chunked {
        true => body.ends_with(b"0\r\n\r\n"),
        false => body.len() >= length.unwrap_or(0),
    };
    let mut part = [0; 16 * 1024];
    while !done(&body) {
        match from.read(&mut part).await {
            Ok(count) if count > 0 => body.extend(&part[..count]),
            _ => return None,
        }
    }
    Some([head, body].concat())
}
