//! Languages and interests that the platform noted of an account, for its own use: nothing of them has a way to
//! a partner.
//!
//! The platform writes each list whole. What the person switched off stays on the list and is marked, so that
//! the platform sees the choice; what the person removed is not taken in again.

use serde::{Deserialize, Serialize};
use sluicegate_gate::{Source, time::UnixMillis};
use std::{collections::BTreeSet, fmt};

/// How many languages, and how many interests, are kept of an account; what comes after is dropped.
pub const NOTED_MAX: usize = 64;
/// Longest name of a language or an interest, in bytes.
pub const NOTED_NAME_BYTES_MAX: usize = 128;

/// One language or interest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Its name: of a language, its tag.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// Since when, without a break.
    pub since: UnixMillis,
    /// Whether the person switched it off.
    #[serde(default)]
    pub disabled: bool,
}

/// All of one kind.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotedList {
    noted: Vec<Noted>,
    removed: BTreeSet<String>,
}

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotedKind {
    /// Languages.
    Language,
    /// Interests.
    Interest,
}

/// What the person does to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotedAct {
    /// Keeps it from being used.
    Disable,
    /// Lets it be used again.
    Enable,
    /// Removes it for good.
    Remove,
}

/// A person's edit of one language or interest. `Debug` leaves out which.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotedEdit {
    /// Of which list.
    pub kind: NotedKind,
    /// Which.
    pub name: String,
    /// What.
    pub act: NotedAct,
}

impl NotedList {
    /// Iterates over what is noted, in the order in which the platform wrote it.
    pub fn iter(&self) -> impl Iterator<Item = &Noted> {
        self.noted.iter()
    }

    /// Returns what the person removed, by name.
    pub fn removed(&self) -> &BTreeSet<String> {
        &self.removed
    }

    pub(crate) fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in a whole list. What was there before keeps its beginning and its choice.
    pub(crate) fn write(&mut self, names: &[(String, Source)], at: UnixMillis) {
        let before = std::mem::take(&mut self.noted);
        for (name, source) in names {
            let is_known = self.noted.iter().any(|noted| noted.name == *name);
            if is_known || self.removed.contains(name) || self.noted.len() >= NOTED_MAX {
                continue;
            }
            let old = before.iter().find(|noted| noted.name == *name);
            self.noted.push(Noted {
                name: name.clone(),
                source: *source,
                since: old.filter(|old| old.source == *source).map_or(at, |old| old.since),
                disabled: old.is_some_and(|old| old.disabled),
            });
        }
    }

    /// Carries out an edit. Of what is not noted, nothing changes.
    pub(crate) fn edit(&mut self, name: &str, act: NotedAct) {
        let Some(place) = self.noted.iter().position(|noted| noted.name == name) else { return };
        match act {
            NotedAct::Disable | NotedAct::Enable => {
                if let Some(noted) = self.noted.get_mut(place) {
                    noted.disabled = act == NotedAct::Disable;
                }
            }
            NotedAct::Remove => {
                self.removed.insert(self.noted.remove(place).name);
            }
        }
    }
}

impl fmt::Debug for Noted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Noted([personal])")
    }
}

impl fmt::Debug for NotedList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NotedList([personal])")
    }
}

impl fmt::Debug for NotedEdit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NotedEdit({:?}, [personal], {:?})", self.kind, self.act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<(String, Source)> {
        names.iter().map(|name| ((*name).to_owned(), Source::Inferred)).collect()
    }

    fn kept(list: &NotedList) -> Vec<(&str, i64, bool)> {
        list.iter().map(|noted| (noted.name.as_str(), noted.since.0, noted.disabled)).collect()
    }

    #[test]
    fn what_the_person_switched_off_stays_marked_and_what_they_removed_stays_away() {
        let mut list = NotedList::default();
        list.write(&names(&["hiking", "chess", "cooking"]), UnixMillis(1));
        list.edit("chess", NotedAct::Disable);
        list.edit("cooking", NotedAct::Remove);
        list.edit("nothing", NotedAct::Remove);
        list.write(&names(&["chess", "cooking", "chess", "jazz"]), UnixMillis(2));
        assert_eq!(kept(&list), [("chess", 1, true), ("jazz", 2, false)]);
        list.edit("chess", NotedAct::Enable);
        assert_eq!(kept(&list)[0], ("chess", 1, false));
        assert!(list.removed().contains("cooking") && list.removed().len() == 1);
    }

    #[test]
    fn a_list_has_an_end() {
        let many: Vec<String> = (0..NOTED_MAX + 5).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut list = NotedList::default();
        list.write(&names(&many), UnixMillis(1));
        assert_eq!(list.iter().count(), NOTED_MAX);
    }
}
