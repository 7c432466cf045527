//! OAuth 2: pure requests and replies. What drives them is `connect.rs` and `access.rs`.
//!
//! RFC 6749 with PKCE (RFC 7636, always S256), the issuer check of RFC 9207 and revocation (RFC 7009). Replies are read
//! as services write them: `expires_in` as text, scopes with commas, failures under status 200.

mod authorize;
mod reply;
mod request;

pub(crate) use self::authorize::{AuthorizeRequest, authorize_url, issuer_fits};
pub(crate) use self::reply::{TokenError, presentable, read_tokens};
pub(crate) use self::request::{Client, Grant, revoke_request, token_request};
