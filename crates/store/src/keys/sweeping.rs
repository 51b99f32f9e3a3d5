//! Clearing what rows left in pages that they are not in any more.
//!
//! `secure_delete` overwrites a row where it stands when it is deleted. It does not reach copies: when `SQLite` divides a
//! page among several it moves rows, and leaves their bytes where they were, between the pointers to the rows of
//! the page and the first of them (3.51, `rebuildPage`). Such a copy stays until the page is filled again, and a row that is
//! deleted later is deleted elsewhere. So before an erasure counts as finished this gap is cleared in every page of the file.
//!
//! It is done past `SQLite`, which has no order for it, by its published format ("Database File Format", 1.6), a
//! piece of the file at a time: whoever needs a key meanwhile has a turn. While a piece is cleared the log is empty, nobody
//! can write, and only bytes change that belong to nothing: a crash leaves some of them as they were. Afterwards another
//! connection commits something, so that ours reads all pages anew: it would write what it still holds.

use super::{BUSY, KeyFile, opened};
use crate::{StoreError, checkpoint};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::{
    fs::File,
    io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::Path,
    sync::Arc,
    time::Duration,
};

/// Bytes that are looked at before somebody else has a turn: whole pages of any size.
const PIECE: u64 = 4 * 1024 * 1024;
/// How often the file is swept at most, while keys are destroyed all the time.
const PASSES_MAX: usize = 8;
/// Pages of a file at most, at 4 KiB some 128 GiB: from there on the number that begins a page of another kind could be taken for
/// the kind of a page with rows.
const PAGES_MAX: u64 = 0x0200_0000;
/// Bytes before the first page's own head.
const FILE_HEAD: usize = 100;

/// Counts how often it was done: what the other connection commits.
pub(super) const SWEPT: &str = "CREATE TABLE IF NOT EXISTS swept (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    times INTEGER NOT NULL
) STRICT";

impl KeyFile {
    /// Empties the log. Fails at once while somebody else reads the file, so that nobody waits for that.
    pub(crate) async fn empty_log(&self) -> Result<(), StoreError> {
        let mut other = self.another(Duration::ZERO).await?;
        self.empty_log_by(&mut other).await?;
        drop(other.close().await);
        Ok(())
    }

    /// Clears the whole file, and its log. Of keys that were destroyed before nothing is on the disk when this returns. Fails
    /// at once while somebody else reads or writes the file.
    pub(crate) async fn sweep(&self) -> Result<(), StoreError> {
        self.sweep_by(self.another(Duration::ZERO).await?).await
    }

    /// Does it while nobody needs a key yet: then others are waited for.
    pub(super) async fn sweep_at_start(&self) -> Result<(), StoreError> {
        self.sweep_by(self.another(BUSY).await?).await
    }

    async fn another(&self, busy: Duration) -> Result<SqliteConnection, StoreError> {
        Ok(self.options.clone().busy_timeout(busy).connect().await?)
    }

    async fn empty_log_by(&self, other: &mut SqliteConnection) -> Result<(), StoreError> {
        let mut guard = self.open.lock().await;
        // Why held: while ours reads or writes there is something in the log.
        opened(&mut guard)?;
        empty_log(other).await
    }

    /// Does it again where rows were put into tables meanwhile, or taken out: `SQLite` balances pages then, and gives
    /// one the number of another, so that one that is not clear yet can come before where is swept.
    async fn sweep_by(&self, mut other: SqliteConnection) -> Result<(), StoreError> {
        // Why: merges balance most of all, and can wait.
        let unmerged = self.merging.lock().await;
        for _ in 0..PASSES_MAX {
            let before = self.balanced().await?;
            // Why first: what was destroyed is in no later page of the log, so one that is clear in the file stays so.
            self.empty_log_by(&mut other).await?;
            let mut from = 0;
            while let Some(next) = self.sweep_piece(from, &mut other).await? {
                from = next;
                // Why: whoever waits for the file goes first.
                tokio::task::yield_now().await;
            }
            if self.balanced().await? == before {
                break;
            }
        }
        drop(unmerged);
        drop(other.close().await);
        Ok(())
    }

    async fn balanced(&self) -> Result<u64, StoreError> {
        Ok(opened(&mut self.open.lock().await)?.balanced)
    }

