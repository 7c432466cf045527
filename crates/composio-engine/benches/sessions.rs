//! What a session costs on the embedded engine: of listing its tools against serialising them, and a decision of its
//! policy. Run with: cargo bench -p composio-engine
//!
//! Ratios are within one run. Without `--bench` among the program's arguments, as in `cargo test --all-targets`,
//! everything runs once and the figures mean nothing.
#![allow(clippy::expect_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "a report is printed")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use composio_core::{
    Composio, MultiAccount, Session, SessionConfig, ToolDefinition, ToolPolicy, ToolSet, ToolSlug, ToolkitPolicy,
    ToolkitSlug, Url,
};
use composio_engine::{Engine, EngineOptions, KeySource, SealingKey, SqliteStore};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// What is listed.
const KITS: usize = 25;
const TOOLS_OF_KIT: usize = 40;
/// What is decided about: 2,000 tools, each in a list.
const LISTED_KITS: usize = 50;
/// How much listing may cost, in serialisations of what is listed.
const LISTING_AT_MOST: f64 = 3.0;

const SENTENCE: &str = "What the service calls it, exactly as the list gave it; letters in either case are taken.";

fn main() {
    let runs = if std::env::args().any(|argument| argument == "--bench") { 51 } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let listing = runtime.block_on(listing(runs));
    print!("{}", report(&listing, decision(runs)));
}

/// How long each took, in the middle of all runs.
struct Listing {
    /// Name, description and schema of every tool, the schema as the text that it is.
    serialised: Duration,
    /// Every tool of the session's toolkits.
    all: Duration,
    /// The same tools by name.
    named: Duration,
    /// By name, where each gets a parameter for the account.
    with_accounts: Duration,
}

async fn listing(runs: usize) -> Listing {
    let composio = Composio::with_backend(engine().await.project("p"));
    let kits = || (0..KITS).map(kit);
    let session = composio.create("user_u").toolkits(kits()).direct_tools().await.expect("it is a good session");
    let by_name = composio.create("user_u").preload(slugs()).await.expect("it is a good session");
    let several = composio.create("user_u").multi_account(MultiAccount::new()).preload(slugs());
    let several = several.await.expect("it is a good session");
    let (mut serialised, mut all, mut named, mut with_accounts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // In turns, so that a machine that slows down slows all of them.
    for _ in 0..runs {
        let (tools, took) = listed(&session).await;
        all.push(took);
        let start = Instant::now();
        black_box(serialise(&tools));
        serialised.push(start.elapsed());
        named.push(listed(&by_name).await.1);
        with_accounts.push(listed(&several).await.1);
    }
    Listing {
        serialised: middle(serialised),
        all: middle(all),
        named: middle(named),
        with_accounts: middle(with_accounts),
    }
}

/// The tools of a session, and how long it took to have them.
async fn listed(session: &Session) -> (ToolSet, Duration) {
    let start = Instant::now();
    let tools = session.tools().await.expect("the catalogue is listed");
    let took = start.elapsed();
    assert_eq!(tools.len(), KITS * TOOLS_OF_KIT);
    (tools, took)
}

fn serialise(tools: &ToolSet) -> Vec<u8> {
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        description: &'a str,
        schema: &'a str,
    }
    let shown = tools.iter().map(|tool| Shown {
        name: tool.name(),
        description: tool.description(),
        schema: tool.definition().input_schema.as_str(),
    });
    serde_json::to_vec(&shown.collect::<Vec<_>>()).expect("texts are written as JSON")
}

