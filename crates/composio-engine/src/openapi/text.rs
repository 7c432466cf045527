//! Descriptions, made fit to be read by a model: bounded, and with no link that leads nowhere.

/// The text as one line.
pub(super) fn line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Markdown without invisible characters, relative links, images and runs of blank lines, at most `limit` characters long.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let linked = links(&visible(text));
    let mut out = String::with_capacity(linked.len());
    let mut blank = 0;
    for line in linked.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    bounded(out.trim(), limit)
}

/// Leaves out control characters and those that only change how the rest looks: people who review a manifest must see what
/// a model reads.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e007f}')
            || (c.is_control() && !matches!(c, '\n' | '\t'))
    };
    text.chars().filter(|c| !hidden(*c)).collect()
}

/// Keeps links to the web; other links and images become their text.
fn links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_code = false;
    while let Some(at) = rest.find(['[', '`']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        if tail.starts_with('`') {
            in_code = !in_code;
        } else if !in_code && let Some((label, target, after)) = link(tail) {
            let image = out.ends_with('!');
            if image {
                out.pop();
            }
            let label = links(label);
            let address = target.split_whitespace().next().unwrap_or_default();
            let web = address.starts_with("https://") || address.starts_with("http://");
            if web && !image {
                out.push_str(&format!("[{label}]({target})"));
            } else {
                out.push_str(&label);
            }
            rest = after;
            continue;
        }
        out.push_str(&tail[..1]);
        rest = &tail[1..];
    }
    out + rest
}

/// Splits `[label](target)` off the beginning of a text.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let label_end = closing(text, '[', ']')?;
    let tail = text[label_end + 1..].strip_prefix('(').map(|_| &text[label_end + 1..])?;
    let target_end = closing(tail, '(', ')')?;
    Some((&text[1..label_end], &tail[1..target_end], &tail[target_end + 1..]))
}

/// Where the bracket that opens a text is closed, within its paragraph.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0usize;
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    for (index, c) in paragraph.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// Cuts after the last sentence that fits, or after the last word if that would lose more than half.
fn bounded(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text.to_owned() };
    let window = &text[..end];
    let sentence = [". ", ".\n", "! ", "!\n", "? ", "?\n", ":\n", "\n\n"];
    let boundary = sentence.iter().filter_map(|mark| window.rfind(mark).map(|at| at + 1)).max().unwrap_or(0);
    let cut = if boundary >= end / 2 {
        window[..boundary].trim_end().to_owned()
    } else {
        let room = text.char_indices().nth(limit - 1).map_or(0, |(at, _)| at);
        let word = window[..room].rfind(char::is_whitespace).unwrap_or(room);
        format!("{}…", window[..word].trim_end())
    };
    closed_fence(cut)
}

/// A cut inside a code block takes the block away.
fn closed_fence(text: String) -> String {
    match text.rfind("```") {
        Some(at) if text.matches("```").count() % 2 == 1 => text[..at].trim_end().to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_nowhere_become_their_text() {
        for (from, to) in [
            ("See [the docs](https://x.example/a) here.", "See [the docs](https://x.example/a) here."),
            ("See [the docs](/rest/issues#x) here.", "See the docs here."),
            ("[a](#b) and [c](javascript:alert(1))!", "a and c!"),
            ("![badge](https://x.example/track.png)text", "badgetext"),
            ("[![b](https://i.example)](https://x.example)", "[b](https://x.example)"),
            ("`list[0](x)` and a[0] stay", "`list[0](x)` and a[0] stay"),
            ("[open", "[open"),
            ("tick ` alone [é](/y)", "tick ` alone [é](/y)"),
        ] {
            assert_eq!(clean(from, 1_000), to, "{from}");
        }
    }

    #[test]
    fn invisible_characters_and_runs_of_blank_lines_go() {
        assert_eq!(clean(" a\u{200b}b\r\n\r\n\r\n\r\nc  \n\u{202e}d\u{0} ", 100), "ab\n\nc\nd");
        assert_eq!(line(" Create\n an  issue "), "Create an issue");
    }

    #[test]
    fn long_texts_end_with_a_sentence() {
        assert_eq!(clean("One is here. Two is here. Three is here.", 30), "One is here. Two is here.");
        assert_eq!(clean("No sentence ends anywhere in this text", 20), "No sentence ends…");
        assert_eq!(clean("Unbroken-text-without-any-blank", 10), "Unbroken-…");
        assert_eq!(clean("Text comes first.\n\n```\ncode. more code. more\n```", 40), "Text comes first.");
        assert!(clean(&"é. ".repeat(700), 1_024).chars().count() <= 1_024);
    }
}
