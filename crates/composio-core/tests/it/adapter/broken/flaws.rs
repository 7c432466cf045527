//! What can be wrong with an adapter.

use std::sync::OnceLock;

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::{Answer, Approval, Error, ErrorKind, Result, SessionTool, ToolSet, parse_arguments};
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde_json::{Map, Value, json};

use super::super::{shown, waiting};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    /// Lists backwards.
    Reversed,
    /// Lists by name.
    Sorted,
    /// Leaves descriptions out.
    NoDescription,
    /// Shows the first line of a description.
    CutDescription,
    /// Shows descriptions that providers refuse.
    WholeDescription,
    /// Shows schemas as their services wrote them.
    RawSchema,
    /// Shows the names in a schema in their own order.
    SortedSchema,
    /// Shows schemas without `$defs`.
    NoReferences,
    /// Shows a tool where there is none.
    PlaceholderTool,
    /// Runs each tool to see whether it is there.
    TriesTools,
    /// Remembers the first session's tools.
    FirstSession,
    /// Shows slugs.
    SlugsAsNames,
    /// Shows names in small letters.
    LowerCaseNames,
    /// Takes some tool for one that it does not know.
    GuessesNames,
    /// Answers none where one call is not ours.
    StopsAtStrangers,
    /// Wraps arguments in a string.
    Stringified,
    /// Reads every number as a float.
    Floats,
    /// Sorts the names of arguments.
    SortedArguments,
    /// Takes what stands in `input` for all there is.
    UnwrapsInput,
    /// Insists on an object.
    RefusesEmpty,
    /// Refuses what was encoded twice.
    DecodesOnce,
    /// Makes an object of what is none.
    SendsMalformed,
    /// Answers what is no object with nothing.
    SilentOnMalformed,
    /// Quotes what is no object.
    RepeatsMalformed,
    /// Answers no call after one that failed.
    StopsAtFailures,
    /// Leaves log ids out.
    NoLogId,
    /// Tells the data without the envelope.
    DataAlone,
    /// Tells the kind of a failure.
    KindAlone,
    /// Tells what is for the operator.
    ShowsDisplay,
    /// Tells what is for the operator, in full.
    ShowsDebug,
    /// Reveals links unasked.
    AlwaysLinks,
    /// Reveals no link.
    NeverLinks,
    /// Leaves native tools out.
    BackendOnly,
    /// Replies backwards.
    RepliesReversed,
    /// Replies to one call.
    FirstReplyOnly,
    /// Tells every call what the first gave.
    OneReplyForAll,
    /// Runs calls that are alike once.
    RunsOnceForTheSame,
    /// Takes the answers for those of the calls in order.
    AsTheyCome,
    /// Runs a call again that failed.
    TriesAgain,
    /// Shows the schemas of the set before it was strict.
    IgnoresStrict,
    /// Leaves out that a schema may be enforced.
    NeverSaysStrict,
    /// Says of every schema that it may be enforced.
    AlwaysSaysStrict,
    /// Sends the nulls that strictness added.
    KeepsNulls,
    /// Sends no null.
    DropsNulls,
    /// Describes tools in its own words.
    OwnDescriptions,
    /// Tells a model what it wrote, in place of what came back.
    TellsWhatWasWritten,
    /// Tells of a failure in the words for its kind.
    RewordsFailures,
    /// Tells the state of what waits for a person.
    ShowsState,
    /// Allows what waits for a person by itself.
    AllowsItself,
    /// Keeps from the application what waits for a person.
    LosesQuestions,
    /// Takes the tool of the session, and not that of the set, which knows whom to ask.
    ForgetsWhoToAsk,
    /// Shows no parameter for the account.
    HidesAccounts,
    /// Sends the account with the arguments.
    SendsAccounts,
}

/// An adapter with at most one flaw.
pub(super) struct Broken {
    flaw: Option<Flaw>,
    first: OnceLock<ToolSet>,
}

