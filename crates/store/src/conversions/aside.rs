//! Bodies of conversions that cannot be moved into their tables: they do not read back, or the tables refuse them.
//!
//! Such a body is kept as it is, with the reason, so that those behind it go on. What became of its conversions then finds
//! them nowhere, and is kept beside it. An erasure takes out what is of the person. A body that does not read back is
//! searched for the digests that name the person, and goes as a whole where it has one of them; where the
//! damage hit just these nobody can tell whose it is, so nothing is kept here for ever.

use super::{body::Body, failed, natural};
use crate::{StoreError, many::ask};
use sluicegate_measurement::lookup::{ConversionId, ConversionsError, Settled, Whose};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Why what became of conversions is set aside that are set aside themselves.
pub(super) const WITHOUT_CONVERSIONS: &str = "its conversions are not in their table";

/// Returns why a body is to be set aside; none where what failed is not the body's fault.
pub(crate) fn why(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Corrupt(_) | StoreError::Damaged(_) => Some(error.to_string()),
        StoreError::Sqlite(error) => {
            let error = error.as_database_error()?;
            let code: i32 = error.code()?.parse().ok()?;
            // The lowest byte of a code says what it is, the others are details.
            let is_refused = REFUSALS.contains(&(code & 0xff));
            is_refused.then(|| format!("the tables refuse it: {}", error.message()))
        }
        StoreError::Closed | StoreError::Commit => None,
    }
}

/// What the database says of values: too big, against a constraint, of another type.
const REFUSALS: [i32; 3] = [18, 19, 20];

/// Sets a body aside.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    number: i64,
    why: &str,
    blob: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO conversion_set_aside (number, why, body) VALUES (?1, ?2, ?3)")
        .bind(number)
        .bind(why)
        .bind(blob)
        .execute(connection)
        .await?;
    Ok(())
}

/// What is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Something,
}

/// Returns whether anything is set aside.
pub(super) async fn found(connection: &mut SqliteConnection) -> Result<Found, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM conversion_set_aside)";
    let is_any: bool = sqlx::query_scalar(sql).fetch_one(connection).await?;
    Ok(if is_any { Found::Something } else { Found::Nothing })
}

/// Returns how many bodies are set aside.
pub(super) async fn count(readers: &SqlitePool) -> Result<u64, ConversionsError> {
    let sql = "SELECT count(*) FROM conversion_set_aside";
    natural(sqlx::query_scalar(sql).fetch_one(readers).await.map_err(failed)?)
}

/// Divides what became of conversions into what finds them, and claims that do not.
pub(super) async fn divided(
    connection: &mut SqliteConnection,
    settled: Vec<Settled>,
) -> Result<[Vec<Settled>; 2], StoreError> {
    let claimed = settled.iter().filter(|one| one.claim.is_some());
    let claimed: Vec<ConversionId> = claimed.map(|one| one.conversion).collect();
    let sql = (
        "WITH asked (id) AS (",
        ") SELECT conversion.id FROM asked CROSS JOIN conversion ON conversion.id = asked.id",
    );
    let found: Vec<(Vec<u8>,)> = ask(connection, sql, &claimed, |row, id| {
        row.push_bind(id.0.to_vec());
        Ok(())
    })
    .await?;
    let found: HashSet<Vec<u8>> = found.into_iter().map(|(id,)| id).collect();
    let finds = |one: &Settled| one.claim.is_none() || found.contains(one.conversion.0.as_slice());
    let (finding, missing) = settled.into_iter().partition(finds);
    Ok([finding, missing])
}

/// Who is erased, as bodies name them.
#[derive(Debug)]
pub(super) struct Gone<'e> {
    pub(super) people: &'e [Whose],
    pub(super) aliases: &'e BTreeSet<[u8; 16]>,
    /// Digests among those in totals, and what stands in their place.
    pub(super) left_out: &'e [([u8; 16], [u8; 16])],
}

/// Erases a person from what is set aside. Returns how many conversions were.
pub(super) async fn erase(
    connection: &mut SqliteConnection,
    gone: &Gone<'_>,
) -> Result<u64, StoreError> {
    let sql = "SELECT id FROM conversion_set_aside ORDER BY id";
    let ids: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await?;
    let mut claimed = HashSet::new();
    for id in &ids {
        if let Ok(body) = Body::read(&blob(connection, *id).await?) {
            claimed.extend(gone.claimed(&body));
        }
    }
    let mut conversions = 0;
    for id in ids {
        let kept = blob(connection, id).await?;
        let left = match Body::read(&kept) {
            Ok(body) => {
                let (left, erased) = gone.taken_out(body.clone(), &claimed);
                conversions += erased;
                if left == body {
                    continue;
                }
                (!left.is_empty()).then(|| left.write())
            }
            Err(_damage) if gone.is_named_in(&kept) => None,
            Err(_damage) => continue,
        };
        let sql = match left {
            Some(_) => "UPDATE conversion_set_aside SET body = ?2 WHERE id = ?1",
            None => "DELETE FROM conversion_set_aside WHERE id = ?1",
        };
        sqlx::query(sql).bind(id).bind(left).execute(&mut *connection).await?;
    }
    Ok(conversions)
}

/// One at a time: together they may be many MB.
async fn blob(connection: &mut SqliteConnection, id: i64) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT body FROM conversion_set_aside WHERE id = ?1";
    Ok(sqlx::query_scalar(sql).bind(id).fetch_one(connection).await?)
}

impl Gone<'_> {
    /// Returns the conversions that were credited to the person.
    fn claimed(&self, body: &Body) -> Vec<ConversionId> {
        let settled = body.settled().iter();
        settled.filter(|one| self.is_claim_of(one)).map(|one| one.conversion).collect()
    }

    fn is_claim_of(&self, one: &Settled) -> bool {
        let mut people = one.claim.iter().flat_map(|claim| &claim.people);
        people.any(|whose| self.people.contains(whose))
    }

    /// Returns a body without what is of the person, and how many conversions it has less.
    fn taken_out(&self, body: Body, claimed: &HashSet<ConversionId>) -> (Body, u64) {
        match body {
            Body::Entered(by, mut new) => {
                let before = new.len();
                new.retain(|one| {
                    !self.aliases.contains(&one.alias.0) && !claimed.contains(&one.id)
                });
                let erased = u64::try_from(before - new.len()).unwrap_or(u64::MAX);
                (Body::Entered(by, new), erased)
            }
            Body::Settled(by, claims, mut settled) => {
                settled.retain(|one| !claimed.contains(&one.conversion));
                let instead: HashMap<_, _> = self.left_out.iter().copied().collect();
                let people = settled.iter_mut().filter_map(|one| one.left_out.as_mut());
                for person in people.flat_map(|left_out| &mut left_out.people) {
                    *person = instead.get(person).copied().unwrap_or(*person);
                }
                (Body::Settled(by, claims, settled), 0)
            }
            // What was counted names nobody.
            counted @ Body::Counted(_) => (counted, 0),
        }
    }

    /// Returns whether bytes that do not read back have a digest of the person.
    fn is_named_in(&self, bytes: &[u8]) -> bool {
        let people = self.people.iter().map(|Whose(digest)| *digest);
        let left_out = self.left_out.iter().map(|(digest, _)| *digest);
        let digests: HashSet<[u8; 16]> =
            people.chain(left_out).chain(self.aliases.iter().copied()).collect();
        bytes.windows(16).any(|part| digests.contains(part))
    }
}
