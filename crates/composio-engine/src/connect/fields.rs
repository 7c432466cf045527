//! What a person or an application enters, where the service does not ask itself.

use composio_core::secrecy::ExposeSecret;
use composio_core::{Error, ErrorKind, Field, FormFields, Result};

use crate::manifest::{ApiKeySpec, CredentialField};

/// The fields that a scheme asks for, all of the required ones given and none besides. Developers read the message.
pub(crate) fn check_fields(spec: &ApiKeySpec, fields: &FormFields) -> Result<()> {
    let missing: Vec<_> = missing_fields(spec, fields).map(|field| field.name.as_str()).collect();
    if !missing.is_empty() {
        return Err(Error::invalid_input("fields", &missing.join(", "), "required, and not given"));
    }
    match fields.names().find(|name| spec.fields.iter().all(|field| field.name != *name)) {
        None => Ok(()),
        Some(name) => Err(Error::invalid_input("fields", name, "the toolkit asks for no such field")),
    }
}

/// As [`check_fields`], in the words of the form.
pub(super) fn check_form(spec: &ApiKeySpec, fields: &FormFields) -> Result<()> {
    let missing: Vec<_> = missing_fields(spec, fields).map(|field| field.label.as_str()).collect();
    if !missing.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, format!("Fill in: {}.", missing.join(", "))));
    }
    check_fields(spec, fields)
}

fn missing_fields<'a>(spec: &'a ApiKeySpec, fields: &FormFields) -> impl Iterator<Item = &'a CredentialField> {
    let given = |name: &str| fields.get(name).is_some_and(|value| !value.expose_secret().trim().is_empty());
    spec.fields.iter().filter(move |field| field.required && !given(&field.name))
}

pub(super) fn form_fields(spec: &ApiKeySpec) -> Vec<Field> {
    let field = |field: &CredentialField| {
        let mut shown = Field::secret(&field.name, &field.label);
        shown.description.clone_from(&field.description);
        shown.secret = field.secret;
        shown.required = field.required;
        shown
    };
    spec.fields.iter().map(field).collect()
}
