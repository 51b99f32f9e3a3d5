//! Which events were withheld from a partnership: one bit for each, in blocks of [`BLOCK`] positions, of which only
//! those are kept in which something was withheld. It is asked when events are replayed.

use super::{integer, natural};
use crate::StoreError;
use sluicegate_gate::PartnershipId;
use sluicegate_measurement::{Position, Unnoted};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// Positions of a block.
const BLOCK: u64 = 1_024;
/// Bytes of a block.
const BYTES: usize = 128;

/// Keeps that these were withheld. Again, nothing changes.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    partnership: &PartnershipId,
    unnoted: &Unnoted,
) -> Result<(), StoreError> {
    let mut blocks: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for position in unnoted.positions() {
        let bits = blocks.entry(position.0 / BLOCK).or_insert_with(|| vec![0; BYTES]);
        set(bits, position.0 % BLOCK);
    }
    for (block, mut bits) in blocks {
        let sql = "SELECT bits FROM exposure_withheld WHERE partnership = ?1 AND block = ?2";
        let before: Option<Vec<u8>> = sqlx::query_scalar(sql)
            .bind(partnership.as_str())
            .bind(integer(block))
            .fetch_optional(&mut *connection)
            .await?;
        for (bits, before) in bits.iter_mut().zip(before.into_iter().flatten()) {
            *bits |= before;
        }
        let sql = "INSERT OR REPLACE INTO exposure_withheld (partnership, block, bits) VALUES (?1, ?2, ?3)";
        sqlx::query(sql)
            .bind(partnership.as_str())
            .bind(integer(block))
            .bind(bits)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Returns which events of a range were withheld.
pub(super) async fn read(
    readers: &SqlitePool,
    partnership: &PartnershipId,
    from: Position,
    until: Position,
) -> Result<Vec<Position>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT block, bits FROM exposure_withheld
         WHERE partnership = ?1 AND block >= ?2 AND block <= ?3 ORDER BY block",
    )
    .bind(partnership.as_str())
    .bind(integer(from.0 / BLOCK))
    .bind(integer(until.0 / BLOCK))
    .fetch_all(readers)
    .await?;
    let mut positions = Vec::new();
    for (block, bits) in rows {
        let block = natural(block)
            .map_err(|_negative| StoreError::Corrupt("a block of what was withheld"))?;
        let here = (0..BLOCK).filter(|offset| is_set(&bits, *offset));
        let here = here.map(|offset| Position(block * BLOCK + offset));
        positions.extend(here.filter(|position| (from..until).contains(position)));
    }
    Ok(positions)
}

/// Forgets blocks whose events were trimmed.
pub(super) const OLD: &str = "DELETE FROM exposure_withheld WHERE (partnership, block) IN (
    SELECT partnership, block FROM exposure_withheld WHERE block < ?1 ORDER BY block LIMIT ?2)";

/// Returns the block that a position is in.
pub(super) fn block_of(position: Position) -> i64 {
    integer(position.0 / BLOCK)
}

fn set(bits: &mut [u8], offset: u64) {
    let at = usize::try_from(offset / 8).ok();
    if let Some(byte) = at.and_then(|at| bits.get_mut(at)) {
        *byte |= 1 << (offset % 8);
    }
}

fn is_set(bits: &[u8], offset: u64) -> bool {
    let at = usize::try_from(offset / 8).ok();
    at.and_then(|at| bits.get(at)).is_some_and(|byte| byte & (1 << (offset % 8)) != 0)
}
