//! Connecting, renewing and ending against a strict provider that others wrote (npm `oidc-provider`).

mod connecting;
mod ending;
mod renewing;
mod world;
