//! Every edition that there was. What was read once is kept in memory, as far as there is room: editions never
//! change.

use crate::problem::{Kind, Problem};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use sluicegate_register::{Current, Edition, EditionStore, EditionStoreError, EditionSummary};
use std::{collections::BTreeMap, sync::Arc};

/// Editions in memory at most; beyond that the earliest goes.
const KEPT_MAX: usize = 64;

/// Reads editions.
#[derive(Debug)]
pub(crate) struct Archive {
    editions: Arc<dyn EditionStore>,
    current: Arc<Current>,
    kept: Mutex<BTreeMap<u32, Arc<Edition>>>,
    /// All editions in short, up to the one in force when they were read, with its number.
    listed: Mutex<(u32, Arc<[EditionSummary]>)>,
}

/// It could not be read; why has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotRead;

impl IntoResponse for NotRead {
    fn into_response(self) -> Response {
        Problem::new(Kind::Unavailable, "the editions cannot be read now").into_response()
    }
}

impl Archive {
    /// Nothing is in memory yet.
    pub(crate) fn new(editions: Arc<dyn EditionStore>, current: Arc<Current>) -> Self {
        Self { editions, current, kept: Mutex::default(), listed: Mutex::default() }
    }

    /// Returns the edition of that number.
    pub(crate) async fn edition(&self, number: u32) -> Result<Option<Arc<Edition>>, NotRead> {
        if let Some(current) = self.current.load().filter(|edition| edition.number() == number) {
            return Ok(Some(current));
        }
        if let Some(kept) = self.kept.lock().get(&number) {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some(read) = self.editions.get(number).await.map_err(|error| logged(&error))? else {
            return Ok(None);
        };
        let edition = Arc::new(read);
        let mut kept = self.kept.lock();
        kept.insert(number, Arc::clone(&edition));
        if kept.len() > KEPT_MAX {
            kept.pop_first();
        }
        Ok(Some(edition))
    }

    /// Returns the edition that an address names.
    pub(crate) async fn named(&self, name: &str) -> Result<Option<Arc<Edition>>, NotRead> {
        match number(name) {
            Some(number) => self.edition(number).await,
            None => Ok(None),
        }
    }

    /// Returns all editions in short, the latest first, up to the one in force.
    pub(crate) async fn list(&self) -> Result<Arc<[EditionSummary]>, NotRead> {
        let in_force = self.current.load().map_or(0, |edition| edition.number());
        let (until, listed) = self.listed.lock().clone();
        if until == in_force {
            return Ok(listed);
        }
        let mut all = self.editions.list().await.map_err(|error| logged(&error))?;
        all.retain(|edition| edition.number <= in_force);
        all.reverse();
        let all: Arc<[EditionSummary]> = all.into();
        *self.listed.lock() = (in_force, Arc::clone(&all));
        Ok(all)
    }
}

fn logged(error: &EditionStoreError) -> NotRead {
    tracing::error!(error = %error, "an edition could not be read for a page");
    NotRead
}

/// Reads an edition's number as addresses have it: digits alone, without a zero before.
pub(crate) fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn an_edition_has_one_address() {
        assert_eq!(number("12"), Some(12));
        for wrong in ["", "0", "-1", "+1", "01", "1.0", "one", "99999999999"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
