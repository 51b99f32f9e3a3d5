//! Profiles, and what was heard elsewhere.

use super::{ADA, Broken, Store, choose_setting, hold, written};
use crate::{
    Amend, Correction, Event, FromElsewhere, Heard, ListName, Order, Profile, Removal,
    SettingsStoreError, shard_of,
};
use sluicegate_gate::{AgeBand, Choice, Setting, time::UnixMillis};

pub(super) async fn profile_reads_back(store: Store) -> Result<(), Broken> {
    let correction = Correction::AgeBand(Amend::Set(AgeBand::From25To34));
    let first = Order::WriteProfile { account: ADA, write: written() };
    store.commit(first, UnixMillis(1)).await?;
    store.commit(Order::Correct { account: ADA, correction }, UnixMillis(2)).await?;
    let expected = Profile::default()
        .written_at(&written(), UnixMillis(1))
        .corrected_at(correction, UnixMillis(2));
    let kept = store.profile(ADA).await?.unwrap_or_default();
    let own = Profile { elsewhere: FromElsewhere::default(), ..kept.clone() };
    hold(own == expected, "the profile must read back")?;
    let shard = store.shard(shard_of(ADA)).await?;
    let known = shard.keys.into_iter().find(|key| key.state.key == ADA);
    let known = known.and_then(|key| key.profile);
    hold(known == Some(kept), "the profile must be in the snapshot")
}

#[expect(clippy::cognitive_complexity, reason = "one story, told step by step")]
pub(super) async fn elsewhere_is_under_the_setting(store: Store) -> Result<(), Broken> {
    store.commit(Order::WriteProfile { account: ADA, write: written() }, UnixMillis(1)).await?;
    let list = || -> Option<ListName> {
        Some(ListName { partnership: "north".parse().ok()?, audience: "runners".parse().ok()? })
    };
    let list = list().ok_or(Broken::Promise("the names are names"))?;
    let hear = |said| {
        let heard = vec![Heard::Listed { list: list.clone(), until: UnixMillis(1_000) }];
        Order::Hear { account: ADA, said: UnixMillis(said), heard }
    };
    let lists = async || -> Result<usize, SettingsStoreError> {
        let shard = store.shard(shard_of(ADA)).await?;
        let known = shard.keys.into_iter().find(|key| key.state.key == ADA);
        let profile = known.and_then(|key| key.profile).unwrap_or_default();
        Ok(profile.elsewhere.lists(UnixMillis(100)).count())
    };
    let personalize = |value| choose_setting(ADA, Setting::PersonalizeAds, value);
    store.commit(hear(2), UnixMillis(2)).await?;
    hold(lists().await? == 1, "a list must be kept while the setting is on")?;
    store.commit(personalize(Choice::Off), UnixMillis(3)).await?;
    hold(lists().await? == 0, "turning the setting off must empty the lists")?;
    let dropped = store.commit(hear(4), UnixMillis(4)).await?;
    hold(dropped.changes.is_empty(), "what is said while it is off must take no version")?;
    store.commit(personalize(Choice::On), UnixMillis(5)).await?;
    store.commit(hear(4), UnixMillis(6)).await?;
    hold(lists().await? == 0, "what was said while it was off must stay dropped")?;
    store.commit(hear(7), UnixMillis(7)).await?;
    hold(lists().await? == 1, "what is said afterwards must be kept")?;
    let removal = Removal::List(list.clone());
    let remove = Order::Remove { account: ADA, removal, words: String::from("Runners") };
    store.commit(remove, UnixMillis(8)).await?;
    store.commit(hear(9), UnixMillis(9)).await?;
    hold(lists().await? == 0, "what the person removed must not come back")?;
    let history = store.history(ADA).await?;
    let words = history.iter().find_map(|record| match &record.event {
        Event::Removed { words, .. } => Some(words.as_str()),
        Event::Chosen { .. }
        | Event::MarkedOff { .. }
        | Event::MarkLifted { .. }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::Corrected(_)
        | Event::Edited(_) => None,
    });
    hold(words == Some("Runners"), "the removal must be in the history")
}
