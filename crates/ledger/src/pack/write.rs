//! Writing a pack.

use super::{
    Decided, ERASURE, Erasure, MESSAGE, OPPORTUNITY, OUTCOME, Place, WINDOW, outcome_code,
};
use crate::{
    NewLeaves, OutcomeRow, UncertainWindow, encode::Ring, encode::owners, keys::KeyFault,
    wire::Writer,
};
use sluicegate_gate::{
    Categories, DisclosureId, EditionHash, PartnershipId, Path, Revision, SubjectKey,
    time::UnixMillis,
};

/// A message to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewMessage {
    pub(crate) message: DisclosureId,
    pub(crate) at: UnixMillis,
    pub(crate) path: Path,
    pub(crate) partnership: PartnershipId,
    pub(crate) edition: EditionHash,
    pub(crate) categories: Categories,
    pub(crate) sha256: [u8; 32],
    pub(crate) items: Vec<NewItem>,
}

/// A disclosure of a message to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewItem {
    pub(crate) disclosure: DisclosureId,
    /// The keys of the subject, each with the last change it was decided under; at most one a kind.
    pub(crate) keys: Vec<(SubjectKey, Revision)>,
}

/// A pack to be kept.
#[derive(Debug, Default)]
pub(crate) struct NewPack {
    pub(crate) messages: Vec<NewMessage>,
    pub(crate) outcomes: Vec<OutcomeRow>,
    pub(crate) erasures: Vec<Erasure>,
    pub(crate) windows: Vec<UncertainWindow>,
}

impl NewPack {
    /// Returns the pack as it is kept; none where it is empty. Fails where the ring lacks the key of anybody
    /// that it is about.
    ///
    /// `roll` is a throw of the dice for this pack alone: with one that was there before, what is sealed would
    /// be readable without a key.
    pub(crate) fn write(&self, ring: &Ring, roll: u128) -> Result<Option<NewLeaves>, KeyFault> {
        let Self { messages, outcomes, erasures, windows } = self;
        let is_empty = messages.is_empty() && outcomes.is_empty();
        if is_empty && erasures.is_empty() && windows.is_empty() {
            return Ok(None);
        }
        let mut writer = Writer::new();
        let pack = roll.to_be_bytes();
        let base = self.write_head(&mut writer, &pack);
        let since = |at: UnixMillis| at.0.wrapping_sub(base.0);
        for (number, row) in (1..).zip(messages.chunk_by(is_same_opportunity)) {
            let place = |item| Place { pack, row: number, item };
            let Some(first) = row.first() else { continue };
            let subject = subject_of(first);
            writer.byte(if subject.is_some() { OPPORTUNITY } else { MESSAGE });
            writer.signed(since(first.at));
            writer.path(first.path);
            writer.edition(first.edition);
            if let Some(keys) = subject {
                write_about(&mut writer, place(0), keys, ring)?;
                writer.length(row.len());
                for message in row {
                    write_message(&mut writer, message);
                }
            } else {
                write_message(&mut writer, first);
                writer.length(first.items.len());
                for (at, item) in (0..).zip(&first.items) {
                    writer.fixed(&item.disclosure.0.to_be_bytes());
                    write_about(&mut writer, place(at), &item.keys, ring)?;
                }
            }
        }
        for row in outcomes {
            writer.byte(OUTCOME);
            writer.fixed(&row.message.0.to_be_bytes());
            writer.byte(outcome_code(row.outcome));
        }
        for row in erasures {
            writer.byte(ERASURE);
            writer.signed(since(row.at));
            writer.fixed(&row.key.0.to_be_bytes());
        }
        for row in windows {
            writer.byte(WINDOW);
            writer.path(row.path);
            writer.signed(since(row.from));
            writer.signed(since(row.until));
        }
        let messages = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        Ok(Some(NewLeaves { messages, leaves: writer.finish() }))
    }

    /// Writes the random bytes and the time of the pack and every name in it, and returns the time.
    fn write_head(&self, writer: &mut Writer, pack: &[u8; 16]) -> UnixMillis {
        let first = self.messages.first().map(|message| message.at);
        let base = first.or_else(|| self.erasures.first().map(|erasure| erasure.at));
        let base = base.or_else(|| self.windows.first().map(|window| window.from));
        let base = base.unwrap_or(UnixMillis(0));
        let (mut names, mut editions) = (Vec::new(), Vec::new());
        for message in &self.messages {
            if !names.contains(&&message.partnership) {
                names.push(&message.partnership);
            }
            if !editions.contains(&message.edition) {
                editions.push(message.edition);
            }
        }
        writer.fixed(pack);
        writer.signed(base.0);
        writer.length(names.len());
        for name in names {
            writer.text(name.as_str());
        }
        writer.length(editions.len());
        for edition in editions {
            writer.edition(edition);
        }
        base
    }
}

/// Returns the keys of the subject of a message that is one disclosure under its own id.
fn subject_of(message: &NewMessage) -> Option<&[(SubjectKey, Revision)]> {
    match message.items.as_slice() {
        [item] if item.disclosure == message.message => Some(&item.keys),
        _ => None,
    }
}

fn is_same_opportunity(one: &NewMessage, next: &NewMessage) -> bool {
    (one.at, one.path, one.edition) == (next.at, next.path, next.edition)
        && subject_of(one).is_some_and(|keys| subject_of(next) == Some(keys))
}

fn write_message(writer: &mut Writer, message: &NewMessage) {
    writer.text(message.partnership.as_str());
    writer.byte(message.categories.bits());
    writer.fixed(&message.message.0.to_be_bytes());
    writer.fixed(&message.sha256);
}

/// Writes whom a disclosure is about: for each key whose page shows it, its id, and the revisions under it. What
/// is known beside an account is sealed under the account's key.
fn write_about(
    writer: &mut Writer,
    place: Place,
    keys: &[(SubjectKey, Revision)],
    ring: &Ring,
) -> Result<(), KeyFault> {
    let of = owners(keys.iter().map(|(key, _)| *key)).collect::<Vec<_>>();
    writer.length(of.len());
    for (key, revision) in keys.iter().filter(|(key, _)| of.contains(key)) {
        let others = keys.iter().filter(|(other, _)| !of.contains(other)).copied().collect();
        let secret = ring.get(key).ok_or(KeyFault)?;
        let sealed = secret.rows.seal(place, &Decided { own: *revision, others })?;
        writer.fixed(&secret.id.0.to_be_bytes());
        writer.length(sealed.len());
        writer.fixed(&sealed);
    }
    Ok(())
}
