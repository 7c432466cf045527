//! Batches that a model makes: what is native of them runs here, the rest goes to the backend as one call, and what came of
//! both is one result again. Rules: `session-semantics` 4.5, `session-api` 10 and 12.7.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use futures::future::{join, join_all};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::Session;
use super::run::{BATCH_MAX, Caller, check_native};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolSlug;
use crate::json::JsonText;
use crate::tool::{Arguments, NativeTools, ToolCall, ToolOutput};

/// The tool that runs a batch. Backends reserve its slug.
pub(crate) const BATCH: &str = "COMPOSIO_MULTI_EXECUTE_TOOL";
/// The argument with the calls.
const TOOLS: &str = "tools";

/// A batch with native tools in it, taken apart.
#[derive(Debug)]
pub(super) struct Split {
    /// What each call names, in order.
    slugs: Vec<String>,
    /// The native ones by their place, or why one cannot be made.
    native: Vec<(usize, Result<ToolCall>)>,
    /// The places of the others, and the arguments of the batch with them alone.
    rest: Option<(Vec<usize>, Map<String, Value>)>,
}

/// What came of the rest: the places of its calls, and the outcome of the one call.
type Rest = (Vec<usize>, Result<ToolOutput>);

impl Split {
    /// Takes a call apart where it is a batch that names native tools; a batch without them is the backend's as it is.
    ///
    /// # Errors
    /// `InvalidInput` for more than 50 calls.
    pub(super) fn of(call: &ToolCall) -> Result<Option<Self>> {
        if call.tool != *BATCH {
            return Ok(None);
        }
        let Some(tools) = call.arguments.get(TOOLS).and_then(Value::as_array) else { return Ok(None) };
        if tools.len() > BATCH_MAX {
            let text = format!("`tools` has {} calls, and 50 are the most. Make several batches.", tools.len());
            let error = Error::invalid_input(TOOLS, &format!("{} calls", tools.len()), "1 to 50 calls");
            return Err(error.with_model_text(text));
        }
        let named = |tool: &Value| tool.get("tool_slug").and_then(Value::as_str).unwrap_or_default().to_owned();
        let slugs: Vec<String> = tools.iter().map(named).collect();
        let (native, rest): (Vec<usize>, Vec<usize>) =
            (0..tools.len()).partition(|place| NativeTools::has_prefix(&slugs[*place]));
        if native.is_empty() {
            return Ok(None);
        }
        let native = native.into_iter().map(|place| (place, item(&slugs[place], &tools[place]))).collect();
        let rest = (!rest.is_empty()).then(|| {
            let remaining = rest.iter().map(|place| tools[*place].clone()).collect();
            let mut arguments = call.arguments.clone();
            arguments.insert(TOOLS.to_owned(), Value::Array(remaining));
            (rest, arguments)
        });
        Ok(Some(Self { slugs, native, rest }))
    }
}

/// One call of a batch, as a call of its own.
fn item(slug: &str, given: &Value) -> Result<ToolCall> {
    let arguments = given.get("arguments").cloned().unwrap_or_default();
    let mut call = ToolCall::new(ToolSlug::new(slug)?, Arguments::from(arguments).into_object()?);
    call.account = given.get("account").and_then(Value::as_str).map(str::to_owned);
    Ok(call)
}

