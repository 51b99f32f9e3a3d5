//! Moves conversions into their tables, in the background and in order.
//!
//! A body is appended at the end of one table, whatever is in it, so whoever reports waits for a handful of pages. The
//! tables are sorted by digests: there nearly every conversion has pages of its own, half a dozen of them. They
//! are gone to while little comes, for what has waited for long, and when too much waits. Whoever asks for something that
//! only the tables know has the rest moved first. What can never be moved is set aside ([`super::aside`]).

use super::{
    aside::{self, Found},
    body::Body,
    enter, report, settle,
    waiting::Waiting,
};
use crate::{Sqlite, StoreError, writing::Durability};
use sqlx::{Connection as _, SqliteConnection};
use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How often it is looked at whether bodies are to be moved.
const PAUSE: Duration = Duration::from_millis(500);
/// All are where no more conversions have come since the last look: those of so few hold nobody up.
const LITTLE: u64 = 128;
/// Those that were there so many looks ago are moved whatever comes: after 30 seconds.
const LOOKS: usize = 60;

/// Reads what waited when the store was closed.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<Waiting, StoreError> {
    let waiting = Waiting::default();
    let sql =
        "SELECT number, body FROM conversion_waiting WHERE number > ?1 ORDER BY number LIMIT 1";
    let mut last = i64::MIN;
    loop {
        // One at a time: together they may be hundreds of MB.
        let row = sqlx::query_as(sql).bind(last).fetch_optional(&mut *connection).await?;
        let Some((number, blob)): Option<(i64, Vec<u8>)> = row else { return Ok(waiting) };
        last = number;
        let body = match read(&blob) {
            Ok(body) => body,
            Err(error) => {
                let fault = Fault { number, why: error.to_string() };
                let mut transaction = connection.begin().await?;
                aside::put(&mut transaction, number, &fault.why, &blob).await?;
                let sql = "DELETE FROM conversion_waiting WHERE number = ?1";
                sqlx::query(sql).bind(number).execute(&mut *transaction).await?;
                transaction.commit().await?;
                fault.tell();
                continue;
            }
        };
        let in_tables = settle::unclaimed(connection, &waiting, std::iter::once(&body)).await?;
        // The claims were counted when it was written.
        let _first_claims = waiting.add(number, &body, &in_tables);
        waiting.kept(number, true);
    }
}

/// Why a body is set aside.
struct Fault {
    number: i64,
    why: String,
}

impl Fault {
    fn tell(&self) {
        let Self { number, why } = self;
        tracing::error!(
            number,
            why,
            "conversions that cannot be kept in their tables are set aside"
        );
    }
}

fn read(blob: &[u8]) -> Result<Body, StoreError> {
    Body::read(blob).map_err(|_damage| StoreError::Corrupt("conversions that wait"))
}

/// How bodies are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// All or none.
    Together,
    /// Each alone, and what cannot be moved is set aside.
    Apart,
}

/// Moves the first bodies into the tables. Returns what was set aside.
async fn some(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    numbers: &OnceLock<Vec<i64>>,
    how: How,
) -> Result<Vec<Fault>, StoreError> {
    let Some(last) = numbers.get_or_init(|| waiting.begin()).last().copied() else {
        return Ok(Vec::new());
    };
    let sql = "SELECT number, body FROM conversion_waiting WHERE number <= ?1 ORDER BY number";
    let bodies: Vec<(i64, Vec<u8>)> =
        sqlx::query_as(sql).bind(last).fetch_all(&mut *connection).await?;
    let mut faults = Vec::new();
    let mut set_aside = aside::found(connection).await?;
    for (number, blob) in bodies {
        match how {
            How::Together => one(connection, number, &blob, set_aside).await?,
            How::Apart => faults.extend(apart(connection, number, &blob, set_aside).await?),
        }
        if !faults.is_empty() {
            set_aside = Found::Something;
        }
    }
    let sql = "DELETE FROM conversion_waiting WHERE number <= ?1";
    sqlx::query(sql).bind(last).execute(connection).await?;
    Ok(faults)
}

