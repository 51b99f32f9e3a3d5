//! Asking an address whether it is the partner's and takes our messages, before anything goes there: the
//! validation handshake of the `CloudEvents` HTTP 1.1 Web Hooks. It tells the platform's domain and a rate,
//! and nothing about anyone.

use crate::{client::meaning, door::Egress, target::uri};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::Empty;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use sluicegate_gate::PartnershipId;
use sluicegate_ledger::SendError;
use std::num::IntErrorKind;

/// What an address answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// It takes messages of this origin.
    Agreed {
        /// As many a minute at most; `None` is as many as the register says.
        per_minute: Option<u32>,
    },
    /// It did not say so.
    Refused,
}

impl Egress {
    /// Asks the partnership's address whether it takes messages of this origin, a domain.
    ///
    /// No limit and no breaker is asked: a delivery asks once and then waits.
    pub async fn greet(
        &self,
        partnership: &PartnershipId,
        origin: &str,
    ) -> Result<Consent, SendError> {
        let edition = self.parts.current.load().ok_or(SendError::NotInForce)?;
        let listed = edition.partnership(partnership).ok_or(SendError::NotInForce)?;
        let endpoint = listed.endpoint.as_ref().ok_or(SendError::NoEndpoint)?;
        let rate = u64::from(endpoint.per_second).saturating_mul(60).to_string();
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(uri(&endpoint.url)?)
            .header(header::USER_AGENT, crate::target::USER_AGENT)
            .header(REQUEST_ORIGIN, origin)
            .header(REQUEST_RATE, rate)
            .body(Empty::<Bytes>::new())
            .map_err(|_not_shown| SendError::Protocol)?;
        // Why: a client of its own, since the other one's bodies ask about a person before they go.
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build(self.connector.clone());
        let answered = tokio::time::timeout(endpoint.timeout, client.request(request)).await;
        let response = answered.map_err(|_elapsed| SendError::Timeout)?;
        let response = response.map_err(|error| meaning(&error))?;
        if response.status().is_server_error() {
            return Err(SendError::Protocol);
        }
        let is_success = response.status().is_success();
        Ok(if is_success { consent(response.headers(), origin) } else { Consent::Refused })
    }

    /// Keeps to as many messages a minute to a partnership, beside what the register says.
    pub fn keep_to(&self, partnership: &PartnershipId, per_minute: Option<u32>) {
        self.line(partnership).keep_to(per_minute);
    }
}

fn consent(headers: &HeaderMap, origin: &str) -> Consent {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let is_ours = |allowed: &str| allowed == "*" || allowed.eq_ignore_ascii_case(origin);
    if !text(ALLOWED_ORIGIN).is_some_and(is_ours) {
        return Consent::Refused;
    }
    match text(ALLOWED_RATE) {
        None | Some("*") => Consent::Agreed { per_minute: None },
        Some(rate) => match rate.parse::<u32>() {
            Ok(per_minute) if per_minute > 0 => Consent::Agreed { per_minute: Some(per_minute) },
            // More than can be asked for counts as what was asked.
            Err(large) if *large.kind() == IntErrorKind::PosOverflow => {
                Consent::Agreed { per_minute: None }
            }
            Ok(_) | Err(_) => Consent::Refused,
        },
    }
}

const REQUEST_ORIGIN: &str = "webhook-request-origin";
const REQUEST_RATE: &str = "webhook-request-rate";
const ALLOWED_ORIGIN: &str = "webhook-allowed-origin";
const ALLOWED_RATE: &str = "webhook-allowed-rate";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_names_the_origin_agrees() {
        let said = |pairs: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| {
                (http::HeaderName::from_static(name), value.parse().unwrap())
            };
            consent(&pairs.iter().map(pair).collect(), "platform.example")
        };
        let agreed = |per_minute| Consent::Agreed { per_minute };
        assert_eq!(said(&[]), Consent::Refused);
        assert_eq!(said(&[(ALLOWED_ORIGIN, "Platform.example")]), agreed(None));
        assert_eq!(said(&[(ALLOWED_ORIGIN, "*"), (ALLOWED_RATE, "*")]), agreed(None));
        assert_eq!(said(&[(ALLOWED_ORIGIN, "*"), (ALLOWED_RATE, "120")]), agreed(Some(120)));
        for more in ["4294967296", "99999999999999999999999999"] {
            assert_eq!(
                said(&[(ALLOWED_ORIGIN, "*"), (ALLOWED_RATE, more)]),
                agreed(None),
                "{more}"
            );
        }
        assert_eq!(said(&[(ALLOWED_ORIGIN, "*"), (ALLOWED_RATE, "-4294967296")]), Consent::Refused);
        assert_eq!(said(&[(ALLOWED_ORIGIN, "other.example")]), Consent::Refused);
        assert_eq!(said(&[(ALLOWED_ORIGIN, "*"), (ALLOWED_RATE, "0")]), Consent::Refused);
        assert_eq!(said(&[(ALLOWED_RATE, "120")]), Consent::Refused);
    }
}
