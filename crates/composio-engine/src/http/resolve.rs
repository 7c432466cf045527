//! Names become addresses, and private addresses are dropped on the way.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::is_public;

/// Asks the operating system.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Passes public addresses on, whoever found them.
pub(super) struct PublicOnly {
    names: Arc<dyn Resolve>,
}

impl PublicOnly {
    pub(super) fn new(names: Arc<dyn Resolve>) -> Self {
        Self { names }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.names.resolve(name);
        Box::pin(async move {
            let public = public_only(found.await?)?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn public_only(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Blocked> {
    let (public, private): (Vec<_>, Vec<_>) = found.partition(|address| is_public(address.ip()));
    match private.first() {
        Some(address) if public.is_empty() => Err(Blocked(address.ip())),
        _ => Ok(public),
    }
}

/// A name that leads to private addresses only.
#[derive(Debug)]
pub(super) struct Blocked(IpAddr);

impl Blocked {
    /// Finds the refusal among the causes of a client's error.
    pub(super) fn find<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(blocked) = error.downcast_ref() {
                return Some(blocked);
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name leads to {}, which is not a public address", self.0)
    }
}

impl std::error::Error for Blocked {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_dropped_and_nothing_else() {
        let at = |text: &str| -> SocketAddr { format!("{text}:0").parse().unwrap() };
        let mixed = [at("10.0.0.1"), at("8.8.8.8"), at("[::1]")];
        assert_eq!(public_only(mixed.into_iter()).unwrap(), [at("8.8.8.8")]);
        assert!(public_only([at("10.0.0.1"), at("169.254.169.254")].into_iter()).is_err());
        assert!(public_only(std::iter::empty()).unwrap().is_empty());
    }
}
