//! The contract of [`Buyers`], run.

use super::{Buyer, Buyers, BuyersError, Sightings};
use sluicegate_gate::{IdError, PartnershipId, time::UnixMillis};
use std::collections::BTreeMap;

/// Buyers that do not keep the contract.
#[derive(Debug, thiserror::Error)]
pub enum BuyersBroken {
    /// They failed.
    #[error(transparent)]
    Buyers(#[from] BuyersError),
    /// A name of a partnership did not parse.
    #[error(transparent)]
    Name(#[from] IdError),
    /// They say something else than a plain map.
    #[error("after packet {packet}: the buyers say {buyers}, the map {map}")]
    Differs {
        /// How many packets were added.
        packet: usize,
        /// The buyers' answer.
        buyers: String,
        /// The right answer.
        map: String,
    },
}

/// One sighting: whose, through whom, when.
#[derive(Clone, Copy, Debug)]
pub struct Sighted {
    /// One of three partnerships.
    pub partnership: u8,
    /// One of some seats; 0 is none.
    pub seat: u8,
    /// One of some advertisers; 0 is none.
    pub advertiser: u8,
    /// When.
    pub at: i32,
}

/// Adds packets to empty buyers and to a map, and compares after each.
pub async fn check_buyers(
    buyers: &dyn Buyers,
    packets: &[Vec<Sighted>],
) -> Result<(), BuyersBroken> {
    let mut map: BTreeMap<Buyer, Sightings> = BTreeMap::new();
    for (packet, sighted) in packets.iter().enumerate() {
        let seen = sighted.iter().copied().map(seen).collect::<Result<Vec<_>, _>>()?;
        for (buyer, sightings) in seen.clone() {
            map.entry(buyer).and_modify(|known| known.add(sightings)).or_insert(sightings);
        }
        let left_out = buyers.add(seen).await?;
        let (found, right) = (buyers.all().await?, map.clone().into_iter().collect::<Vec<_>>());
        if left_out != 0 || found != right {
            return Err(BuyersBroken::Differs {
                packet,
                buyers: format!("{found:?}, {left_out} left out"),
                map: format!("{right:?}"),
            });
        }
    }
    Ok(())
}

fn seen(sighted: Sighted) -> Result<(Buyer, Sightings), IdError> {
    let partnership: PartnershipId = format!("bidder-{}", sighted.partnership % 3).parse()?;
    let some = |kind: &str, number: u8| match number {
        0 => String::new(),
        _ => format!("{kind}{number}.example"),
    };
    let at = UnixMillis(sighted.at.into());
    let buyer = Buyer {
        partnership,
        seat: some("seat", sighted.seat),
        advertiser: some("shop", sighted.advertiser),
    };
    Ok((buyer, Sightings { first: at, last: at, bids: 1 }))
}
