//! A partner's answer, read as soon as it is there, while others are still waited for.

use crate::status::SeatStatus;
use sluicegate_gate::DisclosureId;
use sluicegate_ledger::{Answer, Found, Held};
use sluicegate_openrtb::response::{BidResponse, ResponseError};
use std::sync::Arc;

/// An answer with bids.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: BidResponse,
    /// Whether it is to the request that the partner got.
    pub(crate) is_to_request: bool,
    /// Its place at the door, kept for as long as any of its bids.
    pub(crate) held: Option<Arc<dyn Held>>,
}

impl Reply {
    /// Reads the answer to a request, and says at the door whether that could be done. Fails if it holds no bid.
    pub(crate) fn read(answer: Answer, request: DisclosureId) -> Result<Self, SeatStatus> {
        let Answer { status, body, held, .. } = answer;
        let read = BidResponse::read(&body, status).map_err(|error| match error {
            ResponseError::Status(_) => SeatStatus::Error,
            ResponseError::Malformed(_) | ResponseError::Field { .. } => SeatStatus::InvalidAnswer,
        });
        let has_bids =
            |response: &BidResponse| response.bids().next().is_some() || response.unreadable > 0;
        let is_to_request = |response: &BidResponse| {
            response.id.as_ref().and_then(|id| id.parse().ok()) == Some(request)
        };
        let is_good = |response: &BidResponse| is_to_request(response) || !has_bids(response);
        if let Some(held) = &held {
            let is_good = read.as_ref().is_ok_and(is_good);
            held.found(if is_good { Found::Readable } else { Found::Unreadable });
        }
        let response = read?;
        if !has_bids(&response) {
            return Err(response.no_bid_reason.map_or(SeatStatus::NoBid, SeatStatus::Declined));
        }
        Ok(Self { is_to_request: is_to_request(&response), response, held })
    }
}
