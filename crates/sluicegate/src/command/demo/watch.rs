//! Where each partner's page shows what it is told about one person's device.

use super::{partners::Partner, people::Person};
use crate::gateway::Gateway;
use sluicegate_gate::PartnershipId;

/// One person, and where to watch their device.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) person: Person,
    pub(super) watches: Vec<Watch>,
}

/// A partner's page that watches one device.
#[derive(Debug)]
pub(super) struct Watch {
    /// The partner's name.
    pub(super) partner: &'static str,
    /// The last part of the short address on the demo platform.
    pub(super) slug: &'static str,
    /// The page's address, with the ids by which the partner knows the device.
    pub(super) url: String,
}

impl Guest {
    /// Returns the person with the pages that watch their device.
    pub(super) fn new(
        person: Person,
        gateway: &Gateway,
        partners: &[Partner],
    ) -> anyhow::Result<Self> {
        let mut watches = Vec::new();
        for watchable in WATCHABLE {
            let Some(partner) = partners.iter().find(|one| one.name == watchable.partner) else {
                continue;
            };
            let known_as = |name: KnownAs| name.of(&person, gateway);
            let (id, outside) = (known_as(watchable.id)?, known_as(watchable.outside)?);
            watches.push(Watch {
                partner: watchable.partner,
                slug: watchable.slug,
                url: format!("{}/?watch={id}&outside={outside}", partner.origin()),
            });
        }
        Ok(Self { person, watches })
    }
}

struct Watchable {
    partner: &'static str,
    slug: &'static str,
    /// What the device is called in the arrangement that the sharing setting controls.
    id: KnownAs,
    /// What it is called in the arrangement outside the setting.
    outside: KnownAs,
}

/// By which id a partnership knows a device.
#[derive(Clone, Copy)]
enum KnownAs {
    /// By its advertising id.
    AdvertisingId,
    /// By an id made for this partnership only.
    IdOf(&'static str),
}

impl KnownAs {
    fn of(self, person: &Person, gateway: &Gateway) -> anyhow::Result<String> {
        Ok(match self {
            Self::AdvertisingId => person.device.clone(),
            Self::IdOf(partnership) => {
                gateway.device_id_for(&partnership.parse::<PartnershipId>()?, &person.device)
            }
        })
    }
}

const WATCHABLE: [Watchable; 2] = [
    Watchable {
        partner: "Demo Bidder North",
        slug: "bidder",
        id: KnownAs::AdvertisingId,
        outside: KnownAs::IdOf("demo-bidder-north-invoices"),
    },
    Watchable {
        partner: "Demo Measurement",
        slug: "measurement",
        id: KnownAs::IdOf("demo-measurement"),
        outside: KnownAs::IdOf("demo-delivery-auditor"),
    },
];
