//! Global Privacy Control, as a request says it.

use http::{HeaderMap, HeaderValue};
use sluicegate_signals::Gpc;

/// Reads `Sec-GPC`. Every value of it counts.
pub(crate) fn gpc(headers: &HeaderMap) -> Gpc {
    Gpc::read(headers.get_all("sec-gpc").iter().map(HeaderValue::as_bytes))
}
