//! TLS as it is on the way to the real service: who is trusted, and what is agreed on before a byte of a request is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use composio_core::ErrorKind;
use composio_core::hosted::{HostedClient, HostedOptions};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::stub::BODY;
use super::{KEY, read, write};

/// An authority that nobody knows, and a server that it vouches for.
struct Server {
    url: String,
    authority: String,
    heard: Arc<Mutex<Heard>>,
    _serving: JoinSet<()>,
}

/// What reached the server.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    /// The protocol of each connection whose handshake came to an end.
    spoken: Vec<String>,
    requests: usize,
}

impl Server {
    /// A server with a certificate for this name, which is reached at 127.0.0.1, and speaks these protocols.
    async fn start(name: &str, protocols: &[&str]) -> Self {
        let (mut params, key) = (CertificateParams::new([]).unwrap(), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();

        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let acceptor = TlsAcceptor::from(Arc::new(config(certificate.der(), &key, protocols)));
        let heard = Arc::new(Mutex::default());
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, acceptor, Arc::clone(&heard)));
        Self { url, authority, heard, _serving: serving }
    }

    fn options(&self) -> HostedOptions {
        // The system's store is read at the first handshake, which takes its time on a busy machine.
        super::options(&self.url).connect_timeout(Duration::from_secs(10))
    }

    fn heard(&self) -> Heard {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn config(certificate: &CertificateDer<'static>, key: &KeyPair, protocols: &[&str]) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = builder.with_single_cert(vec![certificate.clone()], key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    config
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, heard: Arc<Mutex<Heard>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Whoever does not trust it ends the handshake.
        drop(answer(stream, &acceptor, &heard).await);
    }
}

async fn answer(stream: TcpStream, acceptor: &TlsAcceptor, heard: &Mutex<Heard>) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let spoken = stream.get_ref().1.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
    heard.lock().unwrap().spoken.push(spoken.unwrap_or_default());
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    heard.lock().unwrap().requests += usize::from(request.contains(KEY));
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", BODY.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(BODY.as_bytes()).await?;
    stream.shutdown().await
}

fn heard(spoken: &[&str], requests: usize) -> Heard {
    Heard { spoken: spoken.iter().map(ToString::to_string).collect(), requests }
}

#[tokio::test]
async fn an_authority_that_was_given_is_trusted() {
    let server = Server::start("127.0.0.1", &["http/1.1"]).await;
    let client = HostedClient::new(server.options().root_certificate(server.authority.clone())).unwrap();
    read(&client).await.unwrap();
    write(&client).await.unwrap();
    assert_eq!(server.heard(), heard(&["http/1.1", "http/1.1"], 2));
}

/// Nothing is said to a server that cannot show who it is: neither the key nor the request.
#[tokio::test]
async fn nobody_else_hears_a_request() {
    let stranger = Server::start("127.0.0.1", &["http/1.1"]).await;
    let unknown = HostedClient::new(stranger.options()).unwrap();
    let other = Server::start("other.example", &["http/1.1"]).await;
    let elsewhere = HostedClient::new(other.options().root_certificate(other.authority.clone())).unwrap();
    // Side by side: most of the time is pauses before the next attempt.
    let results = tokio::join!(read(&unknown), write(&unknown), read(&elsewhere), write(&elsewhere));
    for result in <[_; 4]>::from(results) {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("nothing was sent") && !format!("{error:?}").contains(KEY), "{error:?}");
    }
    assert_eq!((stranger.heard().requests, other.heard().requests), (0, 0));
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let server = Server::start("127.0.0.1", &["h2", "http/1.1"]).await;
    let client = HostedClient::new(server.options().root_certificate(server.authority.clone())).unwrap();
    // It agrees on HTTP/2 and cannot speak it, which is enough to see what was agreed on.
    let _ = write(&client).await;
    assert_eq!(server.heard().spoken.first().map(String::as_str), Some("h2"));
}
