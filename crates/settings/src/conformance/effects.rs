//! What every [`EffectStore`] must do: counts of what became of choices, and how long each took.

use super::{ADA, Broken, at_version, choose, hold};
use crate::{Actor, Effect, EffectRow, EffectStore, Order, SettingsStore, Took};
use sluicegate_gate::{Choice, Setting, time::UnixMillis};
use std::time::Duration;

/// Checks that counts of what became of choices add up, on an empty store.
pub async fn effects_add_up(store: &dyn EffectStore) -> Result<(), Broken> {
    let day = |day: i64| UnixMillis(day * 86_400_000);
    let row = |at: i64, effect, count| EffectRow {
        day: day(at),
        setting: Setting::Sharing,
        turned_on: false,
        actor: Actor::Person,
        effect,
        count,
    };
    let gpc = EffectRow { actor: Actor::Gpc, ..row(4, Effect::InForce(2), 7) };
    store.add_effects(vec![row(3, Effect::InForce(2), 1), row(4, Effect::Failed, 1), gpc]).await?;
    store.add_effects(vec![row(3, Effect::InForce(2), 2), row(3, Effect::InForce(9), 1)]).await?;
    let early = store.effects(day(3)..day(4)).await?;
    let added = [row(3, Effect::InForce(2), 3), row(3, Effect::InForce(9), 1)];
    hold(early == added, "equal counts of a day add up, and the end is outside")?;
    let late = store.effects(day(4)..day(5)).await?;
    hold(late == [row(4, Effect::Failed, 1), gpc], "different ones stay apart, in order")
}

/// Checks that the history says how long a change took once that is kept, on an empty store.
pub async fn history_has_times<S: SettingsStore + EffectStore>(store: &S) -> Result<(), Broken> {
    for (at, value) in [(10, Choice::Off), (20, Choice::On)] {
        store.commit(choose(ADA, value), UnixMillis(at)).await?;
    }
    let took = |version, millis| Took {
        revision: at_version(ADA, version),
        after: Duration::from_millis(millis),
    };
    // Of a revision that nobody has a record of, nothing comes of it.
    store.add_took(vec![took(1, 7), took(9, 9)]).await?;
    store.add_took(vec![took(1, 7)]).await?;
    let history = store.history(ADA).await?;
    let times: Vec<_> = history.iter().map(|record| record.in_force_after).collect();
    hold(times == [Some(Duration::from_millis(7)), None], "each change has its own time")?;
    store.commit(Order::Erase { key: ADA }, UnixMillis(30)).await?;
    hold(store.history(ADA).await?.is_empty(), "an erased history has none")
}
