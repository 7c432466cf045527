//! What an adapter costs, as ratios within one run: of converting against copying the schemas, of a call through the
//! adapter against the same call without it.
//!
//! An adapter's `benches/adapter.rs` has a `main` that calls [`report`]; in its manifest it is a `[[bench]]` with
//! `harness = false`.

#![expect(clippy::print_stdout, reason = "a report is printed")]

use std::fmt::Write;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::time::Duration;

use composio_core::{Composio, ScriptedBackend, Session, ToolSet};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::Call;
use super::catalogue;
use super::staged::{Run, Staged};

/// A future that an adapter boxes.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How many tools are converted.
const TOOLS: usize = 1_000;
/// How much a warm conversion may cost, in copies of the schemas.
const WARM_AT_MOST: f64 = 2.0;
/// How much a call may cost more than one without the adapter.
const CALL_LESS_THAN: Duration = Duration::from_micros(20);

/// Measures an adapter and prints what it costs, and whether that is within budget.
///
/// `convert` makes the framework's tools of a set; `call` runs one call through the adapter as a framework would, and gives
/// the text that a model reads. Without `--bench` among the program's arguments, as in `cargo test --all-targets`, everything
/// runs once and the figures mean nothing.
///
/// # Panics
/// Where a call does not give back its arguments.
///
/// # Example
/// ```
/// use composio_conformance::adapter::bench;
///
/// let native = |tools: &composio_core::ToolSet| tools.iter().map(|tool| tool.schema().as_ref().clone()).collect::<Vec<_>>();
/// bench::report("none", native, |tools, call| {
///     Box::pin(async move { tools.named(&call.name).expect("it is listed").answer(&call.arguments).await.text() })
/// });
/// ```
pub fn report<T>(
    adapter: &str,
    convert: impl Fn(&ToolSet) -> T,
    call: impl for<'a> Fn(&'a ToolSet, Call) -> BoxFuture<'a, String>,
) {
    let effort = Effort::of(std::env::args().any(|argument| argument == "--bench"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let figures = runtime.block_on(async {
        let session = session().await;
        let converting = converting(&session, &effort, convert).await;
        let calling = calling(&session.tools().await.expect("the catalogue is listed"), &effort, call).await;
        Figures { converting, calling }
    });
    print!("{}", figures.lines(adapter));
}

/// How often everything is done.
struct Effort {
    conversions: usize,
    calls: usize,
}

impl Effort {
    fn of(measured: bool) -> Self {
        if measured { Self { conversions: 51, calls: 20_000 } } else { Self { conversions: 1, calls: 1 } }
    }
}

/// How long each took, in the middle of all runs.
struct Figures {
    converting: Converting,
    calling: Calling,
}

struct Converting {
    copy: Duration,
    warm: Duration,
    cold: Duration,
}

struct Calling {
    direct: Duration,
    through: Duration,
}

async fn session() -> Session {
    let backend = Staged::new(ScriptedBackend::new(), Run::Instant).listing(|| catalogue::tools(TOOLS));
    Composio::with_backend(backend).create("user_u").await.expect("the staged backend takes every session")
}

async fn converting<T>(session: &Session, effort: &Effort, convert: impl Fn(&ToolSet) -> T) -> Converting {
    let (mut cold, mut copy, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that a machine that slows down slows all three.
    for _ in 0..effort.conversions {
        let tools = session.tools().await.expect("the catalogue is listed");
        cold.push(time(|| convert(&tools)));
        copy.push(time(|| tools.iter().map(|tool| Map::clone(tool.schema())).collect::<Vec<_>>()));
        warm.push(time(|| convert(&tools)));
    }
    Converting { copy: middle(copy), warm: middle(warm), cold: middle(cold) }
}

async fn calling(
    tools: &ToolSet,
    effort: &Effort,
    call: impl for<'a> Fn(&'a ToolSet, Call) -> BoxFuture<'a, String>,
) -> Calling {
    let tool = tools.iter().nth(TOOLS / 2).expect("the catalogue has that many");
    let arguments = json!({"owner": "octocat", "repository": "hello-world", "title": "It works", "labels": ["a", "b"]});
    let object = arguments.as_object().expect("it is written so").clone();
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for number in 0..effort.calls {
        let (mine, made) = (object.clone(), Call::new(&format!("call_{number}"), tool.name(), &arguments));
        let start = Instant::now();
        let output = tool.call(mine).await;
        direct.push(start.elapsed());
        black_box(output).expect("the backend echoes");
        let start = Instant::now();
        let text = call(tools, made).await;
        through.push(start.elapsed());
        let read: Value = serde_json::from_str(&text).expect("a model reads JSON");
        assert_eq!(read["data"], arguments, "the call was not run: {text}");
    }
    Calling { direct: middle(direct), through: middle(through) }
}

/// How long it takes to make something; not how long to drop it.
fn time<T>(make: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = black_box(make());
    let took = start.elapsed();
    drop(made);
    took
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

impl Figures {
    fn lines(&self, adapter: &str) -> String {
        let Converting { copy, warm, cold } = self.converting;
        let of_a_copy = |time: Duration| time.as_secs_f64() / copy.as_secs_f64();
        let (micros, milliseconds) = (|time: Duration| time.as_secs_f64() * 1e6, copy.as_secs_f64() * 1e3);
        let more = micros(self.calling.through) - micros(self.calling.direct);
        let mut lines = format!(
            "{adapter:<22} convert 1,000 tools: warm {:.2}x, cold {:.2}x of a deep clone ({milliseconds:.1} ms) | call: \
             {more:+.1} us p50 ({:.1} us direct)\n",
            of_a_copy(warm),
            of_a_copy(cold),
            micros(self.calling.direct),
        );
        let holds = |holds: bool| if holds { "holds" } else { "DOES NOT HOLD" };
        // Writing into a string cannot fail.
        let _ = writeln!(
            lines,
            "{:<22} budget: warm at most {WARM_AT_MOST}x {}; call less than {} us more {}",
            "",
            holds(of_a_copy(warm) <= WARM_AT_MOST),
            CALL_LESS_THAN.as_micros(),
            holds(more < micros(CALL_LESS_THAN)),
        );
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_whether_the_budget_holds() {
        let micros = Duration::from_micros;
        let figures = |warm, through| Figures {
            converting: Converting { copy: micros(1_000), warm: micros(warm), cold: micros(4_100) },
            calling: Calling { direct: micros(4), through: micros(through) },
        };
        let lines = figures(1_080, 6).lines("composio-x");
        assert_eq!(
            lines,
            "composio-x             convert 1,000 tools: warm 1.08x, cold 4.10x of a deep clone (1.0 ms) | call: +2.0 us p50 \
             (4.0 us direct)\n                       budget: warm at most 2x holds; call less than 20 us more holds\n"
        );
        assert!(figures(2_001, 6).lines("x").contains("2x DOES NOT HOLD; call less than 20 us more holds"));
        assert!(figures(2_000, 24).lines("x").contains("2x holds; call less than 20 us more DOES NOT HOLD"));
    }
}
