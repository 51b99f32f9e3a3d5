//! Buyers seen in bids.

use crate::{Sqlite, StoreError};
use futures_util::future::BoxFuture;
use sluicegate_exchange::{BUYERS_MAX, Buyer, Buyers, BuyersError, Sightings};
use sluicegate_gate::time::UnixMillis;
use sqlx::SqliteConnection;
use std::collections::HashMap;

type Row = (String, String, String, i64, i64, i64);

impl Buyers for Sqlite {
    fn add(&self, seen: Vec<(Buyer, Sightings)>) -> BoxFuture<'_, Result<usize, BuyersError>> {
        Box::pin(async move {
            let work = self.write(move |connection| Box::pin(add(connection, seen)));
            work.await.map_err(|error| BuyersError::Unavailable(Box::new(error)))
        })
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(Buyer, Sightings)>, BuyersError>> {
        Box::pin(async move {
            let rows: Vec<Row> = sqlx::query_as(
                "SELECT partnership, seat, advertiser, first_at, last_at, bids FROM buyer
                 ORDER BY partnership, seat, advertiser",
            )
            .fetch_all(self.readers())
            .await
            .map_err(|error| BuyersError::Unavailable(Box::new(error)))?;
            rows.into_iter().map(buyer).collect()
        })
    }
}

/// Returns for how many there was no room.
async fn add(
    connection: &mut SqliteConnection,
    seen: Vec<(Buyer, Sightings)>,
) -> Result<usize, StoreError> {
    let counts: Vec<(String, i64)> =
        sqlx::query_as("SELECT partnership, count(*) FROM buyer GROUP BY partnership")
            .fetch_all(&mut *connection)
            .await?;
    let mut kept: HashMap<String, usize> = counts
        .into_iter()
        .map(|(id, count)| (id, usize::try_from(count).unwrap_or(usize::MAX)))
        .collect();
    let mut left_out = 0;
    for (buyer, sightings) in seen {
        if add_to_known(connection, &buyer, sightings).await? {
            continue;
        }
        let count = kept.entry(buyer.partnership.to_string()).or_default();
        if *count >= BUYERS_MAX {
            left_out += 1;
            continue;
        }
        *count += 1;
        insert(connection, &buyer, sightings).await?;
    }
    Ok(left_out)
}

/// Returns whether the buyer was known.
async fn add_to_known(
    connection: &mut SqliteConnection,
    buyer: &Buyer,
    sightings: Sightings,
) -> Result<bool, StoreError> {
    let changed = sqlx::query(
        "UPDATE buyer SET first_at = min(first_at, ?4), last_at = max(last_at, ?5), bids = bids + ?6
         WHERE partnership = ?1 AND seat = ?2 AND advertiser = ?3",
    )
    .bind(buyer.partnership.as_str())
    .bind(&buyer.seat)
    .bind(&buyer.advertiser)
    .bind(sightings.first.0)
    .bind(sightings.last.0)
    .bind(whole(sightings.bids))
    .execute(&mut *connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

async fn insert(
    connection: &mut SqliteConnection,
    buyer: &Buyer,
    sightings: Sightings,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO buyer (partnership, seat, advertiser, first_at, last_at, bids)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(buyer.partnership.as_str())
    .bind(&buyer.seat)
    .bind(&buyer.advertiser)
    .bind(sightings.first.0)
    .bind(sightings.last.0)
    .bind(whole(sightings.bids))
    .execute(&mut *connection)
    .await?;
    Ok(())
}

fn buyer(
    (partnership, seat, advertiser, first, last, bids): Row,
) -> Result<(Buyer, Sightings), BuyersError> {
    let partnership =
        partnership.parse().map_err(|_error| BuyersError::Corrupt("the partnership of a buyer"))?;
    let bids = u64::try_from(bids).map_err(|_negative| BuyersError::Corrupt("a count of bids"))?;
    let sightings = Sightings { first: UnixMillis(first), last: UnixMillis(last), bids };
    Ok((Buyer { partnership, seat, advertiser }, sightings))
}

fn whole(bids: u64) -> i64 {
    i64::try_from(bids).unwrap_or(i64::MAX)
}
