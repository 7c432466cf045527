//! Between rows and values: what is a column is taken out of the JSON, so that every fact is kept in one place.

use composio_core::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::failure::Failure;
use crate::store::{Digest, Sealed};

/// A fact that is a column: the name of its field, and its value.
pub(super) type Column = (&'static str, Value);

/// The JSON of whatever is no column. A field that a later version adds is kept without further work.
pub(super) fn details<T: Serialize>(value: &T, columns: &[&str]) -> Result<String, Failure> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(value) else {
        return Err(Failure::unreadable("values", "it is no object"));
    };
    fields.retain(|name, _| !columns.contains(&name.as_str()));
    Ok(Value::Object(fields).to_string())
}

/// Puts a value together again from its JSON and its columns.
pub(super) fn assemble<T: DeserializeOwned>(
    table: &'static str,
    details: &str,
    columns: impl IntoIterator<Item = Column>,
) -> Result<T, Failure> {
    let mut fields: Map<String, Value> = parse(table, details)?;
    for (name, value) in columns {
        fields.insert(name.to_owned(), value);
    }
    serde_json::from_value(Value::Object(fields)).map_err(|_| Failure::unreadable(table, "a field has no known form"))
}

/// Reads JSON. What is wrong with it is told by place alone, because the text is nobody's business.
pub(super) fn parse<T: DeserializeOwned>(table: &'static str, json: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| {
        let why = format!("its JSON stops making sense at line {}, column {}", error.line(), error.column());
        Failure::unreadable(table, &why)
    })
}

/// A text as a JSON value.
pub(super) fn text(row: &SqliteRow, column: &str) -> Result<Value, Failure> {
    Ok(Value::String(row.try_get(column)?))
}

/// A text, or none, as a JSON value.
pub(super) fn text_or_null(row: &SqliteRow, column: &str) -> Result<Value, Failure> {
    let text: Option<String> = row.try_get(column)?;
    Ok(text.map_or(Value::Null, Value::String))
}

/// A boolean as a JSON value.
pub(super) fn flag(row: &SqliteRow, column: &str) -> Result<Value, Failure> {
    Ok(Value::Bool(row.try_get(column)?))
}

/// A number, or none, as a JSON value.
pub(super) fn number_or_null(row: &SqliteRow, column: &str) -> Result<Value, Failure> {
    let number: Option<i64> = row.try_get(column)?;
    Ok(number.map_or(Value::Null, Value::from))
}

/// A time.
pub(super) fn time(row: &SqliteRow, column: &str) -> Result<Timestamp, Failure> {
    Ok(Timestamp::from_micros(row.try_get(column)?))
}

/// Something sealed.
pub(super) fn sealed(row: &SqliteRow, column: &str) -> Result<Sealed, Failure> {
    Ok(Sealed(row.try_get(column)?))
}

/// A digest.
pub(super) fn digest(table: &'static str, row: &SqliteRow, column: &str) -> Result<Digest, Failure> {
    let bytes: Vec<u8> = row.try_get(column)?;
    Digest::try_from(bytes).map_err(|_| Failure::unreadable(table, "a digest is not 32 bytes long"))
}
