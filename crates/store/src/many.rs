//! Statements of many rows. The database runs on a thread of its own, and each way there and back costs more than
//! a row does: what is asked or written of many things goes there with few statements.

use crate::StoreError;
use sqlx::{FromRow, QueryBuilder, SqliteConnection, sqlite::SqliteRow};

/// A statement while it is put together.
pub(crate) type Statement = QueryBuilder<sqlx::Sqlite>;

/// All columns of one row, pushed in the order of the statement's head.
pub(crate) type Row<'q> = sqlx::query_builder::Separated<'q, sqlx::Sqlite, &'static str>;

/// Rows in one statement: the most of these that there are. Each size is prepared once and kept.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// Divides rows into statements' worth.
fn portions<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    let next = move || {
        let (now, later) = SIZES.iter().find_map(|size| rest.split_at_checked(*size))?;
        rest = later;
        Some(now)
    };
    std::iter::from_fn(next)
}

fn statement<T>(
    (head, tail): (&'static str, &'static str),
    rows: &[T],
    push: &mut impl FnMut(&mut Row<'_>, &T) -> Result<(), StoreError>,
) -> Result<Statement, StoreError> {
    let mut statement = Statement::new(head);
    let mut fault = Ok(());
    statement.push_values(rows, |mut row, item| {
        if let Err(error) = push(&mut row, item) {
            fault = Err(error);
        }
    });
    fault?;
    statement.push(tail);
    Ok(statement)
}

/// Runs `head VALUES (…), (…) tail` for all rows.
pub(crate) async fn insert<T>(
    connection: &mut SqliteConnection,
    sql: (&'static str, &'static str),
    rows: &[T],
    mut push: impl FnMut(&mut Row<'_>, &T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for some in portions(rows) {
        statement(sql, some, &mut push)?.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Runs `head VALUES (…), (…) tail` for all rows and returns what comes of it, in the order in which the database
/// says it.
pub(crate) async fn ask<T, R>(
    connection: &mut SqliteConnection,
    sql: (&'static str, &'static str),
    rows: &[T],
    mut push: impl FnMut(&mut Row<'_>, &T) -> Result<(), StoreError>,
) -> Result<Vec<R>, StoreError>
where
    R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let mut answers = Vec::with_capacity(rows.len());
    for some in portions(rows) {
        let mut statement = statement(sql, some, &mut push)?;
        answers.extend(statement.build_query_as::<R>().fetch_all(&mut *connection).await?);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_statement_of_few_sizes() {
        for count in 0..700 {
            let rows: Vec<usize> = (0..count).collect();
            let portions: Vec<&[usize]> = portions(&rows).collect();
            assert_eq!(portions.concat(), rows);
            assert!(portions.iter().all(|some| SIZES.contains(&some.len())));
            assert!(portions.len() <= 10, "{count} rows take {}", portions.len());
        }
    }
}
