//! What is left of whoever was erased.

use super::{ADA, BOB, Broken, PHONE, Store, beginning, busy, choose, hold, state_of};
use crate::{Event, KeyState, LinkWrite, Order, Profile};
use sluicegate_gate::{Choice, time::UnixMillis};

#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
pub(super) async fn erasing_leaves_off(store: Store) -> Result<(), Broken> {
    busy(&store).await?;
    store.commit(Order::Link { account: ADA, key: PHONE }, UnixMillis(200)).await?;
    store.commit(choose(ADA, Choice::Off), UnixMillis(210)).await?;
    let commit = store.commit(Order::Erase { key: ADA }, UnixMillis(220)).await?;
    hold(commit.erased == Some(ADA), "the commit must name whom it erased")?;
    let off = |state: &KeyState| {
        (state.sharing, state.personalize_ads) == (Some(Choice::Off), Some(Choice::Off))
    };
    hold(off(&state_of(&store, ADA).await?), "both settings must be off")?;
    hold(store.profile(ADA).await? == Some(Profile::default()), "the profile must be empty")?;
    hold(store.history(ADA).await?.is_empty(), "there must be no history")?;
    let phone = state_of(&store, PHONE).await?;
    hold(phone.sharing == Some(Choice::Off), "what the account turned off must stay off")?;
    hold(phone.sharing_marks == 0, "nobody's mark must be left")?;
    hold(phone.personalize_ads.is_none(), "what it did not turn off must stay as it was")?;
    let unfinished = store.unfinished_erasures().await?;
    hold(unfinished == [(ADA, UnixMillis(220))], "the erasure must be unfinished")?;
    store.finish_erasures(vec![(ADA, UnixMillis(219))]).await?;
    hold(store.unfinished_erasures().await? == unfinished, "one ordered again must go on")?;
    store.finish_erasures(vec![(ADA, UnixMillis(220)), (BOB, UnixMillis(220))]).await?;
    store.finish_erasures(vec![(ADA, UnixMillis(220))]).await?;
    hold(store.unfinished_erasures().await?.is_empty(), "the erasure must be finished")?;
    let tail = store.tail(beginning()).await?;
    let changes = tail.iter().flat_map(|change| &change.keys);
    let mut hers = changes.filter(|change| change.state.key == ADA);
    hold(hers.all(|change| off(&change.state)), "no earlier version must say what she chose")?;
    store.commit(choose(ADA, Choice::On), UnixMillis(230)).await?;
    let opened = state_of(&store, ADA).await?.open_since;
    hold(opened == Some(UnixMillis(230)), "nothing from before may ever be shared")
}

pub(super) async fn erasing_a_device_unlinks_it(store: Store) -> Result<(), Broken> {
    busy(&store).await?;
    store.commit(Order::Link { account: ADA, key: PHONE }, UnixMillis(200)).await?;
    store.commit(choose(ADA, Choice::Off), UnixMillis(210)).await?;
    let before = state_of(&store, ADA).await?;
    let commit = store.commit(Order::Erase { key: PHONE }, UnixMillis(220)).await?;
    let unlinked = LinkWrite { account: ADA, key: PHONE, marked: None };
    hold(commit.links.contains(&unlinked), "the link must go with the same commit")?;
    let phone = state_of(&store, PHONE).await?;
    let off = (Some(Choice::Off), Some(Choice::Off));
    hold((phone.sharing, phone.personalize_ads) == off, "the device must be off itself")?;
    let marks = (phone.sharing_marks, phone.personalize_ads_marks);
    hold(marks == (0, 0), "nobody's mark must be left")?;
    hold(store.history(PHONE).await?.is_empty(), "there must be no history")?;
    let last = store.history(ADA).await?.pop().map(|record| record.event);
    let gone = Event::Unlinked { with: PHONE.kind };
    hold(last == Some(gone), "the account must know that something was unlinked")?;
    let ada = state_of(&store, ADA).await?;
    hold(KeyState { version: before.version, ..ada } == before, "the account must stay as it is")?;
    // Linked to nobody: what the account chooses from now on does not reach the device.
    let commit = store.commit(choose(ADA, Choice::On), UnixMillis(230)).await?;
    let reached = commit.changes.iter().flat_map(|change| &change.keys);
    hold(reached.clone().all(|change| change.state.key == ADA), "no link must be left")?;
    let again = store.commit(Order::Erase { key: PHONE }, UnixMillis(240)).await?;
    hold(again.links.is_empty(), "erased again there must be nothing to unlink")
}
