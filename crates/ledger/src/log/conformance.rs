//! The contract of [`LogStore`], run against a fresh, empty store.

use super::{LogAddition, LogEnd, LogStore, SheetRow, TileRow};
use crate::LedgerStoreError;

/// Panics where the store breaks its contract; fails where it fails.
pub async fn check(store: &dyn LogStore) -> Result<(), LedgerStoreError> {
    assert_eq!(store.log_end(u64::MAX).await?, LogEnd::default(), "nothing yet");
    assert_eq!(store.checkpoint().await?, None);
    assert_eq!(store.cosigned(u64::MAX).await?, None);
    store.extend_log(addition(Vec::new(), Vec::new(), "empty")).await?;
    assert_eq!(store.checkpoint().await?.as_deref(), Some("empty"));
    assert_eq!(store.log_end(u64::MAX).await?, LogEnd::default());
    a_log_grows(store).await?;
    what_was_signed_anew_is_found(store).await?;
    cosigned_notes_are_found(store).await
}

#[expect(clippy::cognitive_complexity, reason = "one story, told in order")]
async fn a_log_grows(store: &dyn LogStore) -> Result<(), LedgerStoreError> {
    let sheets = vec![sheet(0, 1, 4), sheet(1, 5, 5)];
    store.extend_log(addition(sheets.clone(), vec![tile(0, 0, 2)], "two")).await?;
    assert_eq!(store.checkpoint().await?.as_deref(), Some("two"));
    let end = LogEnd { size: 2, last_pack: 5, edge: vec![vec![7; 64]] };
    assert_eq!(store.log_end(u64::MAX).await?, end);
    let bounded = LogEnd { size: 1, last_pack: 4, edge: vec![vec![7; 64]] };
    assert_eq!(store.log_end(1).await?, bounded, "what is beyond is passed over");
    assert_eq!(store.log_end(0).await?.size, 0);
    assert_eq!(store.sheets(0, 9).await?, sheets);
    assert_eq!(store.sheets(1, 9).await?, sheets.get(1..).unwrap_or_default());
    assert_eq!(store.sheets(0, 1).await?, sheets.get(..1).unwrap_or_default());
    assert_eq!(store.sheets(2, 1).await?, []);
    let again = SheetRow { marks: vec![4; 8], ..sheet(0, 1, 4) };
    store.extend_log(addition(vec![again.clone()], Vec::new(), "two")).await?;
    assert_eq!(store.sheets(0, 1).await?, [again], "in place of what was kept");
    assert_eq!(store.log_end(u64::MAX).await?, end);
    assert_eq!(store.tile(0, 0).await?, Some(vec![7; 64]));
    assert_eq!(store.tile(0, 1).await?, None);
    assert_eq!(store.tile(1, 0).await?, None);
    let many = (2..258).map(|number| sheet(number, number + 10, number + 10)).collect();
    let grown = vec![tile(0, 0, 256), tile(0, 1, 2), tile(1, 0, 1)];
    store.extend_log(addition(many, grown, "many")).await?;
    let end = LogEnd { size: 258, last_pack: 267, edge: vec![vec![7; 64], vec![7; 32]] };
    assert_eq!(store.log_end(u64::MAX).await?, end, "the last tile of each level");
    assert_eq!(store.tile(0, 0).await?.map(|hashes| hashes.len()), Some(8192), "as it grew");
    let full = (258..512).map(|number| sheet(number, number + 10, number + 10)).collect();
    let grown = vec![tile(0, 1, 256), tile(1, 0, 2)];
    store.extend_log(addition(full, grown, "full")).await?;
    let end = LogEnd { size: 512, last_pack: 521, edge: vec![Vec::new(), vec![7; 64]] };
    assert_eq!(
        store.log_end(u64::MAX).await?,
        end,
        "a level whose last tile is full has nothing at its end"
    );
    assert_eq!(store.sheets(500, 100).await?.len(), 12);
    Ok(())
}

async fn what_was_signed_anew_is_found(store: &dyn LogStore) -> Result<(), LedgerStoreError> {
    assert!(store.signed_anew().await?.is_empty());
    for entries in [9, 0, 9] {
        store.keep_signed_anew(entries).await?;
    }
    assert_eq!(store.signed_anew().await?, [0, 9], "each once");
    Ok(())
}

async fn cosigned_notes_are_found(store: &dyn LogStore) -> Result<(), LedgerStoreError> {
    store.keep_cosigned(7, "seven".to_owned()).await?;
    store.keep_cosigned(5, "five".to_owned()).await?;
    store.keep_cosigned(7, "seven again".to_owned()).await?;
    assert_eq!(store.cosigned(5).await?.as_deref(), Some("five"));
    assert_eq!(store.cosigned(6).await?.as_deref(), Some("five"));
    assert_eq!(store.cosigned(4).await?, None);
    assert_eq!(store.cosigned(u64::MAX).await?.as_deref(), Some("seven again"), "the latest");
    Ok(())
}

fn addition(sheets: Vec<SheetRow>, tiles: Vec<TileRow>, checkpoint: &str) -> LogAddition {
    LogAddition { sheets, tiles, checkpoint: checkpoint.to_owned() }
}

fn sheet(sheet: u64, first: u64, last: u64) -> SheetRow {
    SheetRow { sheet, first, last, entry: vec![1, 2], marks: vec![3; 8] }
}

fn tile(level: u8, number: u64, hashes: usize) -> TileRow {
    TileRow { level, number, hashes: vec![7; hashes * 32] }
}
