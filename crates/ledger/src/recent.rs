//! A map of bounded size that forgets what was not asked for lately.

use crate::hashed::Hashed;
use std::hash::Hash;

/// Two generations: what is found in the older one moves to the younger, and when that is full the older
/// one is forgotten. So what was used among the last `max / 2` uses is there, and there is never more than
/// `max`.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    half: usize,
    young: Hashed<K, V>,
    old: Hashed<K, V>,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        Self { half: (max / 2).max(1), young: Hashed::default(), old: Hashed::default() }
    }

    pub(crate) fn find(&mut self, key: &K) -> Option<&V> {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.insert(key, value);
        }
        self.young.get(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_there_is_never_more_than_the_limit() {
        let mut recent = Recent::new(8);
        for number in 0..1000 {
            recent.insert(number, number);
            assert_eq!(recent.find(&0), Some(&0));
            assert!(recent.young.len() + recent.old.len() <= 8);
        }
        assert_eq!(recent.find(&999), Some(&999));
        assert_eq!(recent.find(&500), None);
        recent.remove(&999);
        assert_eq!(recent.find(&999), None);
    }
}
