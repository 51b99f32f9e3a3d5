//! What an order changes, worked out without a store.
//!
//! A store asks [`Order::reads`] what to read, reads it inside its transaction, calls [`plan()`], gives
//! every shard of the plan its next version in ascending order, and writes what [`Plan::number`]
//! returns.

use crate::{
    Actor, ChangeRecord, Event, KeyState, Marked, Order, Profile, Refusal,
    elsewhere::Personalization, shard_of, state::Moment,
};
use sluicegate_gate::{
    Choice, Jurisdiction, KeyKind, Revision, Setting, SubjectKey, time::UnixMillis,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a store reads before it can plan an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The state of one key.
    Key(SubjectKey),
    /// The state of an account, its profile, and every device and browser linked to it.
    AccountAndLinks(SubjectKey),
    /// The state of an account, and one device or browser whether or not it is linked.
    AccountAndKey {
        /// The account.
        account: SubjectKey,
        /// The device or browser.
        key: SubjectKey,
    },
    /// The state of an account, and its profile.
    AccountAndProfile(SubjectKey),
    /// The state of a device or browser, and every account linked to it.
    KeyAndAccounts(SubjectKey),
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The state of the key or account that the order is about.
    pub own: KeyState,
    /// Devices and browsers, or accounts, as [`Reads`] asks for them.
    pub links: Vec<LinkFact>,
    /// The profile, where [`Reads`] asks for it.
    pub profile: Option<Profile>,
    /// The latest time at which an exposure was accepted, where the store has exposures.
    pub accepted: Option<UnixMillis>,
}

/// A device or browser beside an account, or an account beside one of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFact {
    /// Its state.
    pub state: KeyState,
    /// The account's marks on the device or browser; `None` where the two are not linked.
    pub marked: Option<Marked>,
}

/// What an order changes, before versions are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    touched: Vec<Touched>,
    links: Vec<LinkWrite>,
    read: Vec<Revision>,
    erased: Option<SubjectKey>,
}

/// A key that is touched: its new state, still with the old version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Touched {
    state: KeyState,
    profile: Option<Profile>,
    events: Vec<Event>,
}

/// A link to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkWrite {
    /// The account.
    pub account: SubjectKey,
    /// The device or browser.
    pub key: SubjectKey,
    /// The account's marks on it from now on; `None` removes the link.
    pub marked: Option<Marked>,
}

/// A carried-out order: what the store writes, and what views apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// When the order was made.
    pub at: UnixMillis,
    /// The new versions, shards ascending. Empty where the order changed nothing.
    pub changes: Vec<ShardChange>,
    /// The revisions of all that was read for the order: a view answers by the order once it includes
    /// these as well as the changes, also where the order found nothing left to change.
    pub read: Vec<Revision>,
    /// Links to write.
    pub links: Vec<LinkWrite>,
    /// Lines for the histories of keys, in order.
    pub records: Vec<(SubjectKey, ChangeRecord)>,
    /// The key of which everything is erased, if one is. Its history goes, its earlier versions become what this
    /// one is, and the erasure counts as unfinished until [`crate::SettingsStore::finish_erasures`].
    pub erased: Option<SubjectKey>,
}

/// One version of one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardChange {
    /// The shard and its new version.
    pub revision: Revision,
    /// The keys that the version touches, ascending.
    pub keys: Vec<KeyChange>,
}

/// One key in a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Its new state.
    pub state: KeyState,
    /// Its profile, where the version touches that.
    pub profile: Option<Profile>,
}

impl Order {
    /// Returns what a store must read to plan the order.
    pub fn reads(&self) -> Reads {
        match self {
            Self::Choose(change) => match change.key.kind {
                KeyKind::Account => Reads::AccountAndLinks(change.key),
                KeyKind::Device | KeyKind::Browser => Reads::Key(change.key),
            },
            Self::Erase { key } => match key.kind {
                KeyKind::Account => Reads::AccountAndLinks(*key),
                KeyKind::Device | KeyKind::Browser => Reads::KeyAndAccounts(*key),
            },
            Self::Link { account, key } | Self::Unlink { account, key } => {
                Reads::AccountAndKey { account: *account, key: *key }
            }
            Self::WriteProfile { account, .. }
            | Self::Correct { account, .. }
            | Self::Edit { account, .. }
            | Self::Hear { account, .. }
            | Self::Remove { account, .. }
            | Self::ForgetStale { account } => Reads::AccountAndProfile(*account),
        }
    }
}

