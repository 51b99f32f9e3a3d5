//! What an outgoing object tells, as the ledger keeps it.

use crate::Category;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, sync::Arc};

/// One value that an object tells, for the ledger. `Debug` leaves the value out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// Its category.
    pub category: Category,
    /// Where it stands in the object, for example `device.ifa`.
    pub field: Cow<'static, str>,
    /// The value as text.
    pub value: String,
}

impl fmt::Debug for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} [personal]", self.category.name(), self.field)
    }
}

/// The values that an object tells. What several objects tell alike they can hold together.
#[derive(Clone, Debug, Default)]
pub struct ToldList(Vec<Arc<[Told]>>);

impl ToldList {
    /// Adds values.
    pub fn add(&mut self, values: Arc<[Told]>) {
        if !values.is_empty() {
            self.0.push(values);
        }
    }

    /// Iterates over all values.
    pub fn iter(&self) -> impl Iterator<Item = &Told> + Clone {
        self.0.iter().flat_map(|values| values.iter())
    }

    /// Iterates over the pieces that lists hold, some of them together with others.
    pub fn pieces(&self) -> impl Iterator<Item = &Arc<[Told]>> {
        self.0.iter()
    }

    /// Returns whether nothing is told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Arc<[Told]>> for ToldList {
    fn from_iter<I: IntoIterator<Item = Arc<[Told]>>>(pieces: I) -> Self {
        let mut list = Self(Vec::with_capacity(USUAL_PIECES));
        pieces.into_iter().for_each(|values| list.add(values));
        list
    }
}

impl From<Vec<Told>> for ToldList {
    fn from(values: Vec<Told>) -> Self {
        let mut list = Self::default();
        list.add(values.into());
        list
    }
}

/// Room made for the pieces of a list that is put together of several: most have less.
const USUAL_PIECES: usize = 8;
