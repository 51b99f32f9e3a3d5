//! Credited conversions by what they count as, the touch, and the days from the one to the other.

use super::lines::{self, MEDIA_SOURCE};
use crate::{
    ConversionType, Touch,
    lookup::{CONVERTED, Count},
};
use serde::Serialize;
use sluicegate_ledger::Day;
use sluicegate_register::Advertiser;

/// Conversions of one day, app and campaign that are alike. They are the same that the lines count: exact, of
/// people whose touches may be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConvertedLine {
    /// The day of the conversions, as `2026-11-26`.
    pub date: String,
    /// The app.
    pub app_id: String,
    /// The platform.
    pub media_source: &'static str,
    /// The campaign of the touch.
    pub campaign_id: String,
    /// Its name in the register, where it has one.
    pub campaign_name: String,
    /// The campaign's windows as they are now.
    pub window: String,
    /// What they count as.
    pub conversion_type: ConversionType,
    /// The class of the touch.
    pub attributed_touch_type: Touch,
    /// Whole days of 24 hours from the touch to the conversion; 0 within the first.
    pub days_post_attribution: u32,
    /// How many.
    pub conversions: i64,
    /// `exact`.
    pub basis: &'static str,
    /// Nobody who turned sharing off is among them.
    pub off_share_included: bool,
}

/// Takes the conversions out of what was counted, and returns them in the order of days, apps, campaigns, kinds,
/// touches and days since.
pub(super) fn take(advertiser: &Advertiser, counts: &mut Vec<Count>) -> Vec<ConvertedLine> {
    let taken = counts.extract_if(.., |count| count.measure.starts_with(CONVERTED));
    let mut found: Vec<(Place, Count)> =
        taken.filter_map(|count| Some((Place::of(&count)?, count))).collect();
    found.sort_by(|(one, _), (other, _)| one.order().cmp(&other.order()));
    found.into_iter().map(|(place, count)| line(advertiser, &place, &count)).collect()
}

/// Where conversions stand.
struct Place {
    day: Day,
    line: String,
    conversion_type: ConversionType,
    touch: Touch,
    days: u32,
}

impl Place {
    fn of(count: &Count) -> Option<Self> {
        let mut words = count.measure.strip_prefix(CONVERTED)?.split(':');
        Some(Self {
            day: count.day,
            line: count.line.clone(),
            conversion_type: ConversionType::from_name(words.next()?)?,
            touch: Touch::from_name(words.next()?)?,
            days: words.next()?.parse().ok()?,
        })
    }

    fn order(&self) -> (Day, &str, &str, &str, u32) {
        (self.day, &self.line, self.conversion_type.name(), self.touch.name(), self.days)
    }
}

fn line(advertiser: &Advertiser, place: &Place, count: &Count) -> ConvertedLine {
    let parts = lines::parts(&count.line);
    let campaign_id = parts.campaign_id;
    ConvertedLine {
        date: lines::date(place.day),
        app_id: parts.app_id,
        media_source: MEDIA_SOURCE,
        campaign_name: lines::name_of(advertiser, &campaign_id),
        window: lines::window_of(advertiser, &campaign_id),
        campaign_id,
        conversion_type: place.conversion_type,
        attributed_touch_type: place.touch,
        days_post_attribution: place.days,
        conversions: count.amount,
        basis: "exact",
        off_share_included: false,
    }
}
