//! Secrets at rest: sealed before they reach the store, bound to the row they belong to.
//!
//! XChaCha20-Poly1305 with a random nonce. What is sealed for one row opens for no other: project, purpose and row are
//! authenticated along. The key's id stands in front, so that keys can be changed while old rows still open.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use composio_core::secrecy::{ExposeSecret, SecretBox, SecretString};
use composio_core::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::random;
use crate::store::{Digest, Sealed, Store};

const VERSION: u8 = 1;
const KEY_LEN: usize = 32;
const ID_LEN: usize = 8;
const NONCE_LEN: usize = 24;
const HEADER_LEN: usize = 1 + ID_LEN + NONCE_LEN;

/// What a secret is recognised by where it is not kept. It protects only what nobody can guess.
pub(crate) fn digest(secret: &str) -> Digest {
    Sha256::digest(secret.as_bytes()).into()
}

/// A key that seals, 256 bits.
pub struct SealingKey(SecretBox<[u8; KEY_LEN]>);

impl SealingKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; KEY_LEN]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// A new random key.
    ///
    /// # Errors
    /// `Unexpected` where the operating system gives no randomness.
    pub fn generate() -> Result<Self> {
        Ok(Self::new(random::bytes()?))
    }

    /// Reads a key as 44 characters of base64.
    ///
    /// # Errors
    /// `InvalidInput` where it is not 32 bytes of base64. The message does not repeat it.
    pub fn from_base64(text: &SecretString) -> Result<Self> {
        let decoded = BASE64_STANDARD.decode(text.expose_secret().trim()).map(Zeroizing::new).ok();
        let bytes = decoded.and_then(|bytes| <[u8; KEY_LEN]>::try_from(bytes.as_slice()).ok());
        bytes.map(Self::new).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                "the sealing key is not 32 bytes of base64; make one with `openssl rand -base64 32`",
            )
        })
    }

    fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.0.expose_secret()))
    }

    fn id(&self) -> [u8; ID_LEN] {
        let digest =
            Sha256::new().chain_update(b"composio sealing key").chain_update(self.0.expose_secret()).finalize();
        let mut id = [0; ID_LEN];
        id.copy_from_slice(&digest[..ID_LEN]);
        id
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey")
    }
}

/// Where the sealing key comes from.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeySource {
    /// These keys: the first seals, the others still open what they sealed.
    Keys(Vec<SealingKey>),
    /// A file of base64, made at the first start. It is not made again once the store holds something sealed.
    File(PathBuf),
}

/// What a sealed value belongs to. It opens for nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'a> {
    purpose: &'static str,
    project: &'a str,
    row: &'a str,
}

impl<'a> Binding<'a> {
    pub(crate) const fn new(purpose: &'static str, project: &'a str, row: &'a str) -> Self {
        Self { purpose, project, row }
    }

    /// Lengths stand in front of the parts, so that no two bindings look alike.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.purpose, self.project, self.row] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// Seals and opens.
pub(crate) struct Sealer {
    keys: Vec<([u8; ID_LEN], XChaCha20Poly1305)>,
}

impl Sealer {
    /// Takes the key from its source and checks it against the store.
    ///
    /// # Errors
    /// `InvalidInput` where the key is malformed, missing although the store holds sealed rows, or a wrong one.
    pub(crate) async fn open_store(source: KeySource, store: &dyn Store) -> Result<Self> {
        let keys = match source {
            KeySource::Keys(keys) => keys,
            KeySource::File(path) => vec![key_file(&path, store).await?],
        };
        let sealer = Self::new(&keys)?;
        sealer.check(store).await?;
        Ok(sealer)
    }

