//! One call: its answer, its progress, and its end when the client gives up.

use std::panic::AssertUnwindSafe;

use composio_core::{Answer, ApprovalAnswer, Progress, SessionTool};
use futures::FutureExt as _;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, JsonObject,
    ProgressNotificationParam, ProgressToken,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::mpsc;

use crate::ask::Way;
use crate::shown::result_schema;

/// What is said of a call whose end nobody saw.
const CUT_OFF: &str = "The call was cut off before it answered. It may have taken effect: look before you call again.";
/// How many reports wait for a client that reads slowly. Those that find no room are left out.
const REPORTS: usize = 1024;

/// Runs the tool until it answers or the client gives up. A call that is given up is dropped where it stands, and so is one
/// that waits for a person.
pub(crate) async fn run(
    tool: SessionTool,
    mut request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let slug = tool.definition().slug.clone();
    let structured = result_schema(&tool).is_some();
    let way = Way::of(&context);
    let call = Call { tool: way.lay(tool, &context.peer), said: way.said(&mut request), arguments: request.arguments };
    let answering = async move {
        match context.meta.get_progress_token() {
            Some(token) => call.reporting(&context.peer, token).await,
            None => call.answer().await,
        }
    };
    tokio::select! {
        biased;
        // Who cancelled does not read this. Others do, whose server stops under the call.
        () = context.ct.cancelled() => Err(ErrorData::internal_error(CUT_OFF, None)),
        answer = AssertUnwindSafe(answering).catch_unwind() => match answer.map(|answer| way.waits(answer)) {
            Ok(Ok(question)) => Ok(question.into()),
            Ok(Err(answer)) => Ok(result(answer, structured).into()),
            Err(_) => {
                // Without an answer the client would wait for ever. What was said in panic may hold anything.
                tracing::error!(tool = %slug, "the tool panicked");
                Err(ErrorData::internal_error("The tool broke down. Tell the user; calling again may not help.", None))
            }
        },
    }
}

/// A call, and what a person said to it where it is its second half.
struct Call {
    tool: SessionTool,
    arguments: Option<JsonObject>,
    said: Option<ApprovalAnswer>,
}

impl Call {
    async fn answer(self) -> Answer {
        match self.said {
            Some(said) => self.tool.answer_approval(self.arguments, said).await,
            None => self.tool.answer(self.arguments).await,
        }
    }

    /// Runs the tool, and sends each report on, in order and before the answer.
    async fn reporting(mut self, peer: &Peer<RoleServer>, token: ProgressToken) -> Answer {
        let (sender, mut reports) = mpsc::channel::<Option<Progress>>(REPORTS);
        let heard = sender.clone();
        self.tool = self.tool.on_progress(move |report| {
            // A client that does not keep up misses a report rather than holding the tool up.
            let _ = heard.try_send(Some(report));
        });
        let answering = async {
            let answer = self.answer().await;
            // A tool may have left its context somewhere, so that the channel does not close by itself.
            let _ = sender.send(None).await;
            answer
        };
        let telling = async {
            while let Some(Some(report)) = reports.recv().await {
                if let Some(report) = notification(token.clone(), report) {
                    // Nobody listens any more, and the call goes on.
                    let _ = peer.notify_progress(report).await;
                }
            }
        };
        let (answer, ()) = tokio::join!(answering, telling);
        answer
    }
}

/// JSON has no infinity, and no client expects a `null`.
fn notification(token: ProgressToken, report: Progress) -> Option<ProgressNotificationParam> {
    if !report.done.is_finite() {
        return None;
    }
    let mut told = ProgressNotificationParam::new(token, report.done);
    told.total = report.total.filter(|total| total.is_finite());
    told.message = Some(report.message).filter(|message| !message.is_empty());
    Some(told)
}

/// The answer as a client reads it: one text, and the bare result besides where its schema was listed.
fn result(answer: Answer, structured: bool) -> CallToolResult {
    let content = vec![ContentBlock::text(answer.text())];
    match answer.into_outcome() {
        Ok(output) => {
            let mut result = CallToolResult::success(content);
            result.structured_content = structured.then(|| output.value().clone());
            result
        }
        Err(_) => CallToolResult::error(content),
    }
}
