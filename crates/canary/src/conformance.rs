//! The contracts of [`ClosedPaths`] and [`Established`], run against an empty store.

use crate::{Closed, ClosedPaths, ClosedPathsError, Established, EstablishedError};
use sluicegate_gate::{KeyKind, Path, SubjectKey, time::UnixMillis};

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

/// Returns whether the store does what the contract of [`Established`] says.
pub async fn check_established(store: &dyn Established) -> Result<bool, EstablishedError> {
    let key = |kind, hash| SubjectKey { kind, hash };
    let account = key(KeyKind::Account, 7);
    let all = [account, key(KeyKind::Device, 7), key(KeyKind::Browser, u128::MAX)];
    let is_empty = store.established().await?.is_empty();
    store.establish(vec![account]).await?;
    let has_one = store.established().await? == [account];
    store.establish(all.to_vec()).await?;
    let found = store.established().await?;
    Ok(is_empty && has_one && found.len() == 3 && all.iter().all(|key| found.contains(key)))
}
