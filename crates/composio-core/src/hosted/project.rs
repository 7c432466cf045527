//! The operations on what belongs to a project: requests, and the methods of the client.
//!
//! One module per thing, each with its operations, a pure function per operation that says what is sent, and the method of
//! [`HostedClient`](super::HostedClient) that sends it.

mod accounts;
mod auth_configs;
mod files;
mod saved;
#[cfg(test)]
mod tests;
mod toolkits;
mod tools;

#[cfg(test)]
use super::request::Operation;

/// Every operation of the published description that is not of a session.
#[cfg(test)]
pub(super) const ALL: [Operation; 32] = [
    auth_configs::LIST,
    auth_configs::CREATE,
    auth_configs::RETRIEVE,
    auth_configs::UPDATE,
    auth_configs::DELETE,
    auth_configs::UPDATE_STATUS,
    accounts::LIST,
    accounts::CREATE,
    accounts::LINK,
    accounts::RETRIEVE,
    accounts::PATCH,
    accounts::UPDATE_STATUS,
    accounts::REFRESH,
    accounts::REVOKE,
    accounts::COMPLETE_AUTH,
    accounts::DELETE,
    toolkits::LIST,
    toolkits::RETRIEVE,
    toolkits::CATEGORIES,
    toolkits::MULTI,
    toolkits::CHANGELOG,
    tools::LIST,
    tools::RETRIEVE,
    tools::ENUM,
    tools::EXECUTE,
    tools::PROXY,
    tools::INPUT,
    tools::REQUIRED_SCOPES,
    files::REQUEST_UPLOAD,
    files::LIST,
    saved::LIST,
    saved::RETRIEVE,
];
