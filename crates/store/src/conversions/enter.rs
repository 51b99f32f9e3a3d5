//! Conversions as they are reported: what is known of all of them is asked first, then each is decided in its
//! turn, knowing those before it. So the number of statements is that of the conversions, whatever is known of them.

use super::{
    body::{Body, By},
    integer,
    waiting::{Beside, Waiting},
};
use crate::{StoreError, many::insert, packed::Packed, statements::Statements};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{
    Alias, Cap, Caps, ConversionId, Device, Entered, NewConversion, Sort,
};
use sqlx::SqliteConnection;
use std::collections::{HashMap, hash_map::Entry};

/// What the tables know of conversions that are reported, each to be decided in its turn.
pub(super) struct Desk {
    known: std::vec::IntoIter<Known>,
    /// How much was reported before, of all of whom that is known.
    before: Totals,
    /// How much was with what was decided here, of those who report.
    now: Totals,
    claimed: HashMap<(Day, PartnershipId), i64>,
}

/// How much each partnership reported on a day. Nobody else writes that but who enters conversions.
pub(super) type Totals = HashMap<(Day, PartnershipId), Reported>;

impl Desk {
    /// Asks the tables about all of these, and how much was reported where `before` does not say it.
    pub(super) async fn open(
        connection: &mut SqliteConnection,
        waiting: &Waiting,
        mut before: Totals,
        reports: impl Iterator<Item = &Report> + Clone,
    ) -> Result<Self, StoreError> {
        let of = |report: &'_ Report| Day::of(report.at);
        let asked: Vec<(Day, &NewConversion)> = reports
            .clone()
            .flat_map(|report| report.conversions.iter().map(move |new| (of(report), new)))
            .collect();
        let known = known(connection, waiting, &asked).await?.into_iter();
        let mut now = Totals::new();
        for report in reports {
            let whose = (of(report), report.partnership.clone());
            let reported = match before.entry(whose.clone()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(free) => {
                    let (day, partnership) = &whose;
                    *free.insert(Reported::on(&mut *connection, *day, partnership).await?)
                }
            };
            now.insert(whose, reported);
        }
        Ok(Self { known, before, now, claimed: HashMap::new() })
    }

    /// Decides the conversions of the next report. Returns what became of each, and a body of those that are new.
    pub(super) fn enter(
        &mut self,
        waiting: &Waiting,
        Report { partnership, at, caps, conversions }: &Report,
    ) -> (Vec<Entered>, Body) {
        let day = Day::of(*at);
        let mut reported = self.now.get_mut(&(day, partnership.clone()));
        let before = reported.as_deref().copied().unwrap_or_default();
        let mut book = Book::new(*caps, before);
        let decide = |(new, known): (&NewConversion, Known)| {
            let device = (new.alias, new.sort == Sort::InApp, day);
            let first = book.first(new.id).or(known.device).unwrap_or_else(|| new.device());
            let beside = waiting.beside(new.id, device, (first.installation, new.happened));
            book.enter(new, known.and(&beside))
        };
        let entered: Vec<Entered> = conversions.iter().zip(&mut self.known).map(decide).collect();
        if let Some(now) = &mut reported {
            **now = book.reported;
        }
        let fresh = conversions
            .iter()
            .zip(&entered)
            .filter(|(_, entered)| matches!(entered, Entered::Fresh { .. }))
            .map(|(new, _)| new.clone())
            .collect();
        (entered, Body::Entered(By { partnership: partnership.clone(), at: *at }, fresh))
    }

    /// Counts claims that a partnership is told.
    pub(super) fn claim(&mut self, By { partnership, at }: &By, claims: usize) {
        let claimed = self.claimed.entry((Day::of(*at), partnership.clone())).or_default();
        *claimed += i64::try_from(claims).unwrap_or(i64::MAX);
    }