impl Session {
    /// Runs a batch that was taken apart, both sides at once. Whoever drops the future drops both.
    ///
    /// One native call alone answers as if it had been made alone. Otherwise the batch has a result whatever came of its
    /// calls: each says so at its place, and those that wait for a person are in [`ToolOutput::waiting`].
    pub(super) fn run_split<'a>(
        &'a self,
        call: ToolCall,
        split: Split,
        caller: &'a Caller,
    ) -> Pin<Box<dyn Future<Output = Result<ToolOutput>> + Send + 'a>> {
        Box::pin(async move {
            check_native(&ToolCall { account: None, ..call.clone() })?;
            let Split { slugs, mut native, rest } = split;
            if slugs.len() == 1
                && let Some((_, alone)) = native.pop()
            {
                return self.run(ToolCall { approval: call.approval, ..alone? }, None, caller).await;
            }
            if call.approval.is_some() {
                return Err(answered_as_a_whole());
            }
            // Progress only grows, and that of several calls does not.
            let caller = &Caller { progress: None, ask: caller.ask.clone() };
            let native = native.into_iter().map(|(place, item)| async move {
                match item {
                    Ok(call) => (place, self.run_asking(call, None, caller).await),
                    Err(error) => (place, Err(error)),
                }
            });
            let rest = async {
                let (places, arguments) = rest?;
                Some((places, self.run_rest(ToolCall { arguments, ..call }, caller).await))
            };
            let (native, rest) = join(join_all(native), rest).await;
            Ok(merge(&slugs, native, rest))
        })
    }

    /// Sends what is not native. Modifiers have seen it as part of the batch.
    async fn run_rest(&self, call: ToolCall, caller: &Caller) -> Result<ToolOutput> {
        let outcome = self.route(call, caller).await;
        let outcome = match caller.answered(&outcome).await {
            Some(answered) => self.route(answered, caller).await,
            None => outcome,
        };
        if let Err(error) = &outcome {
            tracing::warn!(session = %self.id(), kind = ?error.kind(), %error, "what a batch sent has failed as a whole");
        }
        outcome
    }
}

/// Made again as a whole, the native calls that have run would run again.
fn answered_as_a_whole() -> Error {
    let message = "an answer is for one call and not for a batch: answer with `Session::approve`, or make the call again that \
                   was asked about, by `Approval::tool` and `Approval::arguments`";
    Error::new(ErrorKind::PermissionDenied, message)
}

/// What came of one call, as the dialect has it.
#[derive(Serialize)]
struct Item<'a> {
    index: usize,
    tool_slug: &'a str,
    response: Option<Response<'a>>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Response<'a> {
    successful: bool,
    data: Cow<'a, RawValue>,
    error: Option<&'a str>,
    log_id: &'a str,
}

/// How a call stands in the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Done,
    Failed,
    Waiting,
}

type Fields = IndexMap<String, Box<RawValue>>;

/// One result of both sides, in the order of the calls. What else the backend's own result says stays in it.
pub(super) fn merge(slugs: &[String], native: Vec<(usize, Result<ToolOutput>)>, rest: Option<Rest>) -> ToolOutput {
    let mut items: Vec<Option<(Box<RawValue>, Stands)>> = slugs.iter().map(|_| None).collect();
    let mut waiting = Vec::new();
    for (place, outcome) in native {
        items[place] = Some(of_native(place, &slugs[place], &outcome));
        waiting.extend(outcome.err().and_then(|error| error.approval().cloned()));
    }
    let (mut data, mut log_id) = (Fields::new(), None);
    match rest {
        None => {}
        Some((places, Ok(output))) => {
            data = output.data.deserialize().unwrap_or_default();
            log_id = output.log_id;
            let given = data.get("results").and_then(|results| serde_json::from_str(results.get()).ok());
            for (place, fields) in places_of(&places, given.unwrap_or_default()) {
                items[place] = Some(of_rest(place, fields));
            }
            waiting.extend(output.waiting);
        }
        Some((places, Err(error))) => {
            for place in places {
                items[place] = Some(of_failed(place, &slugs[place], &error));
            }
            waiting.extend(error.approval().cloned());
        }
    }
    let filled = items.into_iter().enumerate();
    let filled = filled.map(|(place, item)| item.unwrap_or_else(|| of_nothing(place, &slugs[place])));
    let (results, stands): (Vec<_>, Vec<_>) = filled.unzip();
    counted(&mut data, &results, &stands);
    let mut output = ToolOutput::new(JsonText::from_raw(raw(&data)));
    output.log_id = log_id;
    output.waiting = waiting;
    output
}

