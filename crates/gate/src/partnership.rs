//! What the decision needs to know about a partnership.

use crate::{Categories, Country, PartnershipId, time::UnixMillis};
use serde::{Deserialize, Serialize};
use sluicegate_signals::Vendor;

/// What an arrangement is for. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Advertisers buy and serve ads through the partner's system.
    RealTimeBidding,
    /// The partner measures for advertisers which ads worked.
    ConversionTracking,
    /// The partner works for the platform. Outside the sharing setting.
    ServiceProvider,
    /// Any other arrangement. Outside the sharing setting.
    Other,
}

impl Kind {
    /// Returns whether "Share your data" controls partnerships of this kind.
    pub fn is_controlled(self) -> bool {
        match self {
            Self::RealTimeBidding | Self::ConversionTracking => true,
            Self::ServiceProvider | Self::Other => false,
        }
    }

    /// Returns the name on every wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::RealTimeBidding => "real_time_bidding",
            Self::ConversionTracking => "conversion_tracking",
            Self::ServiceProvider => "service_provider",
            Self::Other => "other",
        }
    }
}

/// The way data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Bid requests and notices.
    Openrtb,
    /// Signed batches of exposures.
    Events,
    /// Nothing goes through the gateway.
    None,
}

/// What happens to a bid request that may not tell anything of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenWithheld {
    /// The partner is not asked.
    #[default]
    Skip,
    /// The partner is asked with plumbing and context only.
    Contextual,
}

/// Who the partner is under the Transparency and Consent Framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcfParty {
    /// A vendor, with what it declared on the Global Vendor List.
    Vendor(Vendor),
    /// A processor that is no vendor: it acts on what the person agreed to for the platform itself.
    Publisher,
    /// Neither: it has no basis for anything.
    Nobody,
}

/// One partnership of the current edition, as the decision reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The partnership.
    pub id: PartnershipId,
    /// Its kind.
    pub kind: Kind,
    /// The way data goes.
    pub via: Via,
    /// What it may be told at most.
    pub categories: Categories,
    /// The countries it serves; empty means every country.
    pub countries: Vec<Country>,
    /// From when it is in force.
    pub start: UnixMillis,
    /// Until when, if it ends.
    pub end: Option<UnixMillis>,
    /// Whether the operator has suspended it.
    pub suspended: bool,
    /// Until when the partner's linking attestation holds; `None` where there is none.
    pub linking_attested_until: Option<UnixMillis>,
    /// Who the partner is under the Transparency and Consent Framework.
    pub tcf: TcfParty,
    /// What to do when nothing of the person may be told.
    pub when_withheld: WhenWithheld,
    /// When the partnership first appeared in an edition: nothing that happened before is shared with it.
    pub listed_since: UnixMillis,
}
