//! Links, and the marks that they carry.

use super::{
    ADA, BOB, Broken, LAPTOP, PHONE, Store, at_version, choose, hold, revisions, state_of,
};
use crate::Order;
use sluicegate_gate::{Choice, time::UnixMillis};
use std::collections::BTreeSet;

pub(super) async fn links_are_named(store: Store) -> Result<(), Broken> {
    for account in [ADA, BOB] {
        store.commit(Order::Link { account, key: PHONE }, UnixMillis(1)).await?;
    }
    hold(store.linked(ADA).await? == [PHONE], "an account must name its devices")?;
    let accounts: BTreeSet<_> = store.linked(PHONE).await?.into_iter().collect();
    hold(accounts == BTreeSet::from([ADA, BOB]), "a device must name its accounts")?;
    store.commit(Order::Unlink { account: ADA, key: PHONE }, UnixMillis(6)).await?;
    hold(store.linked(PHONE).await? == [BOB], "what is unlinked must not be named")?;
    hold(store.linked(ADA).await?.is_empty(), "an account must not name what is unlinked")
}

pub(super) async fn marks_count_per_account(store: Store) -> Result<(), Broken> {
    for account in [ADA, BOB] {
        store.commit(Order::Link { account, key: PHONE }, UnixMillis(1)).await?;
    }
    let marks = async |after: &'static str, expected: u32| {
        hold(state_of(&store, PHONE).await?.sharing_marks == expected, after)
    };
    store.commit(choose(ADA, Choice::Off), UnixMillis(2)).await?;
    store.commit(choose(BOB, Choice::Off), UnixMillis(3)).await?;
    store.commit(choose(BOB, Choice::Off), UnixMillis(4)).await?;
    marks("two accounts that are off must be two marks, however often each says so", 2).await?;
    store.commit(choose(ADA, Choice::On), UnixMillis(5)).await?;
    marks("turning on must take one's own mark and no other", 1).await?;
    store.commit(Order::Unlink { account: ADA, key: PHONE }, UnixMillis(6)).await?;
    marks("unlinking an account without a mark must take none", 1).await?;
    let last = store.commit(Order::Unlink { account: BOB, key: PHONE }, UnixMillis(7)).await?;
    marks("unlinking must take one's own mark", 0).await?;
    hold(last.changes.len() == 2, "the account's and the device's shard must take a version")?;
    let since = state_of(&store, PHONE).await?.open_since;
    hold(since == Some(UnixMillis(7)), "the device must be open from the last mark on")
}

pub(super) async fn linking_marks(store: Store) -> Result<(), Broken> {
    store.commit(choose(ADA, Choice::Off), UnixMillis(1)).await?;
    let linked = store.commit(Order::Link { account: ADA, key: LAPTOP }, UnixMillis(2)).await?;
    let expected = [at_version(ADA, 2), at_version(LAPTOP, 1)];
    hold(revisions(&linked) == expected, "both shards must take a version in one order")?;
    let state = state_of(&store, LAPTOP).await?;
    hold((state.sharing_marks, state.version) == (1, 1), "the mark must be there with the link")
}