/// Writes the results, and how many there are of which sort.
fn counted(data: &mut Fields, results: &[Box<RawValue>], stands: &[Stands]) {
    let count = |wanted: Stands| stands.iter().filter(|one| **one == wanted).count();
    let (total, done, failed) = (stands.len(), count(Stands::Done), count(Stands::Failed));
    data.insert("results".to_owned(), raw(&results));
    for (name, number) in [("total_count", total), ("success_count", done), ("error_count", total - done)] {
        data.insert(name.to_owned(), raw(&number));
    }
    if failed > 0 {
        data.insert("error".to_owned(), raw(&format!("{failed} out of {total} tools failed")));
    } else {
        data.shift_remove("error");
    }
}

/// The backend's results by the places that their calls had: where they say it, else by their order. Where neither can be
/// trusted, none is anybody's.
fn places_of(places: &[usize], given: Vec<Fields>) -> Vec<(usize, Fields)> {
    let index = |fields: &Fields| serde_json::from_str::<usize>(fields.get("index")?.get()).ok();
    let said: Vec<Option<usize>> = given.iter().map(index).collect();
    let mut sorted: Vec<_> = said.iter().flatten().copied().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let all_said = sorted.len() == given.len() && sorted.last().is_none_or(|last| *last < places.len());
    if !all_said && given.len() != places.len() {
        return Vec::new();
    }
    let placed = given.into_iter().enumerate().zip(said);
    let placed = placed.map(|((order, fields), said)| (said.filter(|_| all_said).unwrap_or(order), fields));
    placed.filter_map(|(place, fields)| Some((*places.get(place)?, fields))).collect()
}

fn of_native(index: usize, tool_slug: &str, outcome: &Result<ToolOutput>) -> (Box<RawValue>, Stands) {
    let error = match outcome {
        Ok(output) => {
            let log_id = output.log_id.as_deref().unwrap_or_default();
            let data = Cow::Borrowed(output.data.raw());
            let response = Some(Response { successful: true, data, error: None, log_id });
            return (raw(&Item { index, tool_slug, response, error: None }), Stands::Done);
        }
        Err(error) if error.approval().is_some() => return of_failed(index, tool_slug, error),
        Err(error) => error,
    };
    let text = error.for_model();
    let log_id = error.log_id().unwrap_or_default();
    let response = Response { successful: false, data: Cow::Owned(raw(&json!({}))), error: Some(&text), log_id };
    (raw(&Item { index, tool_slug, response: Some(response), error: Some(&text) }), Stands::Failed)
}

/// A call of the rest, whose one call has failed or waits for a person.
fn of_failed(index: usize, tool_slug: &str, error: &Error) -> (Box<RawValue>, Stands) {
    let (text, stands) = match error.approval() {
        Some(_) => (Cow::Owned(Error::waits(tool_slug)), Stands::Waiting),
        None => (error.for_model(), Stands::Failed),
    };
    (raw(&Item { index, tool_slug, response: None, error: Some(&text) }), stands)
}

/// A call that the backend was given and says nothing about.
fn of_nothing(index: usize, tool_slug: &str) -> (Box<RawValue>, Stands) {
    let text = "Nothing came back for this call. It is not known whether it took effect: check with a reading tool before you \
                do it again.";
    (raw(&Item { index, tool_slug, response: None, error: Some(text) }), Stands::Failed)
}

fn of_rest(index: usize, mut fields: Fields) -> (Box<RawValue>, Stands) {
    #[derive(Deserialize)]
    struct Said {
        successful: Option<bool>,
    }
    let is_null = |name: &str| fields.get(name).is_none_or(|value| value.get() == "null");
    let said = fields.get("response").and_then(|response| serde_json::from_str::<Said>(response.get()).ok());
    let done = match said.and_then(|said| said.successful) {
        Some(successful) => successful,
        None => !is_null("response") && is_null("error"),
    };
    fields.insert("index".to_owned(), raw(&index));
    (raw(&fields), if done { Stands::Done } else { Stands::Failed })
}

/// Text, numbers and raw JSON: nothing that can fail to be written.
fn raw<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests;