async fn one(
    connection: &mut SqliteConnection,
    number: i64,
    blob: &[u8],
    set_aside: Found,
) -> Result<(), StoreError> {
    match read(blob)? {
        Body::Entered(by, fresh) => enter::keep(connection, &by, &fresh).await,
        Body::Settled(by, claims, mut settled) => {
            if set_aside == Found::Something {
                let [finding, missing] = aside::divided(connection, settled).await?;
                settled = finding;
                if !missing.is_empty() {
                    let body = Body::Settled(by.clone(), claims, missing).write();
                    aside::put(connection, number, aside::WITHOUT_CONVERSIONS, &body).await?;
                }
            }
            settle::keep(connection, by, claims, settled).await
        }
        Body::Counted(all) => report::once_each(connection, all).await,
    }
}

/// Moves a body, or sets it aside if it is to blame that it cannot be.
async fn apart(
    connection: &mut SqliteConnection,
    number: i64,
    blob: &[u8],
    set_aside: Found,
) -> Result<Option<Fault>, StoreError> {
    sqlx::query("SAVEPOINT body").execute(&mut *connection).await?;
    let Err(error) = one(connection, number, blob, set_aside).await else {
        sqlx::query("RELEASE body").execute(connection).await?;
        return Ok(None);
    };
    let why = aside::why(&error).ok_or(error)?;
    sqlx::query("ROLLBACK TO body").execute(&mut *connection).await?;
    sqlx::query("RELEASE body").execute(&mut *connection).await?;
    aside::put(connection, number, &why, blob).await?;
    Ok(Some(Fault { number, why }))
}

impl Sqlite {
    /// Moves some of what waits.
    pub(super) async fn move_some(&self) -> Result<(), StoreError> {
        match self.move_by(How::Together).await {
            Err(error) if aside::why(&error).is_some() => self.move_by(How::Apart).await,
            moved => moved,
        }
    }

    async fn move_by(&self, how: How) -> Result<(), StoreError> {
        let (waiting, again) = (Arc::clone(&self.waiting), Arc::clone(&self.waiting));
        let numbers = Arc::new(OnceLock::<Vec<i64>>::new());
        let taken = Arc::clone(&numbers);
        let faults = self.write_steps(
            move |connection| {
                Box::pin(async move { some(connection, &waiting, &numbers, how).await })
            },
            Box::new(move |outcome| {
                if let Some(numbers) = taken.get() {
                    again.end(numbers, outcome.is_ok());
                }
            }),
            // Why not flushed: what a power cut takes back waits again, and goes with what is written later.
            Durability::Later,
        );
        faults.await?.iter().for_each(Fault::tell);
        Ok(())
    }

    /// Moves everything that waits now, and returns once all of it can be read in the tables.
    pub(super) async fn move_all(&self) -> Result<(), StoreError> {
        match self.waiting.last() {
            Some(last) => self.move_until(last).await,
            None => Ok(()),
        }
    }

    /// Moves everything up to a body. Of those who ask for that one moves at a time: what others write waits for one such
    /// job, and not for one of each.
    pub(super) async fn move_until(&self, last: i64) -> Result<(), StoreError> {
        while self.waiting.first().is_some_and(|first| first <= last) {
            let _one = self.moving.lock().await;
            if self.waiting.first().is_some_and(|first| first <= last) {
                self.move_some().await?;
            }
        }
        Ok(())
    }

    /// Starts to move what waits, unless somebody does already.
    pub(crate) fn move_on(&self) {
        if self.waiting.is_to_be_moved() {
            tokio::spawn(run(self.clone()));
        }
    }
}

/// How conversions come, and so which of them are to be moved.
#[derive(Debug, Default)]
struct Pace {
    /// How many had come at the last look.
    came: u64,
    /// The last body at each of the last looks.
    last: VecDeque<i64>,
    /// Up to which body all have waited for long.
    old: Option<i64>,
}

impl Pace {
    /// Looks at how many ever came, and at the last body.
    fn look(&mut self, came: u64, last: i64) {
        self.came = came;
        self.last.push_back(last);
        if self.last.len() > LOOKS {
            self.old = self.last.pop_front();
        }
    }

    /// Returns whether bodies are to be moved from the first one on.
    fn moves(&self, came: u64, first: i64) -> bool {
        came.wrapping_sub(self.came) <= LITTLE || self.old.is_some_and(|old| first <= old)
    }
}

