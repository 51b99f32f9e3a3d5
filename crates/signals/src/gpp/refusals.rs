//! What the laws of the United States that are in force close, and by which of them.

use super::{UsLaw, UsRefusal};
use std::fmt;

/// What sections close, each with all laws that do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsRefusals([UsLaws; UsRefusal::ALL.len()]);

/// A set of laws. Its text is their names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UsLaws(u32);

impl UsRefusals {
    pub(super) const NONE: Self = Self([UsLaws::NONE; UsRefusal::ALL.len()]);

    /// Iterates over what is closed; each has a law at least.
    pub fn iter(&self) -> impl Iterator<Item = (UsRefusal, UsLaws)> {
        let all = UsRefusal::ALL.into_iter().zip(self.0);
        all.filter(|(_, laws)| *laws != UsLaws::NONE)
    }

    /// Returns whether nothing is closed.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn add(&mut self, refusal: UsRefusal, law: UsLaw) {
        let slots = UsRefusal::ALL.into_iter().zip(&mut self.0);
        for (_, slot) in slots.filter(|(other, _)| *other == refusal) {
            *slot = UsLaws(slot.0 | UsLaws::bit(law));
        }
    }
}

impl UsLaws {
    const NONE: Self = Self(0);

    /// Iterates by section id.
    pub fn iter(self) -> impl Iterator<Item = UsLaw> {
        UsLaw::ALL.iter().copied().filter(move |law| self.0 & Self::bit(*law) != 0)
    }

    /// By its section: the largest is 27.
    fn bit(law: UsLaw) -> u32 {
        1 << law.section()
    }
}

impl fmt::Display for UsLaws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, law) in self.iter().enumerate() {
            let between = if place == 0 { "" } else { "; " };
            write!(formatter, "{between}{}", law.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for UsLaws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_has_a_place_of_its_own() {
        for law in UsLaw::ALL {
            let mut refusals = UsRefusals::NONE;
            refusals.add(UsRefusal::Sale, *law);
            let said: Vec<_> = refusals.iter().map(|(refusal, laws)| (refusal, laws.0)).collect();
            assert_eq!(said, [(UsRefusal::Sale, 1 << law.section())]);
            assert_eq!(UsLaws(1 << law.section()).iter().collect::<Vec<_>>(), [*law]);
        }
    }

    #[test]
    fn laws_are_named_one_after_the_other() {
        let mut refusals = UsRefusals::NONE;
        for law in [UsLaw::Texas, UsLaw::Virginia, UsLaw::Texas] {
            refusals.add(UsRefusal::Gpc, law);
        }
        let said: Vec<String> = refusals.iter().map(|(_, laws)| laws.to_string()).collect();
        assert_eq!(said, [format!("{}; {}", UsLaw::Virginia.name(), UsLaw::Texas.name())]);
    }
}
