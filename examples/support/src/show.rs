//! What the examples print: one line for each thing that happens, with a word in front that says what it is.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use composio::Url;
use serde_json::Value;

/// How wide the words in front are.
const WORD: usize = 9;
/// How much of a call or a result is shown.
const SHOWN: usize = 160;

/// How wide what is wrapped gets.
const WIDTH: usize = 100;

/// Begins a step.
pub fn heading(text: &str) {
    line("", "");
    match std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        true => line_of(&format!("\x1b[1m{text}\x1b[0m")),
        false => line_of(text),
    }
}

/// A remark of the program.
pub fn note(text: &str) {
    line("", text);
}

/// A text of several lines or long ones, whole. A line that is broken goes on further in than it began.
pub fn whole(word: &str, text: impl Display) {
    let mut word = word;
    for said in text.to_string().lines() {
        let indent = " ".repeat(said.len() - said.trim_start().len());
        let (first, rest) = (format!("{word:WORD$}{indent}"), format!("{:WORD$}{indent}    ", ""));
        wrapped(said, &first, &rest, WIDTH).iter().for_each(|line| line_of(line.trim_end()));
        word = "";
    }
}

/// A value that somebody else wrote, for a person to judge: nothing in it moves the cursor or turns the line around.
pub fn harmless(value: &Value) -> String {
    let escaped = |c: char| if "\"'\\".contains(c) { c.to_string() } else { c.escape_debug().to_string() };
    value.to_string().chars().map(escaped).collect()
}

/// A question, which the answer is typed behind.
pub fn prompt(text: &str) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{:WORD$}{text} ", "");
    let _ = out.flush();
}

/// What the agent is asked to do.
pub fn task(text: &str) {
    line("", "");
    user(text);
}

/// What the user says in between.
pub fn user(text: &str) {
    line("user", text);
}

/// What the application tells the model.
pub fn host(text: &str) {
    let mut word = "host";
    for said in text.lines() {
        line(word, &shortened(said));
        word = "";
    }
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

fn line(word: &str, text: &str) {
    line_of(format!("{word:WORD$}{text}").trim_end());
}

/// Prints a line. A reader who has gone, as in `| head`, is no reason to end halfway.
fn line_of(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Breaks a text between words, with this before its first line and that before the others. A word that is longer than a
/// line stays in one piece, so that it can be copied.
pub fn wrapped(text: &str, first: &str, rest: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut empty) = (first.to_owned(), true);
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_break_between_words() {
        let word = "x".repeat(30);
        let lines = wrapped(&format!("{word} {word} {word}"), "1 ", "  ", 80);
        assert_eq!(lines, [format!("1 {word} {word}"), format!("  {word}")]);
        let long = "y".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b"), "", "", 80), ["a".to_owned(), long, "b".to_owned()]);
        assert_eq!(wrapped("", "-", "", 80), ["-"]);
    }

    #[test]
    fn what_somebody_else_wrote_moves_no_cursor() {
        let value = json!(["it's \"fine\"", "\u{1b}[2K\u{9b}A", "\u{202e}on", "a\nb", "é"]);
        let shown = harmless(&value);
        assert_eq!(shown, r#"["it's \"fine\"","\u001b[2K\u{9b}A","\u{202e}on","a\nb","é"]"#);
    }
}
