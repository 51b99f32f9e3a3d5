//! Memory with a bound: the latest of something, what was seen before, and how much just now.

use serde::Serialize;
use std::collections::{HashSet, VecDeque};

/// The latest of something, oldest first.
#[derive(Clone, Debug)]
pub struct Latest<T> {
    items: VecDeque<T>,
    count_max: usize,
}

impl<T> Latest<T> {
    /// Keeps at most this many.
    pub fn new(count_max: usize) -> Self {
        Self { items: VecDeque::new(), count_max }
    }

    /// Keeps the item; the oldest goes when there are too many, and is returned.
    pub fn push(&mut self, item: T) -> Option<T> {
        self.items.push_back(item);
        if self.items.len() > self.count_max { self.items.pop_front() } else { None }
    }

    /// Takes out the items of which that is so, oldest first.
    pub fn take(&mut self, is_taken: impl Fn(&T) -> bool) -> Vec<T> {
        let (taken, left) = std::mem::take(&mut self.items).into_iter().partition(is_taken);
        self.items = left;
        Vec::from(taken)
    }

    /// Iterates from the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }
}

/// What was seen before. The oldest are forgotten first.
#[derive(Clone, Debug)]
pub struct Known {
    set: HashSet<String>,
    order: Latest<String>,
}

impl Known {
    /// Remembers at most this many.
    pub fn new(count_max: usize) -> Self {
        Self { set: HashSet::new(), order: Latest::new(count_max) }
    }

    /// Remembers the text and returns whether it is new. Only the first 128 characters count.
    pub fn insert(&mut self, text: &str) -> bool {
        let text: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
        if !self.set.insert(text.clone()) {
            return false;
        }
        if self.set.len() > self.order.count_max
            && let Some(oldest) = self.order.items.front()
        {
            self.set.remove(oldest);
        }
        self.order.push(text);
        true
    }

    /// Forgets the text.
    pub fn remove(&mut self, text: &str) {
        let text: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
        if self.set.remove(&text) {
            self.order.take(|known| *known == text);
        }
    }

    /// Returns whether the text was seen.
    pub fn contains(&self, text: &str) -> bool {
        let text: String = text.chars().take(TEXT_CHARACTERS_MAX).collect();
        self.set.contains(&text)
    }

    /// Returns how many are remembered.
    pub fn count(&self) -> usize {
        self.set.len()
    }

    /// Iterates from the oldest to the newest.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }
}

/// How much came in the last ten seconds, the current one included.
#[derive(Clone, Debug, Default)]
pub struct JustNow {
    seconds: VecDeque<(i64, Count)>,
}

/// How many there were, and how many of these carried personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All.
    pub all: u64,
    /// Those with personal data.
    pub personal: u64,
}

impl JustNow {
    /// Adds what came at this time, in milliseconds since 1970.
    pub fn add(&mut self, at_ms: i64, count: Count) {
        let second = at_ms.div_euclid(1000);
        match self.seconds.back_mut() {
            Some((last, sum)) if *last >= second => {
                sum.all += count.all;
                sum.personal += count.personal;
            }
            _ => self.seconds.push_back((second, count)),
        }
        self.seconds.retain(|(then, _)| *then > second - SECONDS);
    }

    /// Returns the sum of the last ten seconds.
    pub fn sum(&self, now_ms: i64) -> Count {
        let from = now_ms.div_euclid(1000) - SECONDS;
        let recent = self.seconds.iter().filter(|(second, _)| *second > from);
        recent.fold(Count::default(), |sum, (_, count)| Count {
            all: sum.all + count.all,
            personal: sum.personal + count.personal,
        })
    }
}

const SECONDS: i64 = 10;
pub(crate) const TEXT_CHARACTERS_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut known = Known::new(2);
        assert!(known.insert("a") && known.insert("b") && !known.insert("a"));
        assert!(known.insert("c"));
        assert_eq!(known.iter().collect::<Vec<_>>(), ["b", "c"]);
        assert!(known.insert("a"));
        assert_eq!(known.count(), 2);
    }

    #[test]
    fn what_is_taken_out_is_gone_and_leaves_its_room() {
        let mut known = Known::new(2);
        known.insert("a");
        known.insert("b");
        known.remove("a");
        assert!(!known.contains("a") && known.insert("c"));
        assert_eq!(known.iter().collect::<Vec<_>>(), ["b", "c"]);
        let mut latest = Latest::new(3);
        assert_eq!((1..=4).filter_map(|number| latest.push(number)).collect::<Vec<_>>(), [1]);
        assert_eq!(latest.take(|number| *number != 3), [2, 4]);
        assert_eq!(latest.iter().collect::<Vec<_>>(), [&3]);
    }

    #[test]
    fn only_the_last_ten_seconds_are_just_now() {
        let mut just_now = JustNow::default();
        just_now.add(0, Count { all: 1, personal: 1 });
        just_now.add(999, Count { all: 1, personal: 0 });
        just_now.add(5_000, Count { all: 2, personal: 2 });
        assert_eq!(just_now.sum(9_999), Count { all: 4, personal: 3 });
        assert_eq!(just_now.sum(10_000), Count { all: 2, personal: 2 });
        assert_eq!(just_now.sum(20_000), Count::default());
    }
}
