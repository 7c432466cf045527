//! Ports of this machine, and whether somebody answers on one. Enough HTTP to see a status, and no more.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A port that nobody listens on just now.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

pub(super) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Whether a GET is answered with this status.
pub(super) fn answers(port: u16, path: &str, status: u16) -> bool {
    status_line(port, path).is_ok_and(|line| says(&line, status))
}

fn status_line(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut start = [0; 64];
    let read = stream.read(&mut start)?;
    Ok(String::from_utf8_lossy(&start[..read]).into_owned())
}

fn says(line: &str, status: u16) -> bool {
    line.starts_with("HTTP/1.") && line.split(' ').nth(1) == Some(&status.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_status_that_is_waited_for_is_ready() {
        for (line, status, expected) in [
            ("HTTP/1.1 200 OK\r\n", 200, true),
            ("HTTP/1.0 200 OK\r\n", 200, true),
            ("HTTP/1.1 404 Not Found\r\n", 404, true),
            ("HTTP/1.1 404 Not Found\r\n", 200, false),
            ("HTTP/1.1 2000 Odd\r\n", 200, false),
            ("SSH-2.0 200 \r\n", 200, false),
            ("", 200, false),
        ] {
            assert_eq!(says(line, status), expected, "{line:?}");
        }
    }

    #[test]
    fn nobody_answers_on_a_free_port() {
        assert!(!answers(free_port().unwrap(), "/", 200));
    }
}