    /// Writes how much was reported, and returns it.
    pub(super) fn close(mut self, statements: &mut Statements) -> Result<Totals, StoreError> {
        for (whose, now) in self.now {
            let (day, partnership) = &whose;
            let before = self.before.insert(whose.clone(), now).unwrap_or_default();
            let claimed = self.claimed.remove(&whose).unwrap_or_default();
            now.since(before).add(statements, (*day, partnership), claimed)?;
        }
        for ((day, partnership), claimed) in self.claimed {
            Reported::default().add(statements, (day, &partnership), claimed)?;
        }
        if self.before.len() > TOTALS_MAX {
            self.before.clear();
        }
        Ok(self.before)
    }
}

/// How many totals are kept in memory: those of the days before are worth nothing any more.
const TOTALS_MAX: usize = 1_024;

/// What a partnership reports at once.
pub(super) struct Report {
    pub(super) partnership: PartnershipId,
    pub(super) at: UnixMillis,
    pub(super) caps: Caps,
    pub(super) conversions: Vec<NewConversion>,
}

/// What the tables know of one conversion.
#[derive(Clone, Copy, Default)]
struct Known {
    content: Option<[u8; 16]>,
    /// Of which it was reported first.
    device: Option<Device>,
    /// How many of its sort were accepted of the device on the day.
    of_device: i64,
    earlier_install: Option<i64>,
}

impl Known {
    /// Adds what those that wait say.
    fn and(self, beside: &Beside) -> Self {
        let of_device = u64::try_from(beside.of_device).unwrap_or(u64::MAX);
        let earlier = beside.earlier_install.map(|UnixMillis(happened)| happened);
        Self {
            content: beside.kept.map(|(content, _)| content).or(self.content),
            device: beside.kept.map(|(_, device)| device).or(self.device),
            of_device: self.of_device.saturating_add_unsigned(of_device),
            earlier_install: self.earlier_install.max(earlier),
        }
    }
}

/// Returns what the tables know of each conversion, and on its day of its device.
async fn known(
    connection: &mut SqliteConnection,
    waiting: &Waiting,
    conversions: &[(Day, &NewConversion)],
) -> Result<Vec<Known>, StoreError> {
    let mut known: Vec<Known> = Vec::new();
    known.resize_with(conversions.len(), Known::default);
    if conversions.is_empty() {
        return Ok(known);
    }
    let mut packed = Packed::default();
    let mut firsts: HashMap<ConversionId, Alias> = HashMap::new();
    for (day, new) in conversions {
        packed.digest(&new.id.0);
        packed.digest(&new.alias.0);
        let first = firsts.entry(new.id).or_insert_with(|| {
            let waits = waiting.device(new.id);
            waits.map_or(new.installation, |device| device.installation)
        });
        packed.digest(&first.0);
        packed.number(new.happened.0);
        packed.number(day.start().0);
        packed.number(Day(day.0.saturating_add(1)).start().0);
        packed.number(i64::from(new.sort == Sort::InApp));
    }
    let rows: Vec<KnownRow> = sqlx::query_as(KNOWN)
        .bind(i64::try_from(conversions.len()).unwrap_or(i64::MAX))
        .bind(packed.digests)
        .bind(packed.numbers)
        .fetch_all(connection)
        .await?;
    for (place, content, alias, installation, of_device, earlier_install) in rows {
        let corrupt = || StoreError::Corrupt("the answers about conversions");
        let place = usize::try_from(place).ok().and_then(|place| known.get_mut(place));
        let digest = |blob: Option<Vec<u8>>| blob.map(<[u8; 16]>::try_from).transpose();
        let [content, alias, installation] = [content, alias, installation].map(digest);
        let content = content.map_err(|_length| corrupt())?;
        let alias = alias.map_err(|_length| corrupt())?.map(Alias);
        let installation = installation.map_err(|_length| corrupt())?.map(Alias);
        let device = alias.zip(installation);
        let device = device.map(|(alias, installation)| Device { alias, installation });
        *place.ok_or_else(corrupt)? = Known { content, device, of_device, earlier_install };
    }
    Ok(known)
}

