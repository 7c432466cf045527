//! Where requests may go.
//!
//! A base URL can come from a manifest, a callback from a service, a redirect from anybody. Without a guard, any of them could
//! point this process at its own network. IP literals are judged here, because the client asks no resolver about them; names
//! are judged by [`super::resolve`] once they are addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use composio_core::{Error, Result};
use url::{Host, Url};

use super::SendError;

/// IPv4 networks that are not the public internet: network, length of its prefix.
const V4_FORBIDDEN: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carrier-grade NAT
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, and cloud metadata
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// IPv6 networks inside `2000::/3` that are not the public internet: the first two groups, length of the prefix.
const V6_FORBIDDEN: [([u16; 2], u32); 3] = [
    ([0x2001, 0x0000], 23), // protocol assignments; Teredo is judged before
    ([0x2001, 0x0db8], 32), // documentation
    ([0x3fff, 0x0000], 20), // documentation
];

/// Whether an address belongs to the public internet.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let inside = |(network, length): &([u8; 4], u32)| {
        let shift = 32 - length;
        ip.to_bits() >> shift == u32::from_be_bytes(*network) >> shift
    };
    !V4_FORBIDDEN.iter().any(inside)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let groups = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match groups {
        // NAT64: how networks without IPv4 reach a public IPv4 address.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(v4(high, low)),
        // 6to4 and Teredo carry the address of their relay; Teredo the client's, too, inverted.
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        [0x2001, 0, relay_high, relay_low, _, _, high, low] => {
            is_public_v4(v4(relay_high, relay_low)) && is_public_v4(v4(!high, !low))
        }
        // Everything outside 2000::/3 is special: unspecified, loopback, v4-mapped and v4-compatible, local NAT64
        // (64:ff9b:1::/48), discard, ULA, link-local, site-local, multicast.
        [first, second, ..] => {
            let head = u32::from(first) << 16 | u32::from(second);
            let inside = |([high, low], length): &([u16; 2], u32)| {
                let shift = 32 - length;
                head >> shift == (u32::from(*high) << 16 | u32::from(*low)) >> shift
            };
            first >> 13 == 0b001 && !V6_FORBIDDEN.iter().any(inside)
        }
    }
}

/// A host and a port: what the operator allows, and what error texts name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    host: Option<Host<String>>,
    port: u16,
}

impl Target {
    pub(super) fn of(url: &Url) -> Self {
        Self { host: url.host().map(|host| host.to_owned()), port: url.port_or_known_default().unwrap_or(0) }
    }

    /// Reads `host:port`.
    fn parse(text: &str) -> Result<Self> {
        let wrong =
            || Error::invalid_input("allow_private", text, "write exactly `host:port`, such as `127.0.0.1:8080`");
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        // The URL standard allows a star in a name; here it could be taken for a pattern.
        let host = Host::parse(host).ok().filter(|_| !host.contains('*')).ok_or_else(wrong)?;
        Ok(Self { host: Some(host), port })
    }

    /// Why a request is refused, and the line that would allow it.
    pub(super) fn refusal(&self, why: &str, from: Option<&Self>) -> String {
        let line = format!("`HttpOptions::allow_private(\"{self}\")`");
        match from {
            None => format!("nothing was sent to {self}: {why}; if that is meant, add {line} to the engine's options"),
            Some(from) => format!(
                "a redirect of {from} to {self} was not followed: {why}; if you trust {from} to do that, add {line} to the \
                 engine's options"
            ),
        }
    }

    fn is_loopback_name(&self) -> bool {
        let Some(Host::Domain(name)) = &self.host else { return false };
        let name = name.strip_suffix('.').unwrap_or(name);
        name == "localhost" || name.ends_with(".localhost")
    }

    fn address(&self) -> Option<IpAddr> {
        match self.host {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            Some(Host::Domain(_)) | None => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{host}:{}", self.port),
            None => f.write_str("(no host)"),
        }
    }
}

/// The rules, with the operator's exceptions.
#[derive(Debug)]
pub(super) struct Guard {
    allowed: Vec<Target>,
}

impl Guard {
    /// # Errors
    /// `InvalidInput` where an entry is no `host:port`.
    pub(super) fn new(allowed: &[String]) -> Result<Self> {
        Ok(Self { allowed: allowed.iter().map(|text| Target::parse(text)).collect::<Result<_>>()? })
    }

