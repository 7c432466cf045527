//! Reads the one form of a page. It knows what our own templates write, and takes everything else for text.

/// A form as a browser would send it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    action: String,
    fields: Vec<(String, String)>,
    choices: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
}

impl Form {
    /// The first form; nothing where there is none or it does not end.
    pub(super) fn find(html: &str) -> Option<Self> {
        let mut tags = Tags(html).skip_while(|tag| tag.name != "form");
        let form = tags.next()?;
        let mut found = Self { action: form.attribute("action").unwrap_or_default().to_owned(), ..Self::default() };
        for tag in tags {
            let pair =
                || Some((tag.attribute("name")?.to_owned(), tag.attribute("value").unwrap_or_default().to_owned()));
            let into = match (tag.name.as_str(), tag.attribute("type")) {
                ("/form", _) => return Some(found),
                ("input", Some("hidden")) => &mut found.fields,
                ("input", Some("radio")) => &mut found.choices,
                ("button", _) => &mut found.buttons,
                _ => continue,
            };
            into.extend(pair());
        }
        None
    }

    /// Where it is sent, relative to the page; empty for the page itself.
    pub(super) fn action(&self) -> &str {
        &self.action
    }

    /// What is sent whatever the person does.
    pub(super) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// What the person may choose from.
    pub(super) fn choices(&self) -> &[(String, String)] {
        &self.choices
    }

    /// What the button with this value sends.
    pub(super) fn button(&self, value: &str) -> Option<&(String, String)> {
        self.buttons.iter().find(|(_, sent)| sent == value)
    }
}

/// The title of a page.
pub(super) fn title(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<title>")?;
    let (title, _) = rest.split_once("</title>")?;
    Some(unescape(title.trim()))
}

#[derive(Debug, Default)]
struct Tag {
    /// In lower case, with the slash of an end tag.
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The tags of a page, without its text, comments and styles.
struct Tags<'a>(&'a str);

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        loop {
            let (_, rest) = self.0.split_once('<')?;
            self.0 = rest;
            if let Some(comment) = rest.strip_prefix("!--") {
                self.0 = comment.split_once("-->")?.1;
                continue;
            }
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '/').unwrap_or(rest.len());
            let (name, rest) = rest.split_at(length);
            if name.is_empty() {
                continue;
            }
            let (attributes, rest) = attributes(rest)?;
            self.0 = match name {
                "style" | "script" => rest.split_once(&format!("</{name}"))?.1,
                _ => rest,
            };
            return Some(Tag { name: name.to_ascii_lowercase(), attributes });
        }
    }
}

/// The attributes up to the end of a tag, and what follows it. A `>` in quotes does not end it.
fn attributes(mut text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(rest) = text.strip_prefix('>') {
            return Some((found, rest));
        }
        let length = text.find(|c: char| c.is_ascii_whitespace() || "=>/".contains(c))?;
        let (name, rest) = text.split_at(length);
        let (value, rest) = match rest.strip_prefix('=') {
            Some(rest) => value(rest)?,
            None => ("", rest),
        };
        found.push((name.to_ascii_lowercase(), unescape(value)));
        text = rest;
    }
}

/// The value after an `=`, and what follows it.
fn value(text: &str) -> Option<(&str, &str)> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].split_once(quote),
        _ => Some(text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '>')?)),
    }
}

/// Replaces the references that templates write; others stay as they are.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        match reference {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    match (name, name.strip_prefix('#')) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(number)) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_form_is_read_as_a_browser_would_send_it() {
        let html = r#"<!doctype html><title>A &amp; B &#62; C</title>
            <style>form > input { content: "<form action='wrong'>"; }</style>
            <!-- <form action="also wrong"> -->
            <h1>1 < 2 and <bdi>x</bdi></h1>
            <form method="post" action="authorize?a=1&#38;b=2">
            <input type="hidden" name="csrf" value="a>b &#34;c&quot; &#x27;&unknown; &">
            <input type=hidden name=plain value=v/w>
            <input type='hidden' name='empty'>
            <input type="hidden" value="no name">
            <label><input type="radio" name="identity" value="alice@work.example" required checked></label>
            <input id="other" name="text" type="text" value="left alone"/>
            <button class="primary" type="submit" name="decision" value="allow">Allow</button>
            <button type="submit">Continue</button>
            </form><input type="hidden" name="after" value="x">"#;
        let form = Form::find(html).unwrap();
        assert_eq!(form.action(), "authorize?a=1&b=2");
        let fields = [pair("csrf", "a>b \"c\" '&unknown; &"), pair("plain", "v/w"), pair("empty", "")];
        assert_eq!(form.fields(), fields);
        assert_eq!(form.choices(), [pair("identity", "alice@work.example")]);
        assert_eq!(form.button("allow"), Some(&pair("decision", "allow")));
        assert_eq!(form.button("deny"), None);
        assert_eq!(title(html).as_deref(), Some("A & B > C"));
    }

    #[test]
    fn a_page_without_a_whole_form_has_none() {
        for html in
            ["", "<", "<p>", "text", "<form", "<form>", "<form><input name=\"a", "<!-- <form></form>", "</form>"]
        {
            assert_eq!(Form::find(html), None, "{html}");
        }
        assert_eq!(Form::find("<form></form>"), Some(Form::default()));
        assert_eq!(title("<h1>none</h1>"), None);
    }

    #[test]
    fn odd_text_is_no_trouble() {
        for text in ["&", "&;", "&#;", "&#x;", "&#99999999;", "&#xD800;", "é&é;", "&amp"] {
            assert_eq!(unescape(text), text);
        }
        assert!(Form::find("<é><form action=é></form>").is_some());
    }
}
