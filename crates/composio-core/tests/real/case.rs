//! Tests that are each run by themselves, and all together by the tests over what they send.

use composio_core::{Error, Result};
use futures::future::BoxFuture;

use crate::place;
use crate::service::Service;

/// Something that is asked of the service.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: for<'a> fn(&'a Service) -> BoxFuture<'a, Result<()>>,
}

/// Makes a test of each function, and a list of all.
macro_rules! cases {
    ($($name:ident)*) => {
        pub(crate) const ALL: &[$crate::case::Case] = &[
            $($crate::case::Case { name: stringify!($name), run: |service| Box::pin(self::$name(service)) }),*
        ];

        mod each {
            $(#[tokio::test]
            async fn $name() {
                let case = $crate::case::Case {
                    name: stringify!($name),
                    run: |service| Box::pin(super::$name(service)),
                };
                case.check().await;
            })*
        }
    };
}
pub(crate) use cases;

impl Case {
    /// Runs it against Prism. An error says what is wrong with the request, in Prism's words.
    pub(crate) async fn check(self) {
        let Some(prism) = place::prism() else { return };
        let service = Service::start(prism).await;
        let outcome = (self.run)(&service).await;
        outcome.unwrap_or_else(|error: Error| panic!("{}: {error:?}", self.name));
        assert!(!service.heard().is_empty(), "{} asked for nothing", self.name);
    }
}
