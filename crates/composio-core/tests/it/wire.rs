//! The types of the dialect against its published description.

mod closed;
mod examples;
mod lenient;
mod printed;
mod project;
pub(crate) mod schema;
mod sessions;
mod shapes;
mod spec;
mod update;
