//! The connect pages in a real browser (Debian's Chromium), on the demo services.

mod driver;
mod flows;
mod keys;
mod looks;
mod refusals;
mod world;