/// Works out what an order changes, given what was read for it.
pub fn plan(order: &Order, at: UnixMillis, mut facts: Facts) -> Result<Plan, Refusal> {
    order.check()?;
    let states = std::iter::once(&facts.own).chain(facts.links.iter().map(|fact| &fact.state));
    let read = states.map(KeyState::revision).collect();
    let before = facts.profile.take().unwrap_or_default();
    let moment = Moment { at, accepted: facts.accepted };
    let plan = match order {
        Order::Choose(change) => choose(change, moment, &facts, &before),
        Order::Link { .. } => link(moment, &facts),
        Order::Unlink { .. } => unlink(moment, &facts),
        Order::Erase { key } => match key.kind {
            KeyKind::Account => erase(moment, &facts),
            KeyKind::Device | KeyKind::Browser => erase_device(moment, &facts),
        },
        Order::WriteProfile { write, .. } => {
            let after = before.clone().written_at(write, at);
            profile(facts.own, moment, &before, after, Vec::new())
        }
        Order::Correct { correction, .. } => {
            let after = before.clone().corrected_at(*correction, at);
            profile(facts.own, moment, &before, after, vec![Event::Corrected(*correction)])
        }
        Order::Edit { edit, .. } => {
            let after = before.clone().edited(edit);
            let is_noted = after != before;
            let events = is_noted.then(|| Event::Edited(edit.clone()));
            profile(facts.own, moment, &before, after, events.into_iter().collect())
        }
        Order::Hear { heard, said, .. } => {
            let personalization = Personalization::of(facts.own.personalize_ads, &before);
            let after = before.clone().told(heard, *said, personalization).fresh(at);
            profile(facts.own, moment, &before, after, Vec::new())
        }
        Order::Remove { removal, words, .. } => {
            let after = before.clone().without(removal);
            let event = Event::Removed { removal: removal.clone(), words: words.clone() };
            profile(facts.own, moment, &before, after, vec![event])
        }
        Order::ForgetStale { .. } => {
            let after = before.clone().fresh(at);
            profile(facts.own, moment, &before, after, Vec::new())
        }
    };
    Ok(Plan { read, ..plan })
}

fn choose(change: &crate::Change, moment: Moment, facts: &Facts, before: &Profile) -> Plan {
    let (setting, value) = (change.setting, change.value);
    let event = Event::Chosen {
        setting,
        value,
        actor: change.actor,
        words: change.words.clone(),
        language: change.language.clone(),
    };
    let mut plan = Plan::default();
    let state = facts.own.choose(setting, value, moment);
    let profile = resettled(facts.own, state, before, moment.at);
    plan.touched.push(Touched { state, profile, events: vec![event] });
    for fact in &facts.links {
        let Some(before) = fact.marked else { continue };
        let after = before.after(setting, value);
        if after == before {
            continue;
        }
        let (state, event) = match value {
            Choice::Off => (fact.state.mark(setting, moment), Event::MarkedOff { setting }),
            Choice::On => (fact.state.lift_mark(setting, moment), Event::MarkLifted { setting }),
        };
        plan.touch(state, vec![event]);
        plan.write_link(facts.own.key, state.key, Some(after));
    }
    plan
}

/// Returns the profile if what an account chose changes it.
fn resettled(own: KeyState, state: KeyState, before: &Profile, at: UnixMillis) -> Option<Profile> {
    if state.key.kind != KeyKind::Account {
        return None;
    }
    let personalization = |state: KeyState| Personalization::of(state.personalize_ads, before);
    let (was, is) = (personalization(own), personalization(state));
    let after = before.clone().settled(was, is, at);
    (after != *before).then_some(after)
}

fn link(moment: Moment, facts: &Facts) -> Plan {
    let mut plan = Plan::default();
    for fact in facts.links.iter().filter(|fact| fact.marked.is_none()) {
        let marked = Marked::by(facts.own.sharing, facts.own.personalize_ads);
        let mut events = vec![Event::Linked { with: KeyKind::Account }];
        events.extend(marked.settings().map(|setting| Event::MarkedOff { setting }));
        // Why: what the account was closed to must not be told by way of a device linked later.
        let state = facts.own.open_since.map_or(fact.state, |since| fact.state.opened_from(since));
        let state = marked.settings().fold(state, |state, setting| state.mark(setting, moment));
        plan.touch(facts.own, vec![Event::Linked { with: state.key.kind }]);
        plan.touch(state, events);
        plan.write_link(facts.own.key, state.key, Some(marked));
    }
    plan
}

fn unlink(moment: Moment, facts: &Facts) -> Plan {
    let mut plan = Plan::default();
    for fact in &facts.links {
        let Some(marked) = fact.marked else { continue };
        let mut events = vec![Event::Unlinked { with: KeyKind::Account }];
        events.extend(marked.settings().map(|setting| Event::MarkLifted { setting }));
        let state =
            marked.settings().fold(fact.state, |state, setting| state.lift_mark(setting, moment));
        plan.touch(facts.own, vec![Event::Unlinked { with: state.key.kind }]);
        plan.touch(state, events);
        plan.write_link(facts.own.key, state.key, None);
    }
    plan
}

