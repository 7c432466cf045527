//! Codes and tokens: what was issued to whom, and what becomes of it. No IO; the caller brings time and randomness.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::after;
use crate::oauth::scope::Scopes;
use crate::options::Lifetimes;
use crate::secret::{Secret, SecretDigest, s256, same};

/// What a person agreed to, and what the code is bound to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Consent {
    pub(crate) email: String,
    pub(crate) scopes: Scopes,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
}

/// New random tokens, in case they are needed.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) access: Secret,
    pub(crate) refresh: Secret,
}

impl Fresh {
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self { access: Secret::generate("demo_at_")?, refresh: Secret::generate("demo_rt_")? })
    }
}

/// How tokens are issued at this moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) now: Timestamp,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) rotate: bool,
}

/// What the token endpoint hands out.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: Secret,
    /// `None` when the client keeps the refresh token it has.
    pub(crate) refresh: Option<Secret>,
    pub(crate) expires_in: Duration,
    pub(crate) scopes: Scopes,
}

/// An error of the token endpoint (RFC 6749 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    InvalidRequest(&'static str),
    InvalidClient,
    InvalidGrant(&'static str),
    UnsupportedGrantType,
    InvalidScope,
    Server,
}

/// Everything that follows from one consent, by number.
type FamilyId = u64;

#[derive(Debug, Deserialize, Serialize)]
struct Family {
    email: String,
    scopes: Scopes,
}

#[derive(Debug, Deserialize, Serialize)]
struct Code {
    consent: Consent,
    expires_at: Timestamp,
    life: CodeLife,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum CodeLife {
    Fresh,
    /// Presented with the wrong proof; good for nothing any more.
    Burnt,
    Redeemed(FamilyId),
}

#[derive(Debug, Deserialize, Serialize)]
struct Access {
    family: FamilyId,
    scopes: Scopes,
    expires_at: Timestamp,
}

#[derive(Debug, Deserialize, Serialize)]
struct Refresh {
    family: FamilyId,
    expires_at: Timestamp,
    spent: bool,
}

/// Nothing in here is a secret: codes and tokens are known by their hashes, so that it may be kept on disk.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Grants {
    last_family: FamilyId,
    families: HashMap<FamilyId, Family>,
    codes: HashMap<SecretDigest, Code>,
    access: HashMap<SecretDigest, Access>,
    refresh: HashMap<SecretDigest, Refresh>,
}

impl Grants {
    pub(crate) fn add_code(&mut self, code: &Secret, consent: Consent, now: Timestamp, ttl: Duration) {
        self.prune(now);
        let code_entry = Code { consent, expires_at: after(now, ttl), life: CodeLife::Fresh };
        self.codes.insert(code.digest(), code_entry);
    }

