//! Deleting what is old, some of it at a time. What is deleted is zeroed, which takes as long as writing it did; and
//! whatever else is written waits for the job that does it, choices of people too.

use crate::{Sqlite, StoreError};

/// Small rows that are deleted in one job.
pub(crate) const ROWS_MAX: i64 = 500;

impl Sqlite {
    /// Deletes rows until there are no more, so many in one job. The statement takes what they are older than as its
    /// first parameter and that number as its second; each job is a transaction.
    pub(crate) async fn sweep(
        &self,
        sql: &'static str,
        before: i64,
        rows_max: i64,
    ) -> Result<(), StoreError> {
        loop {
            let some = self.write(move |connection| {
                Box::pin(async move {
                    let query = sqlx::query(sql).bind(before).bind(rows_max);
                    Ok(query.execute(connection).await?.rows_affected())
                })
            });
            if some.await? < rows_max.cast_unsigned() {
                return Ok(());
            }
        }
    }
}