    /// Clears the piece of the file that begins there, and returns where the next one does.
    async fn sweep_piece(
        &self,
        from: u64,
        other: &mut SqliteConnection,
    ) -> Result<Option<u64>, StoreError> {
        let mut guard = self.open.lock().await;
        opened(&mut guard)?;
        let file = Arc::clone(&self.file);
        let piece = blocking(move || Piece::read(&file, from)).await?;
        let Some(piece) = piece else { return Ok(None) };
        if piece.gaps().is_empty() {
            return Ok(Some(piece.end()));
        }
        empty_log(other).await?;
        let mut alone = other.begin_with("BEGIN IMMEDIATE").await?;
        if !is_empty(&self.log)? {
            return Err(StoreError::Commit);
        }
        let file = Arc::clone(&self.file);
        // Why again: the log was emptied into it.
        let cleared =
            blocking(move || Piece::read(&file, from)?.map(|it| it.clear(&file)).transpose());
        cleared.await?;
        let sql = "INSERT INTO swept (one, times) VALUES (1, 1) \
                   ON CONFLICT DO UPDATE SET times = times + 1";
        sqlx::query(sql).execute(&mut *alone).await?;
        alone.commit().await?;
        Ok(Some(piece.end()))
    }
}

/// Moves the log into the file and cuts it off: it holds pages as they were before.
async fn empty_log(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    if busy == 0 { Ok(()) } else { Err(checkpoint::is_read().into()) }
}

/// Does it where nobody else reads the log. Whatever is recorded waits for this, so this waits for nobody.
pub(super) async fn empty_log_unless_read(
    connection: &mut SqliteConnection,
) -> Result<(), StoreError> {
    wait(connection, Duration::ZERO).await?;
    let emptied = empty_log(connection).await;
    wait(connection, BUSY).await?;
    emptied.or_else(|error| if checkpoint::is_of_readers(&error) { Ok(()) } else { Err(error) })
}

/// Sets for how long others that use the file are waited for.
async fn wait(connection: &mut SqliteConnection, busy: Duration) -> Result<(), StoreError> {
    let sql = format!("PRAGMA busy_timeout = {}", busy.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(sql)).persistent(false).execute(connection).await?;
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_stopped| StoreError::Closed)?;
    done.map_err(|error| StoreError::Sqlite(sqlx::Error::Io(error)))
}

fn is_empty(log: &Path) -> Result<bool, StoreError> {
    match std::fs::metadata(log) {
        Ok(log) => Ok(log.len() == 0),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(StoreError::Sqlite(sqlx::Error::Io(error))),
    }
}

/// Some pages of the file.
struct Piece {
    from: u64,
    page: usize,
    bytes: Vec<u8>,
}

impl Piece {
    /// Returns none where the file ends.
    fn read(file: &File, from: u64) -> std::io::Result<Option<Self>> {
        let mut head = [0; FILE_HEAD];
        let mut reader = file;
        reader.seek(SeekFrom::Start(0))?;
        if reader.take(100).read(&mut head)? < FILE_HEAD {
            return Ok(None);
        }
        let page = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        if page < 512 || file.metadata()?.len() / u64::try_from(page).unwrap_or(1) >= PAGES_MAX {
            return Err(ErrorKind::InvalidData.into());
        }
        reader.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        reader.take(PIECE).read_to_end(&mut bytes)?;
        Ok((!bytes.is_empty()).then_some(Self { from, page, bytes }))
    }

    fn end(&self) -> u64 {
        self.from.saturating_add(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }

    /// Returns where something stands that belongs to nothing.
    fn gaps(&self) -> Vec<Range<usize>> {
        let pages = self.bytes.chunks_exact(self.page).enumerate();
        let gaps = pages.filter_map(|(number, page)| {
            let is_first = self.from == 0 && number == 0;
            let gap = gap(page, if is_first { FILE_HEAD } else { 0 })?;
            let left = page.get(gap.clone())?.iter().any(|byte| *byte != 0);
            let start = number * self.page;
            left.then_some(start + gap.start..start + gap.end)
        });
        gaps.collect()
    }

    /// Clears it, durably.
    fn clear(&self, file: &File) -> std::io::Result<()> {
        let mut writer = file;
        for gap in self.gaps() {
            let at = u64::try_from(gap.start).map_err(std::io::Error::other)?;
            writer.seek(SeekFrom::Start(self.from + at))?;
            writer.write_all(&vec![0; gap.len()])?;
        }
        file.sync_data()
    }
}

/// Returns what of a page is neither its head nor a pointer nor where rows are; none if it has no rows.
fn gap(page: &[u8], head: usize) -> Option<Range<usize>> {
    let bytes = page.get(head..)?.first_chunk::<8>()?;
    let size = match bytes[0] {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let rows = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
    let first = match u16::from_be_bytes([bytes[5], bytes[6]]) {
        0 => 65_536,
        first => usize::from(first),
    };
    let from = head + size + 2 * rows;
    (from <= first && first <= page.len()).then_some(from..first)
}
