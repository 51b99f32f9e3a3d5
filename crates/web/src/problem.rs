//! Errors as people outside see them: `application/problem+json` (RFC 9457).
//!
//! A problem has a stable type, the field where one is to blame, and one clause of detail. What went
//! wrong inside stays in the log; nothing a caller sent is repeated.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::{borrow::Cow, time::Duration};

/// What kind of problem it is. The code is part of the interface and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The body or a parameter is not as it must be.
    Invalid,
    /// No key, or a key that is not known.
    Unauthorized,
    /// A known key without the scope for this.
    Forbidden,
    /// A page of an origin that may not call.
    Origin,
    /// There is no such thing.
    NotFound,
    /// The address takes another method.
    MethodNotAllowed,
    /// It contradicts what is already there.
    Conflict,
    /// The body is larger than the limit.
    TooLarge,
    /// The body is compressed in a way that is not read here.
    Encoding,
    /// It is more than what the caller may ask in a time.
    TooMany,
    /// There is more to do than the gateway can; nothing was kept.
    Overloaded,
    /// The gateway cannot do it now. What was to be kept may have been, and sending it again is safe.
    Unavailable,
}

impl Kind {
    fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Origin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn urn(self) -> &'static str {
        match self {
            Self::Invalid => "urn:sluicegate:problem:invalid",
            Self::Unauthorized => "urn:sluicegate:problem:unauthorized",
            Self::Forbidden => "urn:sluicegate:problem:forbidden",
            Self::Origin => "urn:sluicegate:problem:origin",
            Self::NotFound => "urn:sluicegate:problem:not-found",
            Self::MethodNotAllowed => "urn:sluicegate:problem:method-not-allowed",
            Self::Conflict => "urn:sluicegate:problem:conflict",
            Self::TooLarge => "urn:sluicegate:problem:too-large",
            Self::Encoding => "urn:sluicegate:problem:encoding",
            Self::TooMany => "urn:sluicegate:problem:too-many",
            Self::Overloaded => "urn:sluicegate:problem:overloaded",
            Self::Unavailable => "urn:sluicegate:problem:unavailable",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Invalid => "The request is not valid",
            Self::Unauthorized => "A key is required",
            Self::Forbidden => "The key does not allow this",
            Self::Origin => "The page may not call",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::Conflict => "The request contradicts what is there",
            Self::TooLarge => "The body is too large",
            Self::Encoding => "The body is not compressed as it may be",
            Self::TooMany => "That is enough for now",
            Self::Overloaded => "More to do than the gateway can",
            Self::Unavailable => "Not possible at the moment",
        }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: Kind,
    field: Option<String>,
    detail: Cow<'static, str>,
    wait: Option<Duration>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    detail: &'a str,
}

impl Problem {
    /// A problem with no field to blame.
    pub(crate) fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, field: None, detail: detail.into(), wait: None }
    }

    /// A value that is not as it must be.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of_field(Kind::Invalid, field, detail)
    }

    /// A problem of any kind with a field to blame.
    pub(crate) fn of_field(
        kind: Kind,
        field: impl Into<String>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind, field: Some(field.into()), detail: detail.into(), wait: None }
    }

    /// The caller asks too often, and may again after that time.
    pub(crate) fn too_soon(wait: Duration) -> Self {
        let detail = "asked too often; `Retry-After` has the seconds to wait";
        Self { wait: Some(wait), ..Self::new(Kind::TooMany, detail) }
    }

    /// It can be done in a moment.
    pub(crate) fn not_yet(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::later(detail, Duration::from_secs(1))
    }

    /// It can be done after that time, perhaps.
    pub(crate) fn later(detail: impl Into<Cow<'static, str>>, wait: Duration) -> Self {
        Self { wait: Some(wait), ..Self::new(Kind::Unavailable, detail) }
    }

    /// Something inside failed. The cause goes to the log, once, here. How far it came is not known: a commit
    /// that reports an error may have reached the disk.
    pub(crate) fn inside(cause: &dyn std::error::Error) -> Self {
        let mut words = cause.to_string();
        let mut source = cause.source();
        while let Some(next) = source {
            words.push_str(": ");
            words.push_str(&next.to_string());
            source = next.source();
        }
        tracing::error!(error.cause = %words, "a request could not be served");
        Self::new(
            Kind::Unavailable,
            "the gateway could not do this, or cannot tell whether it did; sending it again is safe",
        )
    }

    /// Returns the status, the field to blame and the detail, for a page that says the same.
    pub(crate) fn parts(&self) -> (StatusCode, Option<&str>, &str) {
        (self.kind.status(), self.field.as_deref(), &self.detail)
    }

    /// Returns after how many seconds it can be asked again, where that is known.
    pub(crate) fn retry_after(&self) -> Option<HeaderValue> {
        match self.wait {
            Some(wait) => Some(HeaderValue::from(wait.as_secs().max(1))),
            None => (self.kind == Kind::Overloaded).then_some(AGAIN_AFTER_SECONDS),
        }
    }

    /// The same problem in other words, where more is known.
    pub(crate) fn saying(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let document = Document {
            r#type: self.kind.urn(),
            title: self.kind.title(),
            status: status.as_u16(),
            field: self.field.as_deref(),
            detail: &self.detail,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (status, body).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if self.kind == Kind::Unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// When a caller that was refused for overload may come again.
const AGAIN_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");
