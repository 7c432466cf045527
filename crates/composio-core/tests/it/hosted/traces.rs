//! What a call tells a subscriber.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use super::stub::{Answer, Stub};
use super::{KEY, client, write};

/// Keeps each name and value that this crate tells.
#[derive(Clone, Default)]
struct Kept {
    told: Arc<Mutex<Vec<(String, String)>>>,
    spans: Arc<AtomicU64>,
}

struct Collect<'a>(&'a mut Vec<(String, String)>);

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name().to_owned(), format!("{value:?}")));
    }
}

impl Subscriber for Kept {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("composio_core")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut told = self.told.lock().unwrap();
        told.push(("span".into(), span.metadata().name().into()));
        span.record(&mut Collect(&mut told));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Collect(&mut self.told.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Collect(&mut self.told.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_call_is_one_span_without_secrets() {
    let stub = Stub::start([Answer::status(429).header("retry-after", "0")]).await;
    let kept = Kept::default();
    let told = Arc::clone(&kept.told);
    {
        let _guard = tracing::subscriber::set_default(kept);
        write(&client(&stub.url())).await.unwrap();
    }
    let told = told.lock().unwrap();
    let of =
        |name: &str| told.iter().filter(|(told, _)| told == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>();
    assert_eq!(of("span"), ["composio.http"]);
    assert_eq!(of("operation"), ["\"tool_router_session_execute\""]);
    let id = stub.seen()[0].header("x-request-id").unwrap().to_owned();
    assert_eq!(of("request_id"), [format!("{id:?}")]);
    assert_eq!(of("attempt"), ["1", "1", "2"], "the span, the event before the second attempt, and the span");
    assert_eq!(of("status"), ["429", "200"]);
    assert_eq!((of("reason"), of("message")), (vec!["\"rate limit\""], vec!["sending again"]));
    let text = format!("{told:?}");
    assert!(!text.contains(KEY) && !text.contains("trs_1") && !text.contains("GITHUB"), "{text}");
}