/// Which conversion, its content and of whom it was reported first, how many of its device, an earlier install.
type KnownRow = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, i64, Option<i64>);

/// A row for each conversion of which anything is known: of most nothing is.
const KNOWN: &str = "
    WITH RECURSIVE place (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?1),
    asked AS MATERIALIZED (
        SELECT n, substr(?2, 48 * n + 1, 16) AS this, substr(?2, 48 * n + 17, 16) AS device,
            substr(?2, 48 * n + 33, 16) AS app,
            CAST(substr(?3, 80 * n + 1, 20) AS INTEGER) AS at,
            CAST(substr(?3, 80 * n + 21, 20) AS INTEGER) AS day_begins,
            CAST(substr(?3, 80 * n + 41, 20) AS INTEGER) AS day_ends,
            CAST(substr(?3, 80 * n + 61, 20) AS INTEGER) AS is_event_too
        FROM place),
    kept AS MATERIALIZED (
        SELECT asked.*, content, alias AS kept_device, installation AS kept_app,
            coalesce(installation, app) AS first_app
        FROM asked LEFT JOIN conversion ON id = this),
    known AS MATERIALIZED (
        SELECT n, content, kept_device, kept_app,
            (SELECT count(*) FROM conversion WHERE alias = device AND is_event = is_event_too
                AND accepted_at >= day_begins AND accepted_at < day_ends) AS of_device,
            (SELECT max(happened) FROM (
                SELECT happened FROM conversion
                WHERE installation = first_app AND is_install = 1 AND happened < at AND id <> this
                UNION ALL
                SELECT happened FROM conversion_link AS link
                JOIN conversion ON conversion.id = link.conversion
                WHERE link.installation = first_app AND is_install = 1
                    AND happened < at AND id <> this)) AS earlier_install
        FROM kept)
    SELECT n, content, kept_device, kept_app, of_device, earlier_install FROM known
    WHERE content IS NOT NULL OR of_device > 0 OR earlier_install IS NOT NULL";

/// How much a partnership reported on a day.
#[derive(Clone, Copy, Default)]
pub(super) struct Reported {
    attributed: i64,
    capped: i64,
    events: i64,
    events_capped: i64,
}

impl Reported {
    async fn on(
        connection: &mut SqliteConnection,
        day: Day,
        partnership: &PartnershipId,
    ) -> Result<Self, StoreError> {
        let row: Option<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT asked, capped, events, events_capped FROM conversion_asking
             WHERE day = ?1 AND partnership = ?2",
        )
        .bind(day.0)
        .bind(partnership.as_str())
        .fetch_optional(connection)
        .await?;
        let (attributed, capped, events, events_capped) = row.unwrap_or_default();
        Ok(Self { attributed, capped, events, events_capped })
    }

    fn since(self, before: Self) -> Self {
        Self {
            attributed: self.attributed - before.attributed,
            capped: self.capped - before.capped,
            events: self.events - before.events,
            events_capped: self.events_capped - before.events_capped,
        }
    }

    /// Adds it to what stands there, and how many claims were told.
    fn add(
        self,
        statements: &mut Statements,
        (day, partnership): (Day, &PartnershipId),
        claimed: i64,
    ) -> Result<(), StoreError> {
        let Self { attributed, capped, events, events_capped } = self;
        statements
            .add(
                "INSERT INTO conversion_asking (day, partnership, asked, claimed, capped, events,
                     events_capped)
                 VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET asked = asked + excluded.asked,
                     claimed = claimed + excluded.claimed, capped = capped + excluded.capped,
                     events = events + excluded.events,
                     events_capped = events_capped + excluded.events_capped",
            )
            .bind(day.0)?
            .bind(partnership.as_str().to_owned())?
            .bind(attributed)?
            .bind(claimed)?
            .bind(capped)?
            .bind(events)?
            .bind(events_capped)?;
        Ok(())
    }
}

