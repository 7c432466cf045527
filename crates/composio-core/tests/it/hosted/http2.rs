//! HTTP/2, with a server of a few frames: what it turns away unread is sent again, writes too.

use composio_core::ErrorKind;
use composio_core::hosted::HostedClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::stub::BODY;
use super::{options, session, write};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// A server that resets the first request so, and answers the second. It says how many streams it saw.
struct Resetting {
    url: String,
    serving: JoinSet<u32>,
}

async fn resetting(code: u32) -> Resetting {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        converse(&mut stream, code).await
    });
    Resetting { url, serving }
}

async fn converse(stream: &mut TcpStream, code: u32) -> u32 {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    send(stream, SETTINGS, 0, 0, &[]).await;
    let mut streams = 0;
    while let Some((kind, flags, id)) = receive(stream).await {
        match kind {
            SETTINGS if flags == 0 => send(stream, SETTINGS, 1, 0, &[]).await,
            HEADERS => {
                streams += 1;
                if streams == 1 {
                    send(stream, RST_STREAM, 0, id, &code.to_be_bytes()).await;
                } else {
                    // `:status: 200`, from the table that both sides know.
                    send(stream, HEADERS, END_HEADERS, id, &[0x88]).await;
                    send(stream, DATA, END_STREAM, id, BODY.as_bytes()).await;
                }
            }
            _ => {}
        }
    }
    streams
}

async fn send(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(id.to_be_bytes());
    frame.extend(body);
    let _ = stream.write_all(&frame).await;
}

async fn receive(stream: &mut TcpStream) -> Option<(u8, u8, u32)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    stream.read_exact(&mut vec![0; length as usize]).await.ok()?;
    Some((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]])))
}

/// What a call comes to, with a body or without one, and how many streams the server saw of it.
async fn fate(code: u32, has_body: bool) -> (Option<ErrorKind>, u32) {
    let mut server = resetting(code).await;
    let options = options(&server.url).configure(|client| client.http2_prior_knowledge());
    let client = HostedClient::new(options).unwrap();
    let result = match has_body {
        true => write(&client).await,
        false => client.delete_session(&session()).await.map(|_| ()),
    };
    drop(client);
    let streams = server.serving.join_next().await.unwrap().unwrap();
    (result.err().map(|error| error.kind()), streams)
}

#[tokio::test]
async fn a_write_that_was_turned_away_unread_is_sent_again() {
    assert_eq!(fate(REFUSED_STREAM, true).await, (None, 2));
    assert_eq!(fate(REFUSED_STREAM, false).await.1, 2);
}

#[tokio::test]
async fn any_other_reset_leaves_the_outcome_unknown() {
    for has_body in [true, false] {
        assert_eq!(fate(INTERNAL_ERROR, has_body).await, (Some(ErrorKind::OutcomeUnknown), 1));
    }
}