impl Broken {
    pub(super) fn new(flaw: Option<Flaw>) -> Self {
        Self { flaw, first: OnceLock::new() }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The tools that it takes for those of the session.
    fn taken<'a>(&'a self, tools: &'a ToolSet) -> &'a ToolSet {
        if self.has(Flaw::FirstSession) { self.first.get_or_init(|| tools.clone()) } else { tools }
    }

    fn show(&self, tool: &SessionTool) -> Shown {
        let whole = shown(tool);
        let schema = &tool.definition().input_schema;
        match self.flaw {
            Some(Flaw::NoDescription) => Shown { description: String::new(), ..whole },
            Some(Flaw::CutDescription) => {
                let first = whole.description.lines().next().unwrap_or_default().to_owned();
                Shown { description: first, ..whole }
            }
            Some(Flaw::WholeDescription) => Shown { description: tool.definition().description.to_string(), ..whole },
            Some(Flaw::RawSchema) => Shown { schema: schema.value().clone(), ..whole },
            Some(Flaw::SortedSchema) => Shown { schema: sorted(whole.schema), ..whole },
            Some(Flaw::IgnoresStrict) => Shown { schema: Value::Object((**schema.for_model()).clone()), ..whole },
            Some(Flaw::NoReferences) => {
                let mut schema = whole.schema;
                schema.as_object_mut().map(|root| root.shift_remove("$defs"));
                Shown { schema, ..whole }
            }
            Some(Flaw::OwnDescriptions) => {
                Shown { description: format!("Scripted {}.", tool.definition().slug), ..whole }
            }
            Some(Flaw::HidesAccounts) => {
                let mut schema = whole.schema;
                schema["properties"].as_object_mut().map(|own| own.shift_remove("account"));
                Shown { schema, ..whole }
            }
            Some(Flaw::SlugsAsNames) => Shown { name: tool.definition().slug.to_string(), ..whole },
            Some(Flaw::LowerCaseNames) => Shown { name: whole.name.to_lowercase(), ..whole },
            Some(Flaw::NeverSaysStrict) => Shown { strict: None, ..whole },
            Some(Flaw::AlwaysSaysStrict) => Shown { strict: Some(true), ..whole },
            Some(Flaw::TriesTools) => {
                drop(tool.call(Map::new()).now_or_never());
                whole
            }
            _ => whole,
        }
    }

    /// The tool that it takes a model to mean.
    fn find<'a>(&self, tools: &'a ToolSet, name: &str) -> Option<&'a SessionTool> {
        let sent = |tool: &&SessionTool| !self.has(Flaw::BackendOnly) || tool.definition().toolkit.is_some();
        let named = tools.named(name).filter(sent);
        if self.has(Flaw::GuessesNames) { named.or_else(|| tools.iter().next()) } else { named }
    }

    async fn one(&self, tools: &ToolSet, call: &Call) -> Reply {
        let Some(tool) = self.find(tools, &call.name) else { return Reply::NotOurs { id: call.id.clone() } };
        let text = match self.arguments(&call.arguments) {
            Ok(arguments) if self.sends_as_written(tool) => match tool.call(arguments).await {
                Ok(output) => json!({"successful": true, "data": output.value(), "error": null}).to_string(),
                Err(error) => told(&error.for_model()),
            },
            Ok(arguments) => {
                let mut answer = self.answer_once(tool, arguments.clone()).await;
                if self.has(Flaw::TriesAgain) && answer.error().is_some() {
                    answer = tool.answer(arguments).await;
                } else if self.has(Flaw::TellsWhatWasWritten) && answer.error().is_none() {
                    answer = Ok(composio_core::ToolOutput::new(Value::Object(arguments)).log_id("log_1")).into();
                }
                self.text(&answer)
            }
            Err(error) if self.has(Flaw::RepeatsMalformed) => {
                told(&format!("{} You wrote {}", error.for_model(), call.arguments))
            }
            Err(_) if self.has(Flaw::SilentOnMalformed) => String::new(),
            Err(error) => told(&error.for_model()),
        };
        Reply::Text { id: call.id.clone(), text }
    }

    /// Whether the call is made with all that the model wrote.
    fn sends_as_written(&self, tool: &SessionTool) -> bool {
        self.has(Flaw::SendsAccounts) || self.has(Flaw::KeepsNulls) && tool.is_strict()
    }

    async fn answer_once(&self, tool: &SessionTool, arguments: Map<String, Value>) -> Answer {
        if self.has(Flaw::ForgetsWhoToAsk) {
            let slug = tool.definition().slug.clone();
            return match tool.session().tool(slug).await {
                Ok(tool) => tool.answer(arguments).await,
                Err(error) => Err(error).into(),
            };
        }
        let answer = tool.answer(arguments).await;
        match answer.error().and_then(Error::approval).filter(|_| self.has(Flaw::AllowsItself)) {
            Some(approval) => tool.session().approve(approval).await.into(),
            None => answer,
        }
    }

    /// What it makes of what a model wrote.
    fn arguments(&self, written: &str) -> Result<Map<String, Value>> {
        let read = parse_arguments(written);
        let refused = || Error::new(ErrorKind::InvalidInput, "no").with_model_text("Send an object: one JSON object.");
        Ok(match self.flaw {
            Some(Flaw::Stringified) => object(json!({"input": written})),
            Some(Flaw::Floats) => object(floats(Value::Object(read?))),
            Some(Flaw::SortedArguments) => object(sorted(Value::Object(read?))),
            Some(Flaw::UnwrapsInput) => match read?.get("input").and_then(Value::as_str) {
                Some(input) => object(json!({"input": input})),
                None => parse_arguments(written)?,
            },
            Some(Flaw::RefusesEmpty) if written.trim().is_empty() => return Err(refused()),
            Some(Flaw::DecodesOnce) if written.starts_with('"') => return Err(refused()),
            Some(Flaw::SendsMalformed) => read.unwrap_or_else(|_| object(json!({"input": written}))),
            Some(Flaw::DropsNulls) => object(without_nulls(Value::Object(read?))),
            _ => read?,
        })
    }

    /// What it lets a model read.
    fn text(&self, answer: &Answer) -> String {
        let mut read: Value = serde_json::from_str(&answer.text()).unwrap_or_default();
        match (self.flaw, answer.error()) {
            (Some(Flaw::NoLogId), _) => drop(read.as_object_mut().map(|envelope| envelope.shift_remove("log_id"))),
            (Some(Flaw::DataAlone), None) => read = read["data"].take(),
            (Some(flaw), Some(error)) => {
                let for_model = error.for_model();
                let link = error.connect_url();
                let instead = match flaw {
                    Flaw::KindAlone => Some(format!("{:?}", error.kind())),
                    Flaw::ShowsDisplay => Some(error.to_string()),
                    Flaw::ShowsDebug => Some(format!("{error:?}")),
                    Flaw::NeverLinks => Some(for_model.into_owned()),
                    Flaw::RewordsFailures => Some(Error::new(error.kind(), "").for_model().into_owned()),
                    Flaw::ShowsState => {
                        error.approval().map(|approval| format!("{for_model} ({})", approval.state().as_str()))
                    }
                    Flaw::AlwaysLinks => link.map(|link| format!("{for_model} Connect at {link}")),
                    _ => None,
                };
                if let Some(text) = instead {
                    read["error"] = Value::from(text);
                }
            }
            _ => {}
        }
        read.to_string()
    }

    /// Runs the calls of a turn, each as it should be but for how they are put together.
    async fn together(&self, tools: &ToolSet, calls: &[Call]) -> Vec<Reply> {
        match self.flaw {
            Some(Flaw::StopsAtFailures) => {
                let mut replies = Vec::new();
                for call in calls {
                    replies.push(self.one(tools, call).await);
                    if matches!(replies.last(), Some(Reply::Text { text, .. }) if text.contains("\"successful\":false"))
                    {
                        break;
                    }
                }
                replies
            }
            Some(Flaw::AsTheyCome) => {
                let running: FuturesUnordered<_> = calls.iter().map(|call| self.one(tools, call)).collect();
                let came: Vec<_> = running.collect().await;
                came.into_iter().zip(calls).map(|(reply, call)| readdressed(reply, &call.id)).collect()
            }
            _ => join_all(calls.iter().map(|call| self.one(tools, call))).await,
        }
    }
}

