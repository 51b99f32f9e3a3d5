//! What the exchange does with the buyers that it sees.

use super::{Buyer, BuyersError, Sightings};
use crate::Exchange;

impl Exchange {
    /// Keeps the buyers seen since the last time; what could not be kept goes on waiting.
    pub async fn keep_buyers(&self) -> Result<(), BuyersError> {
        let seen = self.seen.take();
        if seen.is_empty() {
            return Ok(());
        }
        match self.parts.buyers.add(seen.clone()).await {
            Ok(left_out) => {
                self.seen.leave_out(left_out);
                Ok(())
            }
            Err(error) => {
                self.seen.put_back(seen);
                Err(error)
            }
        }
    }

    /// Returns every buyer that was seen, in order, the latest bids counted.
    pub async fn buyers(&self) -> Result<Vec<(Buyer, Sightings)>, BuyersError> {
        self.keep_buyers().await?;
        self.parts.buyers.all().await
    }

    /// Returns how many times there was no room for a buyer, since the start.
    pub fn buyers_left_out(&self) -> u64 {
        self.seen.left_out()
    }
}
