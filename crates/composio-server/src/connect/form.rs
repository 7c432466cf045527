//! The form that a link page posts.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use composio_core::FormFields;

use super::Connect;
use super::guard::plain;

/// The name of the hidden field that carries the CSRF token.
pub(super) const CSRF_FIELD: &str = "_csrf";
/// Keys and passwords are short.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// A form that one of our own pages may have posted: its origin is checked, its token is not yet.
pub(super) struct PostedForm {
    pub(super) csrf: String,
    pub(super) fields: FormFields,
}

impl FromRequest<Arc<Connect>> for PostedForm {
    type Rejection = Response;

    async fn from_request(request: Request, connect: &Arc<Connect>) -> Result<Self, Self::Rejection> {
        if connect.guard.is_foreign(request.uri(), request.headers()) {
            let origin = request.headers().get(header::ORIGIN);
            tracing::warn!(?origin, "a connect form was posted from another origin; is public_url what browsers see?");
            return Err(connect.refusal());
        }
        if !is_form(request.headers()) {
            return Err(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is not a form.\n"));
        }
        match Bytes::from_request(request, connect).await {
            Ok(body) => Ok(Self::read(&body)),
            Err(rejection) => Err(plain(rejection.status(), "The form could not be read, or it is too large.\n")),
        }
    }
}

impl PostedForm {
    fn read(body: &[u8]) -> Self {
        let mut form = Self { csrf: String::new(), fields: FormFields::new() };
        for (name, value) in url::form_urlencoded::parse(body) {
            if name == CSRF_FIELD {
                form.csrf = value.into_owned();
            } else {
                form.fields = form.fields.field(name, value.into_owned());
            }
        }
        form
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind);
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
