//! The contract of [`Conversions`], run: any list of actions is done to a store and to one in memory, and
//! each must answer the same.

use super::{
    Active, Alias, AppUse, Caps, Claim, ClaimToken, ConversionId, Conversions, ConversionsError,
    Count, CountKey, Counting, CountsOf, Erasure, Found, FoundClaim, LeftOut, MemoryConversions,
    NewConversion, NewTouch, Old, Outcome, Recurring, Search, Settled, Shelving, Sort, Turn, Whose,
};
use crate::{
    ConversionType, Position, RejectReason, Touch,
    report::{Budget, Release, Releases},
};
use sluicegate_gate::{AdvertiserId, IdError, PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use std::{fmt::Debug, time::Duration};

/// One thing done to a store. Numbers stand for ids, devices and times.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Puts touches of a device on the shelf, from where it stands or from elsewhere.
    Shelve {
        /// From where, counted from where the shelf stands.
        skip: u8,
        /// Whose.
        device: u8,
        /// When they happened.
        at: u8,
    },
    /// Reports conversions in one body: one, another of the same device, and the first again.
    Enter {
        /// Its id.
        id: u8,
        /// What is in it.
        content: u8,
        /// Whose.
        device: u8,
        /// When it happened.
        at: u8,
    },
    /// Settles conversions of one body, one of them twice: with a claim, with someone left out, or with nothing.
    Settle {
        /// Which.
        id: u8,
        /// What is told.
        told: u8,
    },
    /// Notes an outcome for a conversion's claim.
    Note {
        /// Which.
        id: u8,
        /// How it ended.
        outcome: u8,
    },
    /// Counts an event, and a day on which the app of a claim was used.
    Count {
        /// Under which key.
        once: u8,
        /// Which conversion's.
        id: u8,
        /// On which day.
        day: u8,
    },
    /// Asks for the claims behind what happened in an app, by whoever reports it and by another.
    Use {
        /// On whose device.
        device: u8,
        /// When.
        at: u8,
    },
    /// Tells a number of people who are left out, and asks for the month's budget.
    Release {
        /// On which day.
        day: u8,
        /// The number.
        amount: i8,
    },
    /// Forgets what happened before.
    Forget {
        /// Touches before.
        touches: u8,
        /// Conversions before.
        conversions: u8,
    },
    /// Erases someone.
    Erase {
        /// Whose touches.
        device: u8,
        /// Touches before this many more than are on the shelf.
        ahead: u8,
        /// Whose conversions, and who is left out.
        id: u8,
    },
    /// Notes that the journal has nothing of someone before a position.
    Erased {
        /// Whom.
        device: u8,
        /// The position, from the shelf's place.
        ahead: u8,
    },
}