    /// Exchanges a code, once. A second time takes back what the first time gave (RFC 6749 section 4.1.2).
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        fresh: Fresh,
        terms: Terms,
    ) -> Result<Issued, TokenError> {
        self.prune(terms.now);
        let entry = self
            .codes
            .get_mut(&SecretDigest::of(code))
            .ok_or(TokenError::InvalidGrant("The code is unknown or has expired."))?;
        match entry.life {
            CodeLife::Fresh => {}
            CodeLife::Burnt => return Err(TokenError::InvalidGrant("The code was presented with a wrong proof.")),
            CodeLife::Redeemed(family) => {
                self.revoke_family(family);
                return Err(TokenError::InvalidGrant("The code was used before; its tokens are revoked."));
            }
        }
        entry.life = CodeLife::Burnt;
        if entry.consent.redirect_uri != redirect_uri {
            return Err(TokenError::InvalidGrant("The redirect_uri differs from the authorization request's."));
        }
        if !is_verifier(verifier) || !same(&s256(verifier), &entry.consent.challenge) {
            return Err(TokenError::InvalidGrant("The code_verifier does not fit the code_challenge."));
        }
        self.last_family += 1;
        let id = self.last_family;
        entry.life = CodeLife::Redeemed(id);
        let family = Family { email: entry.consent.email.clone(), scopes: entry.consent.scopes.clone() };
        let scopes = family.scopes.clone();
        self.families.insert(id, family);
        self.add_refresh(&fresh.refresh, id, terms);
        Ok(self.issue(id, scopes, fresh.access, Some(fresh.refresh), terms))
    }

    /// Exchanges a refresh token. One that was rotated away takes the whole family with it: either side may be a thief.
    pub(crate) fn renew(
        &mut self,
        token: &str,
        scope: Option<&str>,
        fresh: Fresh,
        terms: Terms,
    ) -> Result<Issued, TokenError> {
        const UNKNOWN: TokenError = TokenError::InvalidGrant("The refresh token is unknown, expired or revoked.");
        self.prune(terms.now);
        let entry = self.refresh.get_mut(&SecretDigest::of(token)).ok_or(UNKNOWN)?;
        let id = entry.family;
        if entry.spent {
            self.revoke_family(id);
            return Err(TokenError::InvalidGrant("The refresh token was used before; the grant is revoked."));
        }
        let granted = &self.families.get(&id).ok_or(UNKNOWN)?.scopes;
        let scopes = match scope {
            None => granted.clone(),
            Some(text) => {
                Scopes::parse(text).filter(|wanted| granted.contains_all(wanted)).ok_or(TokenError::InvalidScope)?
            }
        };
        if !terms.rotate {
            return Ok(self.issue(id, scopes, fresh.access, None, terms));
        }
        entry.spent = true;
        self.add_refresh(&fresh.refresh, id, terms);
        Ok(self.issue(id, scopes, fresh.access, Some(fresh.refresh), terms))
    }

    /// RFC 7009: a refresh token takes its family with it, an access token only itself. Unknown ones are no error.
    pub(crate) fn revoke(&mut self, token: &str) {
        let digest = SecretDigest::of(token);
        if let Some(family) = self.refresh.get(&digest).map(|entry| entry.family) {
            self.revoke_family(family);
        }
        self.access.remove(&digest);
    }

    /// The identity and scopes of an access token that is good at this moment.
    pub(crate) fn holder(&self, token: &str, now: Timestamp) -> Option<(String, Scopes)> {
        let entry = self.access.get(&SecretDigest::of(token))?;
        let family = self.families.get(&entry.family)?;
        (now < entry.expires_at).then(|| (family.email.clone(), entry.scopes.clone()))
    }

    /// Withdraws all consents of these identities; returns how many there were.
    pub(crate) fn revoke_all(&mut self, emails: &[&str]) -> usize {
        let of_them = |email: &str| emails.contains(&email);
        self.codes.retain(|_, code| !of_them(&code.consent.email));
        let families: Vec<FamilyId> =
            self.families.iter().filter(|(_, family)| of_them(&family.email)).map(|(id, _)| *id).collect();
        for id in &families {
            self.revoke_family(*id);
        }
        families.len()
    }

    pub(crate) fn expire_access_tokens(&mut self) {
        self.access.clear();
    }

    fn add_refresh(&mut self, token: &Secret, family: FamilyId, terms: Terms) {
        let entry = Refresh { family, expires_at: after(terms.now, terms.lifetimes.refresh), spent: false };
        self.refresh.insert(token.digest(), entry);
    }

    fn issue(
        &mut self,
        family: FamilyId,
        scopes: Scopes,
        access: Secret,
        refresh: Option<Secret>,
        terms: Terms,
    ) -> Issued {
        let entry = Access { family, scopes: scopes.clone(), expires_at: after(terms.now, terms.lifetimes.access) };
        self.access.insert(access.digest(), entry);
        Issued { access, refresh, expires_in: terms.lifetimes.access, scopes }
    }

    fn revoke_family(&mut self, id: FamilyId) {
        self.families.remove(&id);
        self.access.retain(|_, entry| entry.family != id);
        self.refresh.retain(|_, entry| entry.family != id);
    }

    /// Forgets what is over, so that a demo that runs for weeks does not grow. A redeemed code is remembered for as long
    /// as its tokens live, to notice a replay.
    fn prune(&mut self, now: Timestamp) {
        self.access.retain(|_, entry| now < entry.expires_at);
        self.refresh.retain(|_, entry| now < entry.expires_at);
        let (access, refresh) = (&self.access, &self.refresh);
        self.families.retain(|id, _| {
            access.values().any(|entry| entry.family == *id) || refresh.values().any(|entry| entry.family == *id)
        });
        let families = &self.families;
        self.codes.retain(|_, code| match code.life {
            CodeLife::Fresh | CodeLife::Burnt => now < code.expires_at,
            CodeLife::Redeemed(family) => families.contains_key(&family),
        });
    }
}

/// 43 to 128 unreserved characters (RFC 7636 section 4.1).
fn is_verifier(text: &str) -> bool {
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    (43..=128).contains(&text.len()) && text.chars().all(unreserved)
}
