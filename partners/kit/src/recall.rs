//! Messages that call back what was told, and what is kept so that it can be forgotten then.

use crate::memory::{Latest, TEXT_CHARACTERS_MAX};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// What the platform says of disclosures, by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recall {
    /// Everything that came with them is to be forgotten, and what was made of it.
    Forget(BTreeSet<String>),
    /// The demographics that came with them are wrong, and no longer to be used.
    Correct(BTreeSet<String>),
}

impl Recall {
    /// Reads a message; nothing where it is none of these.
    pub fn read(body: &[u8]) -> Option<Self> {
        let message: Value = serde_json::from_slice(body).ok()?;
        let listed = message.pointer("/data/disclosure_ids")?.as_array()?;
        let ids: Option<BTreeSet<String>> =
            listed.iter().map(|id| id.as_str().map(str::to_owned)).collect();
        match message.get("type")?.as_str()? {
            "disclosure.recalled" => Some(Self::Forget(ids?)),
            "disclosure.corrected" => Some(Self::Correct(ids?)),
            _ => None,
        }
    }
}

/// Which ids of devices and people came with which disclosures, the latest of them.
#[derive(Debug)]
pub struct Disclosures {
    told: Latest<Told>,
    /// How many of them each id came with.
    times: HashMap<String, usize>,
}

#[derive(Debug)]
struct Told {
    disclosure: String,
    ids: Vec<String>,
}

impl Disclosures {
    /// Remembers at most this many.
    pub fn new(count_max: usize) -> Self {
        Self { told: Latest::new(count_max), times: HashMap::new() }
    }

    /// Remembers what came with a disclosure, of each id the first 128 characters. Returns the ids that came with the oldest
    /// alone, where there is no room for it any more: what cannot be called back must not be kept.
    #[must_use]
    pub fn add<'a>(
        &mut self,
        disclosure: &str,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Vec<String> {
        let ids: Vec<String> = ids.into_iter().map(cut).collect();
        for id in &ids {
            *self.times.entry(id.clone()).or_default() += 1;
        }
        let oldest = self.told.push(Told { disclosure: cut(disclosure), ids });
        let mut ids = oldest.map(|told| told.ids).unwrap_or_default();
        ids.retain(|id| self.is_last(id));
        ids
    }

    /// Forgets these disclosures, and returns the ids that came with them.
    #[must_use]
    pub fn take(&mut self, disclosures: &BTreeSet<String>) -> Vec<String> {
        let taken = self.told.take(|told| disclosures.contains(&told.disclosure));
        let ids: Vec<String> = taken.into_iter().flat_map(|told| told.ids).collect();
        for id in &ids {
            self.is_last(id);
        }
        ids
    }

    /// Takes one of the times that an id came, and returns whether it was the last.
    fn is_last(&mut self, id: &str) -> bool {
        let Some(times) = self.times.get_mut(id) else { return false };
        *times -= 1;
        let is_last = *times == 0;
        if is_last {
            self.times.remove(id);
        }
        is_last
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(of: &[&str]) -> BTreeSet<String> {
        of.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn a_message_says_which_disclosures_are_called_back_and_why() {
        let message = |kind: &str| {
            format!(r#"{{"type":"{kind}","data":{{"disclosure_ids":["d-1","d-2"]}}}}"#)
        };
        let of = |kind: &str| Recall::read(message(kind).as_bytes());
        assert_eq!(of("disclosure.recalled"), Some(Recall::Forget(ids(&["d-1", "d-2"]))));
        assert_eq!(of("disclosure.corrected"), Some(Recall::Correct(ids(&["d-1", "d-2"]))));
        assert_eq!(of("ad_exposure.batch"), None);
        for body in ["", "{}", r#"{"type":"disclosure.recalled","data":{"disclosure_ids":[7]}}"#] {
            assert_eq!(Recall::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn what_came_with_a_disclosure_is_found_once_and_the_oldest_makes_room() {
        let mut disclosures = Disclosures::new(2);
        assert!(disclosures.add("d-1", ["one"]).is_empty());
        assert!(disclosures.add("d-2", ["two", "three"]).is_empty());
        assert_eq!(disclosures.add("d-3", ["four"]), ["one"]);
        assert_eq!(disclosures.take(&ids(&["d-1", "d-2"])), ["two", "three"]);
        assert!(disclosures.take(&ids(&["d-2"])).is_empty());
        assert!(disclosures.add("d-4", ["four"]).is_empty());
        assert!(disclosures.add("d-5", ["five"]).is_empty(), "`four` came with another one, too");
        assert_eq!(disclosures.add("d-6", ["five"]), ["four"]);
    }
}
