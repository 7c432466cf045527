//! Lists: filters, and pages that begin after a row instead of at a number, so that new rows shift nothing.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use composio_core::{Error, Page, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::failure::Failure;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 200;

/// The place in a list after which a page begins. The list's name is part of it, so that no other list takes it.
#[derive(Debug, PartialEq, Eq)]
struct Position {
    created_at: Timestamp,
    id: String,
}

impl Position {
    fn to_cursor(&self, list: &str) -> String {
        cursor(list, format_args!("{}:{}", self.created_at.as_micros(), self.id))
    }

    fn from_cursor(list: &str, cursor: &str) -> Result<Self, Error> {
        let position = || {
            let place = place(list, cursor)?;
            let (micros, id) = place.split_once(':')?;
            Some(Self { created_at: Timestamp::from_micros(micros.parse().ok()?), id: id.to_owned() })
        };
        position().ok_or_else(|| bad_cursor(cursor))
    }
}

/// The cursor of a place in a list.
pub(super) fn cursor(list: &str, place: impl fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}:{place}"))
}

/// The place that a cursor of this list is about.
pub(super) fn place(list: &str, cursor: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    Some(text.strip_prefix(list)?.strip_prefix(':')?.to_owned())
}

/// What a caller hears whose cursor is not one of the list.
pub(super) fn bad_cursor(cursor: &str) -> Error {
    Error::invalid_input("cursor", cursor, "pass the `next_cursor` of the page before, of the same list")
}

/// A list: how its rows are selected, read and found again.
pub(super) struct List<T> {
    /// Its name, for cursors.
    pub(super) name: &'static str,
    /// Selects its rows, with the filters.
    pub(super) rows: QueryBuilder<Sqlite>,
    /// Counts them, with the same filters.
    pub(super) count: QueryBuilder<Sqlite>,
    /// Reads a row.
    pub(super) read: fn(&SqliteRow) -> Result<T, Failure>,
    /// Where a value stands in the list.
    pub(super) position: fn(&T) -> (Timestamp, &str),
}

impl<T> List<T> {
    /// Reads a page, newest first. The connection should be in a transaction, so that rows and count agree.
    pub(super) async fn page(
        mut self,
        conn: &mut SqliteConnection,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Page<T>, Failure> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        if let Some(cursor) = cursor {
            let after = Position::from_cursor(self.name, cursor)?;
            self.rows.push(" AND (created_at, id) < (").push_bind(after.created_at.as_micros());
            self.rows.push(", ").push_bind(after.id).push(")");
        }
        // One more than asked for says whether there is a next page.
        self.rows.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(as_number(limit + 1));
        let rows = self.rows.build().fetch_all(&mut *conn).await?;
        let total: i64 = self.count.build().fetch_one(conn).await?.try_get(0)?;

        let items = rows.iter().take(limit).map(self.read).collect::<Result<Vec<_>, _>>()?;
        let last = items.last().filter(|_| rows.len() > limit).map(self.position);
        let next = last.map(|(created_at, id)| Position { created_at, id: id.to_owned() }.to_cursor(self.name));
        Ok(Page::new(items, next, usize::try_from(total).ok()))
    }
}

/// Narrows a statement to rows with one of these texts in a column; without any texts it narrows nothing.
///
/// One text is compared directly: it lets SQLite walk an index in the list's order, which a set of them does not.
pub(super) fn one_of<'a>(sql: &mut QueryBuilder<Sqlite>, column: &str, texts: impl IntoIterator<Item = &'a str>) {
    let texts: Vec<&str> = texts.into_iter().collect();
    match texts[..] {
        [] => {}
        [text] => {
            sql.push(format_args!(" AND {column} = ")).push_bind(text.to_owned());
        }
        [..] => {
            sql.push(format_args!(" AND {column} IN (SELECT value FROM json_each("));
            sql.push_bind(as_json(&texts)).push("))");
        }
    }
}

/// Texts as one parameter, for `json_each`: any number of them, and one prepared statement.
pub(super) fn as_json(texts: &[&str]) -> String {
    serde_json::Value::from_iter(texts.iter().copied()).to_string()
}

/// A limit as a number that SQLite has.
pub(super) fn as_number(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use composio_core::ErrorKind;

    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for id in ["ca_1", "", "with:colon", "ü"] {
            let position = Position { created_at: Timestamp::from_micros(-7), id: id.to_owned() };
            assert_eq!(Position::from_cursor("accounts", &position.to_cursor("accounts")).unwrap(), position);
        }
    }

    #[test]
    fn a_cursor_is_refused_unless_this_list_made_it() {
        let other = Position { created_at: Timestamp::from_micros(1), id: "x".into() }.to_cursor("configs");
        let almost = ["accounts", "accounts:", "accounts:x", "accounts:1", "accounts:1.5:x", "accountsx:1:x"];
        let almost = almost.map(|text| URL_SAFE_NO_PAD.encode(text));
        let bytes = URL_SAFE_NO_PAD.encode([0xff, 0xfe]);
        for cursor in ["", "2", "not base64!", &other, &bytes].into_iter().chain(almost.iter().map(String::as_str)) {
            let error = Position::from_cursor("accounts", cursor).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{cursor:?}");
        }
    }
}
