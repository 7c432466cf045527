//! Just enough HTML to read a page and to fill in its forms.

use composio::Url;

use crate::visitor::Page;

/// A form, filled in as far as its page does so.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) action: Url,
    pub(crate) is_post: bool,
    pub(crate) fields: Vec<(String, String)>,
}

impl Form {
    /// The forms of a page. Buttons and what is not ticked are left out, as browsers do.
    pub(crate) fn all(page: &Page) -> Vec<Self> {
        let forms = page.html.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
        forms.map(|form| Self::read(form, &page.url)).collect()
    }

    /// The only form of a page.
    pub(crate) fn of(page: &Page) -> Self {
        let mut forms = Self::all(page);
        assert_eq!(forms.len(), 1, "forms of the page {:?}", text(&page.html));
        forms.remove(0)
    }

    fn read(form: &str, page: &Url) -> Self {
        let (tag, content) = form.split_once('>').unwrap();
        let action = attribute(tag, "action").unwrap_or_else(|| page.to_string());
        let inputs = content.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap());
        let given = |input: &&str| {
            let choice = matches!(attribute(input, "type").as_deref(), Some("radio" | "checkbox"));
            !choice || input.contains(" checked")
        };
        let field = |input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()));
        Self {
            action: page.join(&action).unwrap(),
            is_post: attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            fields: inputs.filter(given).filter_map(field).collect(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Fills in a field, or presses the button of this name.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What people read on a page.
pub(crate) fn text(html: &str) -> String {
    let mut text = String::new();
    for (at, piece) in html.split('<').enumerate() {
        let (tag, rest) = if at == 0 { ("", piece) } else { piece.split_once('>').unwrap_or((piece, "")) };
        let hidden = ["style", "title", "script"].iter().any(|name| tag.starts_with(name));
        let inline = ["b", "/b", "bdi", "/bdi", "strong", "/strong", "code", "/code"].contains(&tag);
        text.push_str(if inline { "" } else { " " });
        text.push_str(if hidden { "" } else { rest });
    }
    unescape(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The heading of a page, which says how a flow ended.
pub(crate) fn heading(html: &str) -> String {
    let heading = html.split_once("<h1").and_then(|(_, rest)| rest.split_once("</h1>"));
    text(&format!("<h1{}", heading.map_or(">", |(heading, _)| heading)))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1;
    Some(unescape(value.split('"').next()?))
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let entity = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        match entity {
            Some((character, rest)) => plain.extend([character.to_string().as_str(), rest]),
            None => plain.extend(["&", part]),
        }
    }
    plain
}

fn character(entity: &str) -> Option<char> {
    let code = match entity.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        },
        None => {
            ["amp", "lt", "gt", "quot", "apos"].iter().zip("&<>\"'".chars()).find(|(name, _)| **name == entity)?.1
                as u32
        }
    };
    char::from_u32(code)
}

#[test]
fn forms_are_read_as_browsers_read_them() {
    let html = r#"<title>No</title><style>a{}</style><h1>A <bdi>B</bdi> &amp; &#39;C&#x27;</h1>
        <form method="post" action="go?x=1&amp;y=2"><input type="hidden" name="a" value="&lt;&#34;">
        <input type="radio" name="r" value="1" required><input type="radio" name="r" value="2" checked>
        <input name="empty"><button name="no" value="1">Go</button></form><form></form>"#;
    let url = Url::parse("http://127.0.0.1:1/link/x").unwrap();
    let page = Page { url, status: 200, html: html.to_owned() };
    let forms = Form::all(&page);
    assert_eq!((text(html), heading(html)), ("A B & 'C' Go".to_owned(), "A B & 'C'".to_owned()));
    assert_eq!(heading("<p>None</p>"), "");
    assert_eq!((forms[0].action.as_str(), forms[0].is_post), ("http://127.0.0.1:1/link/go?x=1&y=2", true));
    let fields: Vec<_> = forms[0].fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(fields, [("a", "<\""), ("r", "2"), ("empty", "")]);
    assert_eq!((forms[1].action.path(), forms[1].is_post), ("/link/x", false));
}
