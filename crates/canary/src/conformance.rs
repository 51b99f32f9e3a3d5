//! The contract of [`ClosedPaths`], run against an empty store.

use crate::{Closed, ClosedPaths, ClosedPathsError};
use sluicegate_gate::{Path, time::UnixMillis};

/// Returns whether the store does what the contract says.
pub async fn check(store: &dyn ClosedPaths) -> Result<bool, ClosedPathsError> {
    let at = |path, millis| Closed { path, since: UnixMillis(millis) };
    let is_empty = store.closed().await?.is_empty();
    store.close(at(Path::Exposures, 7)).await?;
    store.close(at(Path::BidRequest, 9)).await?;
    store.close(at(Path::Exposures, 11)).await?;
    let both = [at(Path::BidRequest, 9), at(Path::Exposures, 7)];
    let keeps_both = store.closed().await? == both;
    store.open(Path::BidRequest).await?;
    store.open(Path::Touches).await?;
    Ok(is_empty && keeps_both && store.closed().await? == [at(Path::Exposures, 7)])
}