/// A store that does not keep the contract.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It failed.
    #[error(transparent)]
    Store(#[from] ConversionsError),
    /// A name did not parse.
    #[error(transparent)]
    Name(#[from] IdError),
    /// It says something else than the one in memory.
    #[error("action {action}: {what}: the store says {store}, memory {memory}")]
    Differs {
        /// The number of the action.
        action: usize,
        /// What was asked.
        what: &'static str,
        /// The store's answer.
        store: String,
        /// The right answer.
        memory: String,
    },
}

/// What is checked: both ports, kept by one store.
pub trait Both: Conversions + Releases {}

impl<S: Conversions + Releases> Both for S {}

/// Runs actions against an empty store.
pub async fn check<S: Both>(store: S, actions: &[Action]) -> Result<(), Broken> {
    let memory = MemoryConversions::default();
    for (number, action) in actions.iter().enumerate() {
        let now = UnixMillis(i64::try_from(number).unwrap_or(0) * 10_000_000);
        let done = (act(&store, *action, now).await?, act(&memory, *action, now).await?);
        same(number, "done", &done.0, &done.1)?;
        // Why: to look is to ask for everything, and what a store does only when it is asked would never wait.
        if number % LOOKED_AT != LOOKED_AT - 1 && number + 1 < actions.len() {
            continue;
        }
        let seen = (look(&store, now).await?, look(&memory, now).await?);
        same(number, "seen", &seen.0, &seen.1)?;
    }
    Ok(())
}

fn same(
    action: usize,
    what: &'static str,
    store: &impl Debug,
    memory: &impl Debug,
) -> Result<(), Broken> {
    let (store, memory) = (format!("{store:?}"), format!("{memory:?}"));
    if store == memory { Ok(()) } else { Err(Broken::Differs { action, what, store, memory }) }
}

async fn act(store: &dyn Both, action: Action, now: UnixMillis) -> Result<String, Broken> {
    let who = partnership()?;
    Ok(match action {
        Action::Shelve { skip, device, at } => {
            let from = store.shelved().await?.plus(usize::from(skip));
            format!("{:?}", store.shelve(shelving(from, device, at)?).await?)
        }
        Action::Enter { id, content, device, at } => {
            let new = conversion(id, content, device, at);
            let other = conversion(id + 1, content + id % 2, device, at + 1);
            let body = vec![new.clone(), other, new];
            format!("{:?}", store.enter(who, now, CAPS, body).await?.kept().await?)
        }
        Action::Settle { id, told } => {
            let next = told.wrapping_add(told / 8);
            let (first, again) = (settled(id, told, now)?, settled(id, next, now)?);
            let body = vec![first, settled(id + 1, next, now)?, again];
            format!("{:?}", store.settle(who, now, body).await?)
        }
        Action::Note { id, outcome } => {
            // Some once the day of the claim is complete.
            let at = now.plus(Duration::from_hours(if outcome % 2 == 0 { 0 } else { 50 * 24 }));
            format!("{:?}", store.note(who, at, ClaimToken([id; 16]), ended(outcome)).await?)
        }
        Action::Count { once, id, day } => {
            format!("{:?}", store.count(vec![counting(once, id, day, now)?]).await?)
        }
        Action::Use { device, at } => return used(store, device, at).await,
        Action::Release { day, amount } => release(store, day, amount).await?,
        Action::Forget { touches, conversions } => {
            return forgotten(store, touches, conversions, now).await;
        }
        Action::Erase { device, ahead, id } => {
            let erasure = Erasure {
                people: vec![whose(device), whose(device)],
                aliases: vec![alias(id)],
                until: store.shelved().await?.plus(usize::from(ahead)),
                left_out: vec![([id; 16], [id.wrapping_add(200); 16])],
                at: now,
            };
            format!("{:?}", store.erase(erasure).await?)
        }
        Action::Erased { device, ahead } => {
            let until = store.shelved().await?.plus(usize::from(ahead));
            format!("{:?}", store.erased(vec![(whose(device), until)]).await?)
        }
    })
}

async fn forgotten(
    store: &dyn Both,
    touches: u8,
    conversions: u8,
    now: UnixMillis,
) -> Result<String, Broken> {
    let conversions = UnixMillis(i64::from(conversions) * 10_000_000);
    let (set_aside, erasures) = (conversions, conversions);
    let left_out = Day::of(conversions);
    let remembered = Duration::from_millis(conversions.0.unsigned_abs() / 1_000);
    let touches = time(touches);
    let old = Old { touches, conversions, left_out, set_aside, erasures, remembered, now };
    Ok(format!("{:?}", store.forget(old, 3).await?))
}

async fn used(store: &dyn Both, device: u8, at: u8) -> Result<String, Broken> {
    let uses = vec![AppUse { installation: alias(100 + device), at: time(at) }];
    let theirs = store.claims_elsewhere(uses.clone()).await?;
    let own = store.claims(uses).await?;
    let own: Vec<_> = own.into_iter().flatten().map(of_claim).collect();
    Ok(format!("{theirs:?} {own:?}"))
}

fn ended(how: u8) -> Outcome {
    match how % 3 {
        0 => Outcome::Won,
        1 => Outcome::Lost,
        _ => Outcome::Rejected(RejectReason::ClickFlood),
    }
}

/// After so many actions everything is looked at.
const LOOKED_AT: usize = 4;

const CAPS: Caps =
    Caps { per_day: 6, per_device_per_day: 2, events_per_day: 7, events_per_device_per_day: 3 };

fn shelving(from: Position, device: u8, at: u8) -> Result<Shelving, Broken> {
    let touches = (0..2_u8).map(|number| NewTouch {
        position: from.plus(usize::from(number)),
        happened: time(at),
        class: class(at),
        aliases: vec![alias(device), alias(device.wrapping_add(1))],
        people: vec![whose(device), whose(device.wrapping_add(number))],
        sealed: vec![device, at],
    });
    let counts = vec![count("impressions", time(at))?];
    Ok(Shelving { from, until: from.plus(2), touches: touches.collect(), counts })
}

fn conversion(id: u8, content: u8, device: u8, at: u8) -> NewConversion {
    NewConversion {
        id: ConversionId([id; 16]),
        content: [content; 16],
        alias: alias(device),
        installation: alias(device.wrapping_add(100)),
        sort: match content % 3 {
            0 => Sort::Install,
            1 => Sort::InApp,
            _ => Sort::Return,
        },
        happened: time(at),
        sealed: vec![id],
    }
}

fn counting(once: u8, id: u8, day: u8, now: UnixMillis) -> Result<Counting, Broken> {
    let active = Active {
        claim: ClaimToken([id; 16]),
        day: Day(i64::from(day)),
        days: 2,
        once: key(2, id / 2),
        counts: vec![count("loyal_users", now)?],
    };
    let counts = vec![count("events", now)?];
    let at = now.plus(Duration::from_secs(u64::from(once) * 40_000));
    Ok(Counting { once: key(1, once), at, counts, active: Some(active) })
}

/// Of what is counted one kind never has the key of another, nor of a claim.
fn key(kind: u8, number: u8) -> CountKey {
    CountKey((u128::from(kind) << 64 | u128::from(number)).to_be_bytes())
}

async fn release(store: &dyn Both, day: u8, amount: i8) -> Result<String, Broken> {
    let asked = Budget::of_thousandths(1_000 + u32::from(day)).unwrap_or_default();
    let month = format!("1970-0{}", 1 + day % 3);
    let budget = store.budget(advertiser()?, month, asked).await?;
    let release = Release {
        day: Day(i64::from(day)),
        counts_as: ConversionType::Install,
        amount: i64::from(amount),
    };
    store.release(advertiser()?, vec![release, release]).await?;
    Ok(format!("{budget:?}"))
}

/// Returns everything that can be asked.
async fn look(store: &dyn Both, now: UnixMillis) -> Result<String, Broken> {
    let everything = UnixMillis(0)..=UnixMillis(i64::MAX);
    let search = |device| Search {
        alias: alias(device),
        from: *everything.start(),
        until: *everything.end(),
    };
    let found = store.touches((0..6).map(search).collect(), 3).await?;
    // Which touch comes instead does not matter.
    let found = found.into_iter().map(|Found { touches, instead }| {
        let touches = touches.into_iter().map(|one| (one.position, one.sealed));
        (touches.collect::<Vec<_>>(), instead.is_some())
    });
    let found: Vec<_> = found.collect();
    let at = |device, at| AppUse { installation: alias(device), at };
    let uses = (100..106).flat_map(|device| [at(device, time(3)), at(device, *everything.end())]);
    let claims = store.claims(uses.collect()).await?;
    let claims: Vec<_> = claims.into_iter().map(|one| one.map(of_claim)).collect();
    let (erasing, gone) = (store.erasing().await?, store.gone().await?);
    let all = CountsOf::all(advertiser()?, Day(0), Day(i64::MAX));
    let of_one = CountsOf { campaign: Some(String::from("c_0")), ..all.clone() };
    let (mut counted, mut lines) = (Vec::new(), Vec::new());
    for of in [all, of_one] {
        for max in [0, 2, usize::MAX] {
            lines.push(store.lines(of.clone(), max).await?);
        }
        counted.push(store.counted(of).await?);
    }
    let asking = store.asking(Day::of(now)).await?;
    let left_out = store.left_out(advertiser()?, Day(0), Day::of(now)).await?;
    let released = store.released(advertiser()?, Day(0), Day(300)).await?;
    let shelved = store.shelved().await?;
    Ok(format!(
        "{shelved:?} {found:?} {claims:?} {counted:?} {lines:?} {asking:?} {left_out:?} {released:?} {erasing:?} \
         {gone:?}"
    ))
}

fn of_claim(claim: FoundClaim) -> impl Debug {
    let FoundClaim { happened, accepted_at, outcome, advertiser, line, sealed, .. } = claim;
    (happened, accepted_at, outcome, advertiser, line, sealed, claim.token, claim.unclaimed)
}

fn settled(id: u8, told: u8, now: UnixMillis) -> Result<Settled, Broken> {
    let claim = Claim {
        token: ClaimToken([id; 16]),
        advertiser: advertiser()?,
        day: Day::of(now),
        line: String::from("[]"),
        sealed: vec![id, told],
        recurring: recurring(CountKey([told % 3; 16]), told, count("installs_click", now)?),
        installations: vec![alias(100 + told % 7), alias(100 + id % 7)],
        people: vec![whose(told % 6), whose(id % 6)],
    };
    let left_out = LeftOut {
        advertiser: advertiser()?,
        month: String::from("1970-01"),
        day: Day::of(now),
        counts_as: ConversionType::Install,
        people: vec![[id; 16], [id / 2 + 50; 16], [told % 3 + 70; 16]],
    };
    let rejected = count("rejected_touches:click_flood", now)?;
    let rejections = recurring(key(3, told % 3), told, rejected);
    Ok(Settled {
        conversion: ConversionId([id; 16]),
        claim: told.is_multiple_of(3).then_some(claim),
        left_out: (told % 3 == 1).then_some(left_out),
        rejections: told.is_multiple_of(2).then_some(rejections),
    })
}

/// A report of a series, some hours from the others.
fn recurring(series: CountKey, told: u8, count: Count) -> Recurring {
    let happened = UnixMillis(i64::from(told % 40) * 5_000_000);
    let turn = if told.is_multiple_of(5) { Turn::Again } else { Turn::First };
    Recurring { series, happened, turn, counts: vec![count] }
}

fn count(measure: &str, at: UnixMillis) -> Result<Count, Broken> {
    Ok(Count {
        advertiser: advertiser()?,
        day: Day::of(at),
        line: format!("[\"\",\"\",\"\",\"c_{}\",\"\",\"\"]", Day::of(at).0 % 2),
        measure: measure.to_owned(),
        amount: 2,
    })
}

fn partnership() -> Result<PartnershipId, IdError> {
    "meter".parse()
}

fn advertiser() -> Result<AdvertiserId, IdError> {
    "shoes".parse()
}

fn alias(device: u8) -> Alias {
    Alias([device; 16])
}

fn whose(device: u8) -> Whose {
    Whose([device; 16])
}

fn class(at: u8) -> Touch {
    Touch::ALL.get(usize::from(at % 3)).copied().unwrap_or(Touch::Click)
}

fn time(at: u8) -> UnixMillis {
    UnixMillis(i64::from(at) * 1_000)
}
