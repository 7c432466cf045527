//! The server: it knows its replies before anybody asks.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::replies::Replies;

/// A stub in a process of its own; it ends with this value.
#[derive(Debug)]
pub struct Stub {
    address: String,
    process: Child,
    // Its end is the end of the process, however this one ends.
    _input: Option<ChildStdin>,
}

impl Stub {
    /// Starts the program `stub`.
    ///
    /// # Errors
    /// Where it does not start or says nothing.
    pub fn start(program: &str) -> Result<Self> {
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let mut address = String::new();
        BufReader::new(output.context("the stub has an output")?).read_line(&mut address)?;
        Ok(Self { address: address.trim().to_owned(), process, _input: input })
    }

    /// Where it listens, as a base URL.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers whoever connects, for ever.
///
/// # Errors
/// Where nothing more can be accepted.
pub async fn serve(listener: TcpListener) -> Result<()> {
    let replies = Arc::new(Replies::new());
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // A client that goes away is no failure of the stub's.
        connections.spawn(connection(stream, Arc::clone(&replies)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(mut stream: TcpStream, replies: Arc<Replies>) -> Result<()> {
    let mut read = Vec::with_capacity(16 * 1024);
    loop {
        let Some(request) = request(&mut stream, &mut read).await? else { return Ok(()) };
        let reply = replies.to(&read[..request.line], &read[request.head..request.end]);
        stream.write_all(&reply).await?;
        read.drain(..request.end);
    }
}

/// Where the parts of a request end.
struct Request {
    line: usize,
    head: usize,
    end: usize,
}

/// Reads until there is a whole request; nothing where the client has gone.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Result<Option<Request>> {
    loop {
        if let Some(request) = whole(read)? {
            return Ok(Some(request));
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

fn whole(read: &[u8]) -> Result<Option<Request>> {
    let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n").map(|place| place + 4) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&read[..head])?;
    let mut lines = text.lines();
    let line = lines.next().map_or(0, str::len);
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Ok(0), |(_, length)| length.trim().parse())?;
    let end = head + length;
    Ok((read.len() >= end).then_some(Request { line, head, end }))
}