/// How long one decision takes in a session with 50 toolkits and a list of tools for each.
fn decision(runs: usize) -> Duration {
    let catalogue: Vec<(ToolkitSlug, Vec<ToolDefinition>)> = (0..LISTED_KITS)
        .map(|number| (slug(&kit(number)), (0..TOOLS_OF_KIT).map(|tool| definition(number, tool)).collect()))
        .collect();
    let mut config = SessionConfig::new();
    config.toolkits = ToolkitPolicy::Enable(catalogue.iter().map(|(slug, _)| slug.clone()).collect());
    for (slug, tools) in &catalogue {
        let list = tools.iter().map(|tool| tool.slug.clone()).collect();
        config.tools.insert(slug.clone(), ToolPolicy::Enable(list));
    }
    let round = || {
        let start = Instant::now();
        for (slug, tools) in &catalogue {
            for tool in tools {
                assert!(black_box(config.decide(black_box(slug), black_box(tool))).allowed);
            }
        }
        start.elapsed()
    };
    let decisions = u32::try_from(LISTED_KITS * TOOLS_OF_KIT).expect("it is written so");
    middle((0..runs).map(|_| round()).collect()) / decisions
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn report(listing: &Listing, decision: Duration) -> String {
    let Listing { serialised, all, named, with_accounts } = *listing;
    let ratio = |time: Duration| time.as_secs_f64() / serialised.as_secs_f64();
    let milliseconds = serialised.as_secs_f64() * 1e3;
    let holds = if ratio(all.max(named).max(with_accounts)) <= LISTING_AT_MOST { "holds" } else { "DOES NOT HOLD" };
    format!(
        "{:<22} list 1,000 tools: all {:.2}x, by name {:.2}x, with accounts {:.2}x of serialising them \
         ({milliseconds:.1} ms) | policy: {} ns a decision (50 toolkits, 2,000 tools)\n\
         {:<22} budget: listing at most {LISTING_AT_MOST}x {holds}\n",
        "composio-engine",
        ratio(all),
        ratio(named),
        ratio(with_accounts),
        decision.as_nanos(),
        "",
    )
}

async fn engine() -> Engine {
    let url = Url::parse("http://127.0.0.1:8787").expect("it is written so");
    let store = SqliteStore::in_memory().await.expect("memory takes a database");
    let options = EngineOptions::new(url, KeySource::Keys(vec![SealingKey::new([7; 32])]));
    let options = (0..KITS).fold(options, |options, number| options.toolkit(manifest(number).to_string().as_bytes()));
    Engine::start(Arc::new(store), options).await.expect("the manifests are good")
}

fn manifest(number: usize) -> Value {
    json!({
        "format": 1,
        "slug": kit(number),
        "name": format!("Kit {number}"),
        "description": "Made up.",
        "version": "1",
        "base_url": "http://127.0.0.1:1",
        "auth_schemes": [{
            "scheme": "API_KEY",
            "fields": [{"name": "api_key", "label": "API key"}],
            "placement": {"in": "header", "name": "X-Api-Key"},
        }],
        "tools": (0..TOOLS_OF_KIT).map(|place| tool(number, place)).collect::<Vec<_>>(),
    })
}

fn tool(kit: usize, place: usize) -> Value {
    let schema = schema(place);
    let names = schema["properties"].as_object().into_iter().flat_map(Map::keys);
    let fields: Vec<_> = names.map(|name| json!({"argument": name, "name": name})).collect();
    json!({
        "slug": tool_slug(kit, place),
        "name": format!("Tool {place}"),
        "description": "Does something with a thing of the user's account, and gives back what is there then.",
        "tags": ["createHint"],
        "input_schema": schema,
        "http": {
            "method": "POST",
            "path": format!("/things/{place}"),
            "body": {"content_type": "application/json", "required": true, "fields": fields},
        },
    })
}

fn definition(kit: usize, place: usize) -> ToolDefinition {
    let slug = ToolSlug::new(tool_slug(kit, place)).expect("it is written so");
    ToolDefinition::new(slug, SENTENCE, json!({"type": "object"}).into())
}

/// One to three thousand characters, as real ones.
fn schema(place: usize) -> Value {
    let properties = (0..6 + place % 12).map(|number| {
        let field = match number % 4 {
            0 => json!({"type": "string", "description": SENTENCE, "maxLength": 256}),
            1 => json!({"type": "integer", "description": SENTENCE, "minimum": 1, "maximum": 100, "default": 30}),
            2 => json!({"type": "string", "description": SENTENCE, "enum": ["open", "closed", "all"]}),
            _ => json!({"type": "array", "description": SENTENCE, "items": {"type": "string", "minLength": 1}}),
        };
        (format!("field_{number}"), field)
    });
    json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "required": ["field_0"],
        "additionalProperties": false,
    })
}

fn kit(number: usize) -> String {
    format!("kit{number}")
}

fn slug(kit: &str) -> ToolkitSlug {
    ToolkitSlug::new(kit).expect("it is written so")
}

fn tool_slug(kit: usize, place: usize) -> String {
    format!("KIT{kit}_DO_SOMETHING_WITH_THING_{place}")
}

fn slugs() -> impl Iterator<Item = String> {
    (0..KITS).flat_map(|kit| (0..TOOLS_OF_KIT).map(move |place| tool_slug(kit, place)))
}
