//! The edition in force.

use crate::Edition;
use arc_swap::ArcSwapOption;
use std::sync::Arc;

/// The edition in force. Readers never wait for a writer; without an edition nothing may leave.
#[derive(Debug, Default)]
pub struct Current(ArcSwapOption<Edition>);

impl Current {
    /// Returns a holder without an edition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the edition in force. One decision uses what one call returned throughout.
    pub fn load(&self) -> Option<Arc<Edition>> {
        self.0.load_full()
    }

    /// Puts an edition in force from the next [`Self::load`] on. One with a lower number than the one
    /// in force changes nothing: of two publications at once the later edition stays.
    #[expect(clippy::needless_pass_by_value, reason = "the holder takes a share of it")]
    pub fn replace(&self, edition: Arc<Edition>) {
        self.0.rcu(|now| {
            let newer = now.as_ref().filter(|now| now.number() > edition.number());
            Some(Arc::clone(newer.unwrap_or(&edition)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Register;
    use sluicegate_gate::time::UnixMillis;

    fn edition(name: &str, previous: Option<&Edition>) -> Edition {
        let text = format!(
            "publisher = {{ id = \"case\", name = \"{name}\", domain = \"reader.example\" }}"
        );
        let register = Register::read(&[(String::from("inventory.toml"), text)]).unwrap();
        Edition::publish(register, previous, UnixMillis(1_772_323_200_000)).unwrap()
    }

    #[test]
    fn an_earlier_edition_does_not_take_the_place_of_a_later_one() {
        let first = edition("One", None);
        let second = edition("Two", Some(&first));
        let current = Current::new();
        current.replace(Arc::new(second));
        current.replace(Arc::new(first));
        assert_eq!(current.load().unwrap().number(), 2);
    }
}