/// Moves what waits whenever little comes, and what waits for long, until nothing waits.
async fn run(store: Sqlite) {
    let waiting = Arc::clone(&store.waiting);
    let mut failing = false;
    let mut pace = Pace::default();
    loop {
        pace.look(waiting.came(), waiting.last().unwrap_or(i64::MIN));
        tokio::time::sleep(PAUSE).await;
        while waiting.first().is_some_and(|first| pace.moves(waiting.came(), first)) {
            // Nothing is lost: what is not moved waits on the disk, and is tried again after the pause.
            match store.move_some().await {
                Ok(()) => failing = false,
                Err(StoreError::Closed) => return waiting.stops(),
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::error!(%error, "conversions that wait could not be moved; they go on waiting");
                    }
                    break;
                }
            }
        }
        if waiting.rests() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversions::body::{By, Claims};
    use sluicegate_gate::time::UnixMillis;
    use sluicegate_ledger::Day;
    use sluicegate_measurement::lookup::{
        Alias, Asking, Caps, Claim, ClaimToken, ConversionId, Conversions as _, CountKey,
        NewConversion, Recurring, Settled, Sort, Turn,
    };

    async fn asking(store: &Sqlite) -> Asking {
        store.asking(Day(0)).await.unwrap().remove(0)
    }

    #[tokio::test]
    async fn claims_that_waited_when_the_version_changed_are_counted_once_they_are_moved() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).await.unwrap();
        let (who, at, id) = (|| "meter".parse().unwrap(), UnixMillis(5), ConversionId([1; 16]));
        let new = NewConversion {
            id,
            content: [2; 16],
            alias: Alias([3; 16]),
            installation: Alias([4; 16]),
            sort: Sort::Return,
            happened: at,
            sealed: vec![5],
        };
        let caps = Caps {
            per_day: 9,
            per_device_per_day: 9,
            events_per_day: 9,
            events_per_device_per_day: 9,
        };
        store.enter(who(), at, caps, vec![new]).await.unwrap().kept().await.unwrap();
        let claim = Claim {
            token: ClaimToken([6; 16]),
            advertiser: "shoes".parse().unwrap(),
            day: Day(0),
            line: String::from("[]"),
            sealed: vec![7],
            recurring: Recurring {
                series: CountKey([8; 16]),
                happened: at,
                turn: Turn::First,
                counts: Vec::new(),
            },
            installations: Vec::new(),
            people: Vec::new(),
        };
        let settled =
            Settled { conversion: id, claim: Some(claim), left_out: None, rejections: None };
        let by = By { partnership: who(), at };
        let body = Body::Settled(by, Claims::Uncounted, vec![settled]).write();
        let sql = "INSERT INTO conversion_waiting (number, body) VALUES (1000, ?1)";
        let earlier = store.write(move |connection| {
            Box::pin(async move { Ok(sqlx::query(sql).bind(body).execute(connection).await?) })
        });
        earlier.await.unwrap();
        store.close().await;
        let store = Sqlite::open(dir.path()).await.unwrap();
        store.move_all().await.unwrap();
        let asking = asking(&store).await;
        assert_eq!((asking.asked, asking.claimed), (1, 1));
        store.close().await;
    }

    /// Returns the longest that a body waits, in looks, where that many conversions come between two, one in a body.
    fn longest(each: u64, moved_at_once: i64) -> i64 {
        let mut pace = Pace::default();
        let (mut came, mut first, mut longest) = (0, 1, 0);
        for look in 1..1_000_i64 {
            let last = i64::try_from(came).unwrap();
            pace.look(came, last);
            came += each;
            let may_move = first + moved_at_once;
            while first <= last && first < may_move && pace.moves(came, first) {
                let of_look = (first - 1) / i64::try_from(each).unwrap();
                longest = longest.max(look - of_look);
                first += 1;
            }
        }
        longest
    }

    #[test]
    fn where_little_comes_nothing_waits_for_long() {
        assert_eq!((longest(1, 9_999), longest(LITTLE, 9_999)), (2, 2));
    }

    #[test]
    fn whatever_comes_nothing_waits_for_longer_than_half_a_minute_or_so() {
        let looks = i64::try_from(LOOKS).unwrap();
        assert_eq!(longest(LITTLE + 1, 9_999), looks + 2);
        assert_eq!(longest(5_000, 5_000), looks + 2);
    }
}
