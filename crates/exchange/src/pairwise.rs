//! User ids that only one partner has, and only for a day.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sluicegate_gate::{PartnershipId, Secret, SubjectKey, time::UnixMillis};

/// Makes the `user.id` of each partner. Two partners cannot join what they get by it, and neither can
/// one partner join two UTC days.
#[derive(Debug)]
pub(crate) struct Pairwise {
    key: Secret<[u8; 32]>,
}

impl Pairwise {
    pub(crate) fn new(key: Secret<[u8; 32]>) -> Self {
        Self { key }
    }

    /// Returns 32 hexadecimal digits.
    pub(crate) fn id(
        &self,
        partnership: &PartnershipId,
        subject: SubjectKey,
        now: UnixMillis,
    ) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.open()).ok()?;
        let day = now.0.div_euclid(DAY_MS);
        // INVARIANT: every part but the first is of fixed length or ends with a byte that cannot be in it.
        mac.update(partnership.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(subject.kind.name().as_bytes());
        mac.update(&[0]);
        mac.update(&subject.hash.to_be_bytes());
        mac.update(&day.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let (half, _) = digest.split_first_chunk::<16>()?;
        Some(format!("{:032x}", u128::from_be_bytes(*half)))
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::KeyKind;

    #[test]
    fn the_id_differs_by_partnership_subject_and_day_and_by_nothing_else() {
        let pairwise = Pairwise::new(Secret::new([7; 32]));
        let key = |kind, hash| SubjectKey { kind, hash };
        let id = |partnership: &str, subject, now| {
            pairwise.id(&partnership.parse().unwrap(), subject, UnixMillis(now)).unwrap()
        };
        let account = key(KeyKind::Account, 1);
        let one = id("north", account, 0);
        assert_eq!(one.len(), 32);
        assert_eq!(one, id("north", account, DAY_MS - 1));
        for other in [
            id("south", account, 0),
            id("north", key(KeyKind::Device, 1), 0),
            id("north", key(KeyKind::Account, 2), 0),
            id("north", account, DAY_MS),
            id("north", account, -1),
        ] {
            assert_ne!(one, other);
        }
    }
}
