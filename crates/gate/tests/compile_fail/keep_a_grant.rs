//! A grant kept from one permit does not open the object of another.

use bytes::Bytes;
use sluicegate_gate::{
    Body, DisclosureId, EncodeError, Family, Grant, Grants, Path, Permit, Sealed, Told, mark,
};

struct Note<'b>(Option<Grant<'b, mark::DeviceIdentifier>>);

impl<'b> Body<'b> for Note<'b> {
    fn disclosure(&self) -> DisclosureId {
        DisclosureId(0)
    }

    fn told(&self) -> Vec<Told> {
        Vec::new()
    }
}

struct Notes;

impl Family for Notes {
    type Of<'b> = Note<'b>;
    const PATH: Path = Path::BidRequest;

    fn encode(_: DisclosureId, _: &[Note<'static>]) -> Result<Bytes, EncodeError> {
        Ok(Bytes::new())
    }
}

fn smuggle(generous: Permit, strict: Permit) -> Sealed<Notes> {
    let mut kept = None;
    let _sealed: Sealed<Notes> = generous.seal(|grants: Grants<'_>| {
        kept = grants.device_identifier();
        Note(None)
    });
    strict.seal(|_grants| Note(kept))
}

fn main() {}
