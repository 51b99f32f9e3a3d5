//! Why there is no report, to a browser as a page and to everybody else as the interface says it.

use super::days::Days;
use crate::{
    pages::{
        answer::{page, wants_page},
        look::Look,
    },
    problem::{Kind, Problem},
};
use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::Arc;

/// Why a report is not shown.
#[derive(Debug)]
pub(super) enum Closed {
    /// Without the advertiser's key.
    NoKey,
    /// For another reason.
    Problem(Problem),
}

#[derive(Debug, Template)]
#[template(path = "report.closed.html")]
struct ClosedPage {
    look: Arc<Look>,
    title: &'static str,
    text: String,
    /// Only for whoever has the key.
    days: Option<Days>,
}

impl Closed {
    pub(super) fn response(self, look: &Arc<Look>, headers: &HeaderMap, days: Days) -> Response {
        let mut response = match (&self, wants_page(headers)) {
            (_, true) => self.page(Arc::clone(look), days),
            (Self::NoKey, false) => Problem::new(Kind::Unauthorized, KEY_FOR).into_response(),
            (Self::Problem(problem), false) => problem.clone().into_response(),
        };
        if let Self::Problem(problem) = &self
            && let Some(seconds) = problem.retry_after()
        {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let Self::NoKey = self {
            let challenge = HeaderValue::from_static("Basic realm=\"reports\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn page(&self, look: Arc<Look>, days: Days) -> Response {
        let problem = match self {
            Self::NoKey => (StatusCode::UNAUTHORIZED, None, KEY_NEEDED),
            Self::Problem(problem) => problem.parts(),
        };
        let (title, text, days) = match problem {
            (StatusCode::UNAUTHORIZED, ..) => {
                ("This report needs a key", problem.2.to_owned(), None)
            }
            (_, Some(field), detail) => {
                let text = match field {
                    "from" | "to" => String::from("Choose other days."),
                    "campaign_id" => String::from("Choose another campaign, or one campaign."),
                    _ => format!("“{field}” in the address: {detail}."),
                };
                ("This report cannot be shown", text, Some(days.wrong_in(field, detail)))
            }
            (StatusCode::NOT_FOUND, ..) => {
                let text = "There is no such advertiser. The address may be wrong, or the advertiser is not listed any more.";
                ("There is no such report", text.to_owned(), None)
            }
            (StatusCode::TOO_MANY_REQUESTS, ..) => {
                let text =
                    "Another report of this advertiser is being made. Ask again when it is there.";
                ("The report cannot be shown now", text.to_owned(), Some(days))
            }
            (..) => {
                let text = "It could not be made just now. Ask for it again in a moment.";
                ("The report cannot be shown now", text.to_owned(), Some(days))
            }
        };
        (problem.0, page(&ClosedPage { look, title, text, days })).into_response()
    }
}

const KEY_NEEDED: &str =
    "This report is its advertiser's: give the advertiser's key as the password.";
const KEY_FOR: &str = "the report is its advertiser's: give the advertiser's key as the password";

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(closed: Closed, accept: &'static str) -> (StatusCode, String, String) {
        let headers = [(header::ACCEPT, HeaderValue::from_static(accept))].into_iter().collect();
        let response = closed.response(&Arc::default(), &headers, Days::default());
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = response.status();
        let asks = response.headers().contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(asks, status == StatusCode::UNAUTHORIZED);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

    #[tokio::test]
    async fn a_browser_reads_a_page_with_the_field_that_is_wrong() {
        let wrong = Problem::field("to", "not a day, like 2026-11-26");
        let (status, kind, text) = shown(Closed::Problem(wrong.clone()), BROWSER).await;
        assert_eq!((status, kind.as_str()), (StatusCode::BAD_REQUEST, "text/html; charset=utf-8"));
        let described = "name=\"to\" value=\"\" min=\"\" max=\"\" aria-invalid=\"true\" aria-describedby=\"to-wrong\"";
        assert!(text.contains(described), "{text}");
        assert!(text.contains("id=\"to-wrong\"") && text.contains("To: not a day"), "{text}");
        assert!(!text.contains("from-wrong"), "{text}");
        let wrong_campaign = Problem::field("campaign_id", "not the id of a campaign");
        let (_, _, page) = shown(Closed::Problem(wrong_campaign), BROWSER).await;
        assert!(page.contains("aria-describedby=\"campaign_id-wrong\""), "{page}");
        assert!(page.contains("Campaign: not the id of a campaign."), "{page}");
        let beside = Problem::field("x", "only `from` and `to`, once");
        let (_, _, page) = shown(Closed::Problem(beside), BROWSER).await;
        assert!(page.contains("“x” in the address: only `from` and `to`, once."), "{page}");
        let (status, kind, text) = shown(Closed::Problem(wrong), "*/*").await;
        assert_eq!((status, kind.as_str()), (StatusCode::BAD_REQUEST, "application/problem+json"));
        assert!(text.contains("\"field\":\"to\""), "{text}");
    }

    #[tokio::test]
    async fn whoever_asks_while_a_report_is_under_way_is_told_when_to_come_again() {
        let busy = || Closed::Problem(Problem::too_soon(std::time::Duration::from_secs(1)));
        for accept in [BROWSER, "*/*"] {
            let headers =
                [(header::ACCEPT, HeaderValue::from_static(accept))].into_iter().collect();
            let response = busy().response(&Arc::default(), &headers, Days::default());
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        }
        let (_, _, text) = shown(busy(), BROWSER).await;
        assert!(text.contains("Another report of this advertiser is being made"), "{text}");
    }

    #[tokio::test]
    async fn whoever_has_no_key_is_asked_for_it_and_is_shown_no_form() {
        let (status, kind, text) = shown(Closed::NoKey, BROWSER).await;
        assert_eq!((status, kind.as_str()), (StatusCode::UNAUTHORIZED, "text/html; charset=utf-8"));
        assert!(text.contains("key as the password") && !text.contains("<form"), "{text}");
        let (status, kind, text) = shown(Closed::NoKey, "*/*").await;
        assert_eq!((status, kind.as_str()), (StatusCode::UNAUTHORIZED, "application/problem+json"));
        assert!(text.contains("urn:sluicegate:problem:unauthorized"), "{text}");
        let nobody = Problem::new(Kind::NotFound, "there is no such advertiser");
        let (status, _, text) = shown(Closed::Problem(nobody), BROWSER).await;
        assert!(status == StatusCode::NOT_FOUND && !text.contains("<form"), "{text}");
    }
}
