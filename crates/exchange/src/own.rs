//! What the platform's own ad server may use: the lists and the activity of the person of a request.
//!
//! Nothing leaves the platform here. The request is weighed as for an auction, so that every signal in it
//! counts.

use crate::{
    call::{AuctionCall, AuctionError},
    exchange::Exchange,
    occasion::Occasion,
};
use sluicegate_gate::{
    Activity, AdvertiserId, AudienceId, Loss, OwnUse, PartnershipId, Segment, Terms,
    decide_own_use, time::UnixMillis,
};

/// What may be used for one ad opportunity. `Debug` leaves it out.
#[derive(Clone, Default)]
pub struct Usable {
    /// The lists that the person is on.
    pub lists: Vec<UsableList>,
    /// What the person did with advertisers.
    pub activity: Vec<UsableActivity>,
    /// Why nothing may be used, where that is so.
    pub losses: Vec<Loss>,
}

/// A list that the person is on.
#[derive(Clone)]
pub struct UsableList {
    /// Whose list it is.
    pub partnership: PartnershipId,
    /// Which.
    pub audience: AudienceId,
    /// What it is called.
    pub name: String,
    /// What stands for it.
    pub segment: Segment,
    /// The advertiser for whom it is kept.
    pub advertiser: Option<AdvertiserId>,
    /// Until when.
    pub until: UnixMillis,
}

/// Something that the person did with an advertiser.
#[derive(Clone)]
pub struct UsableActivity {
    /// The advertiser.
    pub advertiser: AdvertiserId,
    /// What.
    pub activity: Activity,
    /// When it happened last.
    pub at: UnixMillis,
    /// Until when it is kept.
    pub until: UnixMillis,
}

impl Exchange {
    /// Returns what the platform's own ad server may use for a request. Without an edition that is nothing.
    pub fn own_use(&self, call: AuctionCall) -> Result<Usable, AuctionError> {
        let weighed = self.weigh(call)?;
        let Some(occasion) = self.occasion(&weighed) else { return Ok(Usable::default()) };
        let Ok(id) = "platform".parse() else { return Ok(Usable::default()) };
        let terms = Terms::of_the_platform_itself(id);
        Ok(match occasion.ask(&terms, decide_own_use) {
            OwnUse::Closed(losses) => Usable { losses, ..Usable::default() },
            OwnUse::Open => self.usable(&occasion),
        })
    }

    fn usable(&self, occasion: &Occasion<'_>) -> Usable {
        let (edition, now) = (occasion.edition.as_ref(), occasion.now);
        let Some(said) = occasion.said.as_deref() else { return Usable::default() };
        let lists = self.lists(said, edition, now).map(|on| UsableList {
            partnership: on.partnership.terms.id.clone(),
            audience: on.audience.id.clone(),
            name: on.audience.name.clone(),
            segment: on.audience.segment(),
            advertiser: on.audience.advertiser.clone(),
            until: on.listed.until,
        });
        let is_listed = |advertiser: &AdvertiserId, activity| {
            let listed = edition.advertiser(advertiser);
            listed.is_some_and(|listed| listed.activity.contains(&activity))
        };
        let activity = said
            .activity(now)
            .filter(|active| is_listed(&active.advertiser, active.activity))
            .map(|active| UsableActivity {
                advertiser: active.advertiser.clone(),
                activity: active.activity,
                at: active.at,
                until: active.until(),
            });
        Usable { lists: lists.collect(), activity: activity.collect(), losses: Vec::new() }
    }
}

macro_rules! silent {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "([personal])"))
            }
        })*
    };
}
silent!(Usable, UsableList, UsableActivity);
