//! What a model says in one turn, before it takes a wire form; and how it is streamed.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;

use super::refusal::Refusal;
use super::script::{ModelCall, Reply};

/// How much of an answer a piece of a stream carries, in characters.
const PIECE: usize = 6;

#[derive(Debug)]
pub(super) struct Speech {
    /// Counts the requests of this model, for ids.
    pub(super) number: usize,
    /// In seconds.
    pub(super) created: i64,
    /// The name that the request gave the model.
    pub(super) model: String,
    /// Absent where tools are called.
    pub(super) text: Option<String>,
    /// With ids.
    pub(super) calls: Vec<ModelCall>,
    pub(super) usage: Usage,
}

/// Tokens, counted as four characters each: enough to see that usage is passed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) input: usize,
    pub(super) output: usize,
}

impl Speech {
    pub(super) fn new(reply: Reply, number: usize, created: i64, model: &str, asked: usize) -> Result<Self, Refusal> {
        let (text, mut calls) = match reply {
            Reply::Text(text) => (Some(text), Vec::new()),
            Reply::Calls(calls) if calls.is_empty() => (Some(String::new()), calls),
            Reply::Calls(calls) => (None, calls),
            Reply::Status(status, message) => return Err(Refusal::scripted(status, message)),
        };
        for (place, call) in calls.iter_mut().enumerate().filter(|(_, call)| call.id.is_empty()) {
            call.id = format!("call_{number}_{place}");
        }
        let said: usize = text.iter().map(String::len).chain(calls.iter().map(|call| call.arguments.len())).sum();
        let usage = Usage { input: asked.div_ceil(4), output: said.div_ceil(4) };
        Ok(Self { number, created, model: model.to_owned(), text, calls, usage })
    }
}

impl Usage {
    pub(super) fn total(self) -> usize {
        self.input + self.output
    }
}

/// A text in small pieces; none for an empty one.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let end = rest.char_indices().nth(PIECE).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Sends server-sent events, each as a chunk of its own.
pub(super) fn streamed(events: Vec<String>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(stream::iter(events.into_iter().map(Ok::<_, Infallible>)))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_characters_and_give_the_text_again() {
        for text in ["", "a", "abcdef", "abcdefg", "ééééééé", "the link: http://127.0.0.1/é"] {
            let pieces = pieces(text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| (1..=PIECE).contains(&piece.chars().count())), "{pieces:?}");
        }
    }
}
