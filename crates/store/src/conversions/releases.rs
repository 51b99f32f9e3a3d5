//! What was told of people who are in totals only.

use super::{failed, natural, unavailable};
use crate::{Sqlite, StoreError};
use sluicegate_gate::AdvertiserId;
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    ConversionType,
    lookup::{ConversionsError, Kept},
    report::{Budget, LeftOutCount, Release, Releases},
};
use sqlx::SqliteConnection;

impl Releases for Sqlite {
    fn left_out(
        &self,
        advertiser: AdvertiserId,
        from: Day,
        to: Day,
    ) -> Kept<'_, Vec<LeftOutCount>> {
        Box::pin(async move {
            self.move_all().await.map_err(unavailable)?;
            let rows: Vec<(i64, String, i64)> = sqlx::query_as(
                "SELECT day, counts_as, count(*) FROM report_left_out
                 WHERE advertiser = ?1 AND day BETWEEN ?2 AND ?3 AND counts = 1
                 GROUP BY day, counts_as ORDER BY day, counts_as",
            )
            .bind(advertiser.as_str())
            .bind(from.0)
            .bind(to.0)
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            let count = |(day, word, people): (i64, String, i64)| {
                let counts_as = kind(&word)?;
                Ok(LeftOutCount { day: Day(day), counts_as, people: natural(people)? })
            };
            rows.into_iter().map(count).collect()
        })
    }

    fn budget(&self, advertiser: AdvertiserId, month: String, budget: Budget) -> Kept<'_, Budget> {
        Box::pin(async move {
            let work = self.write(move |connection| {
                Box::pin(keep_budget(connection, advertiser, month, budget))
            });
            work.await.map_err(unavailable)
        })
    }

    fn release(&self, advertiser: AdvertiserId, releases: Vec<Release>) -> Kept<'_, ()> {
        Box::pin(async move {
            let work =
                self.write(move |connection| Box::pin(keep(connection, advertiser, releases)));
            work.await.map_err(unavailable)
        })
    }

    fn released(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Release>> {
        Box::pin(async move {
            let rows: Vec<(i64, String, i64)> = sqlx::query_as(
                "SELECT day, counts_as, amount FROM report_release
                 WHERE advertiser = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, counts_as",
            )
            .bind(advertiser.as_str())
            .bind(from.0)
            .bind(to.0)
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            let release = |(day, word, amount): (i64, String, i64)| {
                Ok(Release { day: Day(day), counts_as: kind(&word)?, amount })
            };
            rows.into_iter().map(release).collect()
        })
    }
}

fn kind(word: &str) -> Result<ConversionType, ConversionsError> {
    ConversionType::from_name(word).ok_or(ConversionsError::Corrupt("a kind of conversion"))
}

async fn keep_budget(
    connection: &mut SqliteConnection,
    advertiser: AdvertiserId,
    month: String,
    budget: Budget,
) -> Result<Budget, StoreError> {
    sqlx::query(
        "INSERT OR IGNORE INTO report_budget (advertiser, month, thousandths) VALUES (?1, ?2, ?3)",
    )
    .bind(advertiser.as_str())
    .bind(&month)
    .bind(i64::from(budget.thousandths()))
    .execute(&mut *connection)
    .await?;
    let kept: i64 = sqlx::query_scalar(
        "SELECT thousandths FROM report_budget WHERE advertiser = ?1 AND month = ?2",
    )
    .bind(advertiser.as_str())
    .bind(&month)
    .fetch_one(&mut *connection)
    .await?;
    let kept = u32::try_from(kept).ok().and_then(|kept| Budget::of_thousandths(kept).ok());
    kept.ok_or(StoreError::Corrupt("the budget of a month"))
}

async fn keep(
    connection: &mut SqliteConnection,
    advertiser: AdvertiserId,
    releases: Vec<Release>,
) -> Result<(), StoreError> {
    for release in releases {
        sqlx::query(
            "INSERT OR IGNORE INTO report_release (advertiser, day, counts_as, amount)
             VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(advertiser.as_str())
        .bind(release.day.0)
        .bind(release.counts_as.name())
        .bind(release.amount)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
