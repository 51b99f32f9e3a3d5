//! `POST /partners/opinion`: whether the page helped, and how it could be better. Nothing says who sent it.

use super::archive::number;
use crate::{
    limits::Act,
    pages::{
        Pages,
        answer::{Refusal, refuse, see_other},
        guard::{Asked, Fields, Visitor, is_from_elsewhere},
    },
};
use axum::{body::Body, extract::State, response::Response};
use http::HeaderMap;
use sluicegate_register::{Opinion, RemarkText, Verdict};
use std::sync::Arc;

/// The form on the page.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) token: String,
    pub(crate) edition: u32,
    pub(crate) thanks: Option<Thanks>,
}

/// What the page says once somebody said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thanks {
    /// It helped.
    Helpful,
    /// It did not.
    NotHelpful,
}

impl Thanks {
    /// Reads the query that the form leads to.
    pub(crate) fn of(query: Option<&str>) -> Option<Self> {
        let mut fields = url::form_urlencoded::parse(query?.as_bytes());
        let (_, said) = fields.find(|(name, _)| name == "said")?;
        match &*said {
            "helpful" => Some(Self::Helpful),
            "not-helpful" => Some(Self::NotHelpful),
            _ => None,
        }
    }
}

/// Takes what a reader says.
pub(crate) async fn say(
    State(pages): State<Arc<Pages>>,
    visitor: Visitor,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let asker = visitor.asker(&pages);
    let Some(fields) = Fields::read(body).await else {
        return refuse(&pages, asker, Refusal::Content);
    };
    let edition = fields.value("edition").and_then(number);
    let Some(edition) = edition else { return refuse(&pages, asker, Refusal::Content) };
    let token = fields.value("csrf").unwrap_or_default();
    if is_from_elsewhere(&headers) || !pages.accepts_opinion(edition, token) {
        return refuse(&pages, asker, Refusal::OpinionForm);
    }
    let verdict = match fields.value("helpful") {
        Some("yes") => Verdict::Helpful,
        Some("no") => Verdict::NotHelpful,
        Some(_) | None => return refuse(&pages, asker, Refusal::Content),
    };
    if let Err(wait) = asked.pass(&pages, Act::Opinion) {
        return refuse(&pages, asker, Refusal::too_many(wait));
    }
    let remark = fields.value("remark").and_then(RemarkText::of);
    let opinion = Opinion { edition, verdict, remark, at: pages.parts.clock.now() };
    match pages.parts.feedback.add(opinion).await {
        Ok(()) => see_other(match verdict {
            Verdict::Helpful => "/partners?said=helpful#opinion",
            Verdict::NotHelpful => "/partners?said=not-helpful#opinion",
        }),
        Err(error) => {
            tracing::error!(error = %error, "an opinion could not be kept");
            refuse(&pages, asker, Refusal::Failed)
        }
    }
}
