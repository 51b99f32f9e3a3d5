//! Reading what a partner publishes about how it takes requests to delete. It tells nothing about anyone.

use crate::{client::meaning, door::Egress, target::uri};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use sluicegate_gate::PartnershipId;
use sluicegate_ledger::SendError;

/// Bytes of such a file at most.
const LISTING_MAX: usize = 64 << 10;

impl Egress {
    /// Reads the file that the register names as a partnership's `dsrdelete_url`. Its address is guarded as
    /// any other, and no redirect is followed.
    pub async fn listing(&self, partnership: &PartnershipId) -> Result<Bytes, SendError> {
        let edition = self.parts.current.load().ok_or(SendError::NotInForce)?;
        let listed = edition.partnership(partnership).ok_or(SendError::NotInForce)?;
        let endpoint = listed.endpoint.as_ref().ok_or(SendError::NoEndpoint)?;
        let url = listed.recall.as_ref().and_then(|recall| recall.dsrdelete_url.as_ref());
        let request = Request::builder()
            .method(Method::GET)
            .uri(uri(url.ok_or(SendError::NoEndpoint)?)?)
            .header(header::USER_AGENT, crate::target::USER_AGENT)
            .header(header::ACCEPT, "application/json")
            .body(Empty::<Bytes>::new())
            .map_err(|_not_shown| SendError::Protocol)?;
        // Why: a client of its own, since the other one's bodies ask about a person before they go.
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build(self.connector.clone());
        let read = async {
            let response = client.request(request).await.map_err(|error| meaning(&error))?;
            if !response.status().is_success() {
                return Err(SendError::Protocol);
            }
            let body = Limited::new(response.into_body(), LISTING_MAX).collect().await;
            Ok(body.map_err(|_broken_or_long| SendError::Protocol)?.to_bytes())
        };
        let read = tokio::time::timeout(endpoint.timeout, read).await;
        read.map_err(|_elapsed| SendError::Timeout)?
    }
}
