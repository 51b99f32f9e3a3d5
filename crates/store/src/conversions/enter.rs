//! Conversions as they are reported.

use super::integer;
use crate::StoreError;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_measurement::lookup::{Cap, Caps, Entered, NewConversion, Sort};
use sqlx::SqliteConnection;

pub(super) async fn all(
    connection: &mut SqliteConnection,
    partnership: PartnershipId,
    at: UnixMillis,
    caps: Caps,
    conversions: Vec<NewConversion>,
) -> Result<Vec<Entered>, StoreError> {
    let by = Reporter { partnership, at, caps };
    let mut entered = Vec::with_capacity(conversions.len());
    for conversion in conversions {
        entered.push(by.one(connection, conversion).await?);
    }
    Ok(entered)
}

/// Who reports, and when.
struct Reporter {
    partnership: PartnershipId,
    at: UnixMillis,
    caps: Caps,
}

impl Reporter {
    async fn one(
        &self,
        connection: &mut SqliteConnection,
        new: NewConversion,
    ) -> Result<Entered, StoreError> {
        let known: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT content FROM conversion WHERE id = ?1")
                .bind(new.id.0.to_vec())
                .fetch_optional(&mut *connection)
                .await?;
        let earlier_install = earlier_install(connection, &new).await?;
        match known {
            Some(content) if content == new.content => {
                return Ok(Entered::Repeat { earlier_install });
            }
            Some(_) => return Ok(Entered::Conflict),
            None => {}
        }
        let limit = Limit::of(self.caps, new.sort);
        if let Some(cap) = self.cap(connection, &new, limit).await? {
            self.add(connection, limit.capped).await?;
            return Ok(Entered::Capped(cap));
        }
        self.add(connection, limit.reported).await?;
        sqlx::query(
            "INSERT INTO conversion (id, content, partnership, alias, installation, is_install,
                 is_event, happened, accepted_at, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .bind(new.id.0.to_vec())
        .bind(new.content.to_vec())
        .bind(self.partnership.as_str())
        .bind(new.alias.0.to_vec())
        .bind(new.installation.0.to_vec())
        .bind(new.sort == Sort::Install)
        .bind(new.sort == Sort::InApp)
        .bind(new.happened.0)
        .bind(self.at.0)
        .bind(new.sealed)
        .execute(&mut *connection)
        .await?;
        Ok(Entered::Fresh { earlier_install })
    }

    async fn cap(
        &self,
        connection: &mut SqliteConnection,
        new: &NewConversion,
        limit: Limit,
    ) -> Result<Option<Cap>, StoreError> {
        let day = Day::of(self.at);
        let reported: Option<(i64, i64)> = sqlx::query_as(
            "SELECT asked, events FROM conversion_asking WHERE day = ?1 AND partnership = ?2",
        )
        .bind(day.0)
        .bind(self.partnership.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let (asked, events) = reported.unwrap_or_default();
        let reported = if new.sort == Sort::InApp { events } else { asked };
        let of_device: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM conversion
             WHERE alias = ?1 AND is_event = ?2 AND accepted_at >= ?3 AND accepted_at < ?4",
        )
        .bind(new.alias.0.to_vec())
        .bind(new.sort == Sort::InApp)
        .bind(day.start().0)
        .bind(Day(day.0.saturating_add(1)).start().0)
        .fetch_one(&mut *connection)
        .await?;
        Ok(if reported >= integer(limit.per_day) {
            Some(Cap::Partnership)
        } else if of_device >= integer(limit.per_device_per_day) {
            Some(Cap::Device)
        } else {
            None
        })
    }

    async fn add(
        &self,
        connection: &mut SqliteConnection,
        what: &'static str,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO conversion_asking (day, partnership, asked, claimed, capped, events,
                 events_capped)
             VALUES (?1, ?2, ?3 = 'asked', 0, ?3 = 'capped', ?3 = 'events', ?3 = 'events_capped')
             ON CONFLICT DO UPDATE SET asked = asked + excluded.asked,
                 capped = capped + excluded.capped, events = events + excluded.events,
                 events_capped = events_capped + excluded.events_capped",
        )
        .bind(Day::of(self.at).0)
        .bind(self.partnership.as_str())
        .bind(what)
        .execute(&mut *connection)
        .await?;
        Ok(())
    }
}

/// Which limits hold for a sort of conversions, and where they are counted.
#[derive(Clone, Copy)]
struct Limit {
    per_day: u64,
    per_device_per_day: u64,
    reported: &'static str,
    capped: &'static str,
}

impl Limit {
    fn of(caps: Caps, sort: Sort) -> Self {
        match sort {
            Sort::Install | Sort::Return => Self {
                per_day: caps.per_day,
                per_device_per_day: caps.per_device_per_day,
                reported: "asked",
                capped: "capped",
            },
            Sort::InApp => Self {
                per_day: caps.events_per_day,
                per_device_per_day: caps.events_per_device_per_day,
                reported: "events",
                capped: "events_capped",
            },
        }
    }
}

async fn earlier_install(
    connection: &mut SqliteConnection,
    new: &NewConversion,
) -> Result<Option<UnixMillis>, StoreError> {
    let earlier: Option<i64> = sqlx::query_scalar(
        "SELECT max(happened) FROM (
             SELECT happened FROM conversion
             WHERE installation = ?1 AND is_install = 1 AND happened < ?2 AND id <> ?3
             UNION ALL
             SELECT happened FROM conversion_link AS link
             JOIN conversion ON conversion.id = link.conversion
             WHERE link.installation = ?1 AND is_install = 1 AND happened < ?2 AND id <> ?3)",
    )
    .bind(new.installation.0.to_vec())
    .bind(new.happened.0)
    .bind(new.id.0.to_vec())
    .fetch_one(&mut *connection)
    .await?;
    Ok(earlier.map(UnixMillis))
}
