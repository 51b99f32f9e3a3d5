//! Who sells the platform's ad space, in the two forms in which buyers look it up.
//!
//! Both say what the `source.schain` of every bid request says: the platform sells its own inventory, under the
//! publisher's id, on its own exchange. Sources: IAB Tech Lab, sellers.json (July 2019) and ads.txt 1.1 (August 2022).

use crate::Edition;
use serde::Serialize;

/// The content of `sellers.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sellers {
    /// The version of the form.
    pub version: &'static str,
    /// Whose inventory is sold: the platform's own.
    pub sellers: [Seller; 1],
}

/// One seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seller {
    /// The `sid` of a supply chain node.
    pub seller_id: String,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// What it is: it owns what it sells, and is paid for it.
    pub seller_type: &'static str,
}

impl Edition {
    /// Returns the content of `sellers.json`.
    pub fn sellers(&self) -> Sellers {
        let publisher = &self.inventory().publisher;
        Sellers {
            version: "1.0",
            sellers: [Seller {
                seller_id: publisher.id.clone(),
                name: publisher.name.clone(),
                domain: publisher.domain.clone(),
                seller_type: "PUBLISHER",
            }],
        }
    }

    /// Returns the lines that belong in the `ads.txt` of each site and the `app-ads.txt` of each app's domain.
    pub fn ads_txt(&self) -> String {
        let publisher = &self.inventory().publisher;
        let (domain, id) = (&publisher.domain, &publisher.id);
        format!("OWNERDOMAIN={domain}\n{domain}, {id}, DIRECT\n")
    }
}