/// Decides on the conversions of one body in their order: each is known to those after it.
struct Book {
    caps: Caps,
    reported: Reported,
    kept: HashMap<ConversionId, ([u8; 16], Device)>,
    of_devices: HashMap<(Alias, bool), i64>,
    /// When installs of an app on a device happened, each with its id.
    installs: HashMap<Alias, Vec<(UnixMillis, ConversionId)>>,
}

impl Book {
    fn new(caps: Caps, reported: Reported) -> Self {
        let (kept, of_devices, installs) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { caps, reported, kept, of_devices, installs }
    }

    fn enter(&mut self, new: &NewConversion, known: Known) -> Entered {
        let kept = self.kept.get(&new.id).copied().or(known.content.zip(known.device));
        let device = kept.map_or_else(|| new.device(), |(_, device)| device);
        let earlier_install = self.earlier_install(new, device, known.earlier_install);
        match kept {
            Some((content, _)) if content == new.content => {
                let is_another = device.installation != new.installation;
                return Entered::Repeat { instead: is_another.then_some(device), earlier_install };
            }
            Some(_) => return Entered::Conflict,
            None => {}
        }
        if let Some(cap) = self.count(new, known.of_device) {
            return Entered::Capped(cap);
        }
        self.kept.insert(new.id, (new.content, new.device()));
        if new.sort == Sort::Install {
            self.installs.entry(new.installation).or_default().push((new.happened, new.id));
        }
        Entered::Fresh { earlier_install }
    }

    /// Returns of which device a conversion was reported here.
    fn first(&self, id: ConversionId) -> Option<Device> {
        self.kept.get(&id).map(|(_, device)| *device)
    }

    /// Counts a conversion, or that it met a limit.
    fn count(&mut self, new: &NewConversion, of_device: i64) -> Option<Cap> {
        let is_event = new.sort == Sort::InApp;
        let (caps, counts) = (self.caps, &mut self.reported);
        let (reported, capped, [most, most_of_device]) = if is_event {
            let most = [caps.events_per_day, caps.events_per_device_per_day];
            (&mut counts.events, &mut counts.events_capped, most)
        } else {
            let most = [caps.per_day, caps.per_device_per_day];
            (&mut counts.attributed, &mut counts.capped, most)
        };
        let here = self.of_devices.entry((new.alias, is_event)).or_default();
        let cap = if *reported >= integer(most) {
            Some(Cap::Partnership)
        } else if of_device.saturating_add(*here) >= integer(most_of_device) {
            Some(Cap::Device)
        } else {
            None
        };
        if cap.is_some() {
            *capped += 1;
        } else {
            *reported += 1;
            *here += 1;
        }
        cap
    }

    fn earlier_install(
        &self,
        new: &NewConversion,
        on: Device,
        kept: Option<i64>,
    ) -> Option<UnixMillis> {
        let here = self.installs.get(&on.installation).into_iter().flatten();
        let here = here.filter(|(happened, id)| *happened < new.happened && *id != new.id);
        here.map(|(happened, _)| *happened).chain(kept.map(UnixMillis)).max()
    }
}

/// Writes conversions into their table.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    By { partnership, at }: &By,
    fresh: &[NewConversion],
) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO conversion (id, content, partnership, alias, installation, is_install,
             is_event, happened, accepted_at, sealed) ",
        "",
    );
    insert(connection, sql, fresh, |row, new| {
        row.push_bind(new.id.0.to_vec())
            .push_bind(new.content.to_vec())
            .push_bind(partnership.as_str())
            .push_bind(new.alias.0.to_vec())
            .push_bind(new.installation.0.to_vec())
            .push_bind(new.sort == Sort::Install)
            .push_bind(new.sort == Sort::InApp)
            .push_bind(new.happened.0)
            .push_bind(at.0)
            .push_bind(new.sealed.as_slice());
        Ok(())
    })
    .await
}