    pub(crate) fn new(keys: &[SealingKey]) -> Result<Self> {
        if keys.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "there is no sealing key; give one"));
        }
        let cipher = |key: &SealingKey| (key.id(), XChaCha20Poly1305::new(key.0.expose_secret().into()));
        Ok(Self { keys: keys.iter().map(cipher).collect() })
    }

    pub(crate) fn seal(&self, binding: &Binding<'_>, plain: &[u8]) -> Result<Sealed> {
        let nonce: [u8; NONCE_LEN] = random::bytes()?;
        let (id, cipher) = &self.keys[0];
        let payload = Payload { msg: plain, aad: &binding.bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| broken("a secret cannot be sealed"))?;
        let mut bytes = Vec::with_capacity(HEADER_LEN + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(Sealed(bytes))
    }

    /// Opens what was sealed for this binding; nothing where it was altered, or sealed for another or with another key.
    pub(crate) fn open(&self, binding: &Binding<'_>, sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let (header, body) = sealed.0.split_at_checked(HEADER_LEN)?;
        let (version, rest) = header.split_first()?;
        let (id, nonce) = rest.split_at_checked(ID_LEN)?;
        let (_, cipher) = self.keys.iter().find(|(key, _)| *version == VERSION && key.as_slice() == id)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
        let payload = Payload { msg: body, aad: &binding.bytes() };
        cipher.decrypt(&XNonce::from(nonce), payload).ok().map(Zeroizing::new)
    }

    async fn check(&self, store: &dyn Store) -> Result<()> {
        let binding = Binding::new("key-check", "", "");
        match store.key_check().await? {
            Some(check) if self.open(&binding, &check).is_some() => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::InvalidInput,
                "the sealing key is not the one that this store was sealed with; give that key, or begin with an empty store",
            )),
            None => store.put_key_check(&self.seal(&binding, b"composio")?).await,
        }
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

/// Reads the key file, or makes it where that loses nothing.
async fn key_file(path: &Path, store: &dyn Store) -> Result<SealingKey> {
    match std::fs::read_to_string(path) {
        Ok(text) => SealingKey::from_base64(&text.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Without a sealed row a new key would do, but a store that knows a key is more likely to have lost it.
            if store.has_sealed().await? || store.key_check().await?.is_some() {
                let message = format!(
                    "the key file {} is gone, and the store was sealed with it; restore it, or begin with an empty store",
                    path.display()
                );
                return Err(Error::new(ErrorKind::InvalidInput, message));
            }
            let key = SealingKey::generate()?;
            write_private(path, key.to_base64().as_bytes()).map_err(|error| file_error(path, error))?;
            Ok(key)
        }
        Err(error) => Err(file_error(path, error)),
    }
}

/// Makes a file that only its owner can read, and never writes over one.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn file_error(path: &Path, error: std::io::Error) -> Error {
    let message = format!("the key file {} cannot be read or made; check its path and permissions", path.display());
    Error::new(ErrorKind::InvalidInput, message).with_source(error)
}

fn broken(message: &str) -> Error {
    Error::new(ErrorKind::Unexpected, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&[SealingKey::new([byte; 32])]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_row_alone() {
        let sealer = sealer(1);
        let binding = Binding::new("credential", "p", "ca_1");
        let sealed = sealer.seal(&binding, b"token").unwrap();
        assert_eq!(sealer.open(&binding, &sealed).unwrap().as_slice(), b"token");
        for other in [
            Binding::new("credential", "p", "ca_2"),
            Binding::new("credential", "q", "ca_1"),
            Binding::new("secret", "p", "ca_1"),
            Binding::new("credential", "pca", "_1"),
        ] {
            assert!(sealer.open(&other, &sealed).is_none(), "{other:?}");
        }
    }

    #[test]
    fn a_changed_byte_closes_it() {
        let sealer = sealer(1);
        let binding = Binding::new("credential", "p", "ca_1");
        let sealed = sealer.seal(&binding, b"token").unwrap();
        for index in 0..sealed.0.len() {
            let mut altered = sealed.clone();
            altered.0[index] ^= 1;
            assert!(sealer.open(&binding, &altered).is_none(), "byte {index}");
        }
        assert!(sealer.open(&binding, &Sealed(vec![1, 2])).is_none());
    }

    #[test]
    fn the_plain_text_is_nowhere_in_it() {
        let sealed = sealer(1).seal(&Binding::new("x", "p", "r"), b"marker-marker").unwrap();
        assert!(!sealed.0.windows(6).any(|window| window == b"marker"));
    }

    #[test]
    fn old_keys_still_open_and_others_do_not() {
        let binding = Binding::new("credential", "p", "ca_1");
        let sealed = sealer(1).seal(&binding, b"token").unwrap();
        let rotated = Sealer::new(&[SealingKey::new([2; 32]), SealingKey::new([1; 32])]).unwrap();
        assert!(rotated.open(&binding, &sealed).is_some());
        assert!(sealer(2).open(&binding, &sealed).is_none());
    }

    #[test]
    fn keys_are_read_and_never_printed() {
        let text = SealingKey::new([7; 32]).to_base64();
        assert!(SealingKey::from_base64(&text.as_str().into()).is_ok());
        let error = SealingKey::from_base64(&"not-a-key".into()).unwrap_err();
        assert!(!error.to_string().contains("not-a-key"));
    }
}
