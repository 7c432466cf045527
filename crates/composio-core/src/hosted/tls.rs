//! TLS: rustls, with the certificates that the system trusts, read at the first handshake and not before.
//!
//! Built here and not by reqwest, which reads the system's store for every client it builds, plain http included, and
//! links a cryptography library of three megabytes.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::error::{Error, ErrorKind, Result};

/// What connections are encrypted with: HTTP/2 where the server has it. The cryptography is what the process installed
/// as rustls's default, and otherwise `ring`; nothing is installed here. `roots` are trusted besides what the system trusts.
///
/// # Errors
/// `InvalidInput` where the installed cryptography has no version of TLS that is safe.
pub(super) fn config(roots: &[CertificateDer<'static>]) -> Result<ClientConfig> {
    let provider = CryptoProvider::get_default().map_or_else(|| Arc::new(ring::default_provider()), Arc::clone);
    let verifier =
        Arc::new(AtHandshake { provider: Arc::clone(&provider), roots: roots.to_vec(), verifier: OnceLock::new() });
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "the cryptography that this process installed for rustls has no usable TLS")
            .with_source(error)
    })?;
    // rustls calls every verifier of one's own dangerous; this one is the platform's.
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The platform's verifier, made when there is a certificate to verify.
#[derive(Debug)]
struct AtHandshake {
    provider: Arc<CryptoProvider>,
    roots: Vec<CertificateDer<'static>>,
    verifier: OnceLock<Verifier>,
}

impl AtHandshake {
    /// A store that cannot be read is read again at the next handshake.
    fn verifier(&self) -> Result<&Verifier, rustls::Error> {
        if let Some(verifier) = self.verifier.get() {
            return Ok(verifier);
        }
        let verifier = Verifier::new_with_extra_roots(self.roots.iter().cloned(), Arc::clone(&self.provider))?;
        Ok(self.verifier.get_or_init(|| verifier))
    }
}

impl ServerCertVerifier for AtHandshake {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier()?.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier()?.verify_tls13_signature(message, certificate, signed)
    }

    /// Asked for each greeting, before there is anything to verify.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
