//! What the examples print: one line for each thing that happens, with a word in front that says what it is.

use std::fmt::Display;
use std::io::Write as _;

use composio::Url;

/// How wide the words in front are.
const WORD: usize = 9;
/// How much of a call or a result is shown.
const SHOWN: usize = 160;

/// A remark of the program.
pub fn note(text: &str) {
    line("", text);
}

/// What the agent is asked to do.
pub fn task(text: &str) {
    line("", "");
    line("user", text);
}

/// A call that the model makes.
pub fn call(tool: &str, arguments: impl Display) {
    line("call", &shortened(&format!("{tool} {arguments}")));
}

/// How far a tool is.
pub fn progress(text: &str) {
    line("progress", text);
}

/// What the model reads of it.
pub fn result(text: impl Display) {
    line("result", &shortened(&text.to_string()));
}

/// What the model says.
pub fn answer(text: impl Display) {
    line("model", &text.to_string());
}

/// A piece of what the model says, while it speaks; [`end_of_speech`] ends the line.
pub fn speech(piece: &str, first: bool) {
    let mut out = std::io::stdout();
    let _ = match first {
        true => write!(out, "{:WORD$}{piece}", "model"),
        false => write!(out, "{piece}"),
    };
    let _ = out.flush();
}

/// Ends the line that [`speech`] began.
pub fn end_of_speech() {
    line("", "");
}

/// What was found where the program looked for itself.
pub fn checked(text: &str) {
    line("checked", text);
}

/// The beginning of a link: whoever has the whole of it can connect an account, and logs are kept for long.
pub(crate) fn link(toolkit: &str, url: &Url) {
    let beginning: String = url.as_str().chars().take(40).collect();
    line("connect", &format!("{toolkit}: {beginning}…"));
}

pub(crate) fn page(name: &str, text: &str) {
    line("", &format!("  {name}: {text}"));
}

/// Prints a line. A reader who has gone, as in `| head`, is no reason to end halfway.
fn line(word: &str, text: &str) {
    let line = format!("{word:WORD$}{text}");
    let _ = writeln!(std::io::stdout(), "{}", line.trim_end());
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