    /// Whether a URL may be requested, and if so, whether it is one of the operator's private targets. `from` is where a
    /// redirect to it came from.
    ///
    /// # Errors
    /// `Refused`, with what is wrong and what to do.
    pub(super) fn check(&self, url: &Url, from: Option<&Target>) -> Result<bool, SendError> {
        let target = Target::of(url);
        let refuse = |reason: String| Err(SendError::Refused { reason });
        if !matches!(url.scheme(), "http" | "https") || target.host.is_none() {
            return refuse(format!("nothing was sent: `{}:` is not requested, only http and https are", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(format!("nothing was sent to {target}: take user name and password out of the URL"));
        }
        if self.allowed.contains(&target) {
            return Ok(true);
        }
        if target.is_loopback_name() || target.address().is_some_and(|ip| !is_public(ip)) {
            return refuse(target.refusal("it is not a public address", from));
        }
        if url.scheme() == "http" {
            return refuse(target.refusal("plain http would carry credentials in the clear; use https", from));
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_and_other_addresses() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("192.0.1.1", true),
            ("223.255.255.255", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.7", false),
            ("203.0.113.7", false),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2a00:1450:4001:81b::200e", true),
            ("2001:4860:4860::8888", true),
            ("::", false),
            ("::1", false),
            ("::8.8.8.8", false),
            ("::127.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:0:127.0.0.1", false),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b:1::8.8.8.8", false),
            ("100::1", false),
            ("2001:2::1", false),
            ("2001:10::1", false),
            ("2001:db8::1", false),
            ("3fff::1", false),
            ("2002:0808:0808::1", true),
            ("2002:7f00:1::1", false),
            ("2002:a00:1::1", false),
            ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", true),
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", false),
            ("2001:0:a00:1:8000:63bf:f7f7:f7f7", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
            ("4000::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }

    fn check(allowed: &[&str], url: &str) -> Result<bool, SendError> {
        let allowed: Vec<String> = allowed.iter().map(|&text| text.to_owned()).collect();
        Guard::new(&allowed).unwrap().check(&Url::parse(url).unwrap(), None)
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused_with_the_line_that_allows_it() {
        for (url, target) in [
            ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
            ("https://127.0.0.1/", "127.0.0.1:443"),
            ("http://2130706433/", "127.0.0.1:80"),
            ("http://0x7f000001/", "127.0.0.1:80"),
            ("http://0177.0.0.1/", "127.0.0.1:80"),
            ("http://127.1/", "127.0.0.1:80"),
            ("http://127.0.0.1./", "127.0.0.1:80"),
            ("http://%31%32%37.0.0.1/", "127.0.0.1:80"),
            ("http://127。0。0。1/", "127.0.0.1:80"),
            ("http://0/", "0.0.0.0:80"),
            ("https://[::1]/", "[::1]:443"),
            ("https://[::]/", "[::]:443"),
            ("https://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]:443"),
            ("https://[64:ff9b::7f00:1]/", "[64:ff9b::7f00:1]:443"),
            ("https://169.254.169.254/latest/meta-data", "169.254.169.254:443"),
            ("https://localhost/", "localhost:443"),
            ("https://LOCALHOST.:81/", "localhost.:81"),
            ("https://api.localhost/", "api.localhost:443"),
        ] {
            let refused = check(&["127.0.0.1:9"], url).unwrap_err().to_string();
            assert!(refused.contains(&format!("allow_private(\"{target}\")")), "{url}: {refused}");
            assert!(check(&[target], url).unwrap(), "{url} with {target}");
        }
    }

    #[test]
    fn what_else_is_refused_and_what_is_not() {
        for (url, expected) in [
            ("https://api.github.com/user", Ok(())),
            ("https://8.8.8.8:8443/", Ok(())),
            ("http://api.github.com/user", Err("in the clear")),
            ("ftp://api.github.com/", Err("only http and https")),
            ("file:///etc/passwd", Err("only http and https")),
            ("data:text/plain,x", Err("only http and https")),
            ("https://me@api.github.com/", Err("user name")),
            ("https://:pw@127.0.0.1:9/", Err("user name")),
        ] {
            match (check(&["127.0.0.1:9"], url), expected) {
                (Ok(private), Ok(())) => assert!(!private, "{url}"),
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{url}: {error}"),
                (result, _) => panic!("{url}: {result:?}"),
            }
        }
    }

    #[test]
    fn private_targets_are_exact() {
        for (allowed, url, private) in [
            ("Git.Corp.Example:8443", "https://git.corp.example:8443/x", true),
            ("git.corp.example:443", "https://git.corp.example/x", true),
            ("git.corp.example:80", "http://git.corp.example/x", true),
            ("[0:0::1]:80", "http://[::1]/", true),
            ("git.corp.example:443", "https://git.corp.example:8443/", false),
            ("git.corp.example:443", "https://evil.git.corp.example/", false),
            ("corp.example:443", "https://git.corp.example/", false),
        ] {
            assert_eq!(check(&[allowed], url).unwrap(), private, "{allowed} {url}");
        }
        for wrong in [
            "127.0.0.1",
            "[::1]",
            "http://127.0.0.1:80",
            "*.corp:80",
            "10.0.0.0/8:80",
            ":80",
            "a:0",
            "a b:80",
            "u@a:80",
            "",
        ] {
            assert!(Guard::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
