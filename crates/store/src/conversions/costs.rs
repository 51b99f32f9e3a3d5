//! What ads cost.

use super::{failed, unavailable};
use crate::{Sqlite, StoreError, many::insert};
use sluicegate_gate::AdvertiserId;
use sluicegate_ledger::Day;
use sluicegate_measurement::{
    cost::{Cost, Costs},
    lookup::Kept,
};
use sqlx::SqliteConnection;

impl Costs for Sqlite {
    fn tell(&self, costs: Vec<Cost>) -> Kept<'_, ()> {
        Box::pin(async move {
            let work = self.write(move |connection| Box::pin(keep(connection, costs)));
            work.await.map_err(unavailable)
        })
    }

    fn costs(&self, advertiser: AdvertiserId, from: Day, to: Day) -> Kept<'_, Vec<Cost>> {
        Box::pin(async move {
            let rows: Vec<(i64, String, String, String, i64)> = sqlx::query_as(
                "SELECT day, campaign, line_item, currency, micros FROM report_cost
                 WHERE advertiser = ?1 AND day BETWEEN ?2 AND ?3
                 ORDER BY day, campaign, line_item, currency",
            )
            .bind(advertiser.as_str())
            .bind(from.0)
            .bind(to.0)
            .fetch_all(self.readers())
            .await
            .map_err(failed)?;
            let cost =
                |(day, campaign, line_item, currency, micros): (i64, _, String, _, _)| Cost {
                    advertiser: advertiser.clone(),
                    day: Day(day),
                    campaign,
                    line_item: Some(line_item).filter(|line_item| !line_item.is_empty()),
                    currency,
                    micros,
                };
            Ok(rows.into_iter().map(cost).collect())
        })
    }
}

/// Of two rows for one place the later stays: rows are taken in their order.
async fn keep(connection: &mut SqliteConnection, costs: Vec<Cost>) -> Result<(), StoreError> {
    let sql = (
        "INSERT INTO report_cost (advertiser, day, campaign, line_item, currency, micros) ",
        " ON CONFLICT DO UPDATE SET micros = excluded.micros",
    );
    insert(connection, sql, &costs, |row, cost| {
        row.push_bind(cost.advertiser.as_str())
            .push_bind(cost.day.0)
            .push_bind(cost.campaign.as_str())
            .push_bind(cost.line_item.as_deref().unwrap_or_default())
            .push_bind(cost.currency.as_str())
            .push_bind(cost.micros);
        Ok(())
    })
    .await
}