/// Turns everything off, and unlinks. Where the account had turned a device off, the device itself is off from
/// then on: whoever uses it can turn it on, and nothing was turned on by the erasure.
fn erase(moment: Moment, facts: &Facts) -> Plan {
    let off = |state: KeyState, setting| state.choose(setting, Choice::Off, moment);
    let own = turned_off(facts.own, moment);
    let touched =
        vec![Touched { state: own, profile: Some(Profile::default()), events: Vec::new() }];
    let mut plan = Plan { touched, erased: Some(own.key), ..Plan::default() };
    for fact in &facts.links {
        let Some(marked) = fact.marked else { continue };
        let mut state = fact.state;
        let mut events = vec![Event::Unlinked { with: KeyKind::Account }];
        for setting in marked.settings() {
            state = off(state, setting).lift_mark(setting, moment);
            events.push(Event::MarkLifted { setting });
            events.push(Event::Chosen {
                setting,
                value: Choice::Off,
                actor: Actor::Law,
                words: String::new(),
                language: String::new(),
            });
        }
        plan.touch(state, events);
        plan.write_link(own.key, state.key, None);
    }
    plan
}

/// Turns everything off at a device or browser, and unlinks it from every account. Nobody's mark is needed where
/// it is off itself.
fn erase_device(moment: Moment, facts: &Facts) -> Plan {
    let marks = facts.links.iter().filter_map(|fact| fact.marked);
    let marks = marks.flat_map(Marked::settings);
    let own = marks.fold(facts.own, |state, setting| state.lift_mark(setting, moment));
    let own = turned_off(own, moment);
    let touched = vec![Touched { state: own, profile: None, events: Vec::new() }];
    let mut plan = Plan { touched, erased: Some(own.key), ..Plan::default() };
    for fact in facts.links.iter().filter(|fact| fact.marked.is_some()) {
        plan.touch(fact.state, vec![Event::Unlinked { with: own.key.kind }]);
        plan.write_link(fact.state.key, own.key, None);
    }
    plan
}

fn turned_off(state: KeyState, moment: Moment) -> KeyState {
    let off = |state: KeyState, setting| state.choose(setting, Choice::Off, moment);
    [Setting::Sharing, Setting::PersonalizeAds].into_iter().fold(state, off)
}

fn profile(
    own: KeyState,
    moment: Moment,
    before: &Profile,
    after: Profile,
    events: Vec<Event>,
) -> Plan {
    let personalization = |profile: &Profile| Personalization::of(own.personalize_ads, profile);
    let (was, is) = (personalization(before), personalization(&after));
    let after = after.settled(was, is, moment.at);
    if *before == after && events.is_empty() {
        return Plan::default();
    }
    let opens = own.sharing.is_none() && opens(before, &after);
    let state = if opens { own.opened(moment) } else { own };
    let touched = vec![Touched { state, profile: Some(after), events }];
    Plan { touched, ..Plan::default() }
}

/// Returns whether the default of the account's country turns from `off`, which is also that of an
/// unknown country, to `on`.
fn opens(before: &Profile, after: &Profile) -> bool {
    let is_off = |profile: &Profile| Jurisdiction::of(profile.country).default == Choice::Off;
    is_off(before) && !is_off(after)
}

impl Plan {
    fn touch(&mut self, state: KeyState, events: Vec<Event>) {
        self.touched.push(Touched { state, profile: None, events });
    }

    fn write_link(&mut self, account: SubjectKey, key: SubjectKey, marked: Option<Marked>) {
        self.links.push(LinkWrite { account, key, marked });
    }

    /// Returns the shards that the plan touches. Each takes its next version, in this order.
    pub fn shards(&self) -> BTreeSet<u16> {
        self.touched.iter().map(|touched| shard_of(touched.state.key)).collect()
    }

    /// Gives the touched keys the new versions of their shards. A shard without one gets 0, which no
    /// view accepts.
    pub fn number(self, at: UnixMillis, versions: &BTreeMap<u16, u64>) -> Commit {
        let mut changes: BTreeMap<u16, Vec<KeyChange>> = BTreeMap::new();
        let mut records = Vec::new();
        for Touched { mut state, profile, events } in self.touched {
            let shard = shard_of(state.key);
            state.version = versions.get(&shard).copied().unwrap_or_default();
            let revision = state.revision();
            let line =
                |event| (state.key, ChangeRecord { revision, at, in_force_after: None, event });
            records.extend(events.into_iter().map(line));
            changes.entry(shard).or_default().push(KeyChange { state, profile });
        }
        let change = |(shard, mut keys): (u16, Vec<KeyChange>)| {
            keys.sort_by_key(|change| change.state.key);
            let version = versions.get(&shard).copied().unwrap_or_default();
            ShardChange { revision: Revision { shard, version }, keys }
        };
        let changes = changes.into_iter().map(change).collect();
        Commit { at, changes, read: self.read, links: self.links, records, erased: self.erased }
    }
}

impl Reads {
    /// Returns the key whose state is read as [`Facts::own`].
    pub fn own(self) -> SubjectKey {
        match self {
            Self::Key(key) | Self::KeyAndAccounts(key) => key,
            Self::AccountAndLinks(account)
            | Self::AccountAndKey { account, .. }
            | Self::AccountAndProfile(account) => account,
        }
    }
}