#[async_trait]
impl Adapter for Broken {
    fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
        let tools = self.taken(tools);
        let listed = tools.iter().filter(|tool| !self.has(Flaw::BackendOnly) || tool.definition().toolkit.is_some());
        let mut all: Vec<_> = listed.map(|tool| self.show(tool)).collect();
        match self.flaw {
            Some(Flaw::Reversed) => all.reverse(),
            Some(Flaw::Sorted) => all.sort_by(|one, other| one.name.cmp(&other.name)),
            Some(Flaw::PlaceholderTool) if all.is_empty() => {
                let (name, description) = ("none".to_owned(), "There are no tools.".to_owned());
                all.push(Shown { name, description, schema: json!({}), strict: None });
            }
            _ => {}
        }
        all
    }

    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
        let tools = self.taken(tools);
        let strange = calls.iter().any(|call| tools.named(&call.name).is_none());
        let alike = calls.windows(2).all(|two| (&two[0].name, &two[0].arguments) == (&two[1].name, &two[1].arguments));
        match self.flaw {
            Some(Flaw::StopsAtStrangers) if strange => {
                calls.into_iter().map(|call| Reply::NotOurs { id: call.id }).collect()
            }
            Some(Flaw::FirstReplyOnly) => self.together(tools, &calls[..1]).await,
            Some(Flaw::RunsOnceForTheSame) if alike => addressed(&self.one(tools, &calls[0]).await, &calls),
            Some(Flaw::OneReplyForAll) => {
                let replies = self.together(tools, &calls).await;
                addressed(&replies[0], &calls)
            }
            Some(Flaw::RepliesReversed) => self.together(tools, &calls).await.into_iter().rev().collect(),
            _ => self.together(tools, &calls).await,
        }
    }

    async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
        if self.has(Flaw::AllowsItself) {
            self.one(tools, &call).await;
        }
        waiting(tools, &call).await.filter(|_| !self.has(Flaw::LosesQuestions))
    }
}

/// One reply for all of these calls.
fn addressed(reply: &Reply, calls: &[Call]) -> Vec<Reply> {
    calls.iter().map(|call| readdressed(reply.clone(), &call.id)).collect()
}

fn readdressed(reply: Reply, to: &str) -> Reply {
    match reply {
        Reply::Text { text, .. } => Reply::Text { id: to.to_owned(), text },
        Reply::NotOurs { .. } => Reply::NotOurs { id: to.to_owned() },
    }
}

fn told(error: &str) -> String {
    json!({"successful": false, "data": null, "error": error}).to_string()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(mut map) => {
            map.sort_keys();
            map.into_iter().map(|(name, below)| (name, sorted(below))).collect()
        }
        other => other,
    }
}

fn floats(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(name, below)| (name, floats(below))).collect(),
        Value::Number(number) => json!(number.as_f64()),
        other => other,
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, below)| !below.is_null());
            kept.map(|(name, below)| (name, without_nulls(below))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
