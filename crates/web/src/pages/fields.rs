//! What the values in a message are called on a page.
//!
//! A value is shown as it went; a number of a standard's table is shown with its meaning.

use sluicegate_gate::{Category, Told};

/// A value with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: String,
}

/// Returns the values by name, in the order they were told; several of one name become one line.
pub(super) fn lines(told: &[Told]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for one in told {
        let (name, value) = (name(one), value(one));
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.value = format!("{}, {value}", line.value),
            None => lines.push(Line { name, value }),
        }
    }
    lines
}

fn name(told: &Told) -> String {
    if told.category == Category::Demographic {
        return String::from(match told.value.parse::<u32>() {
            Ok(..49) => "Age",
            Ok(LISTS_FROM..) => "Lists that this partner put you on, by number",
            Ok(_) | Err(_) => "Gender",
        });
    }
    let is_address = matches!(told.field.as_ref(), "device.ip" | "device.ipv6");
    if is_address && told.category == Category::CoarseDevice {
        return String::from("Internet address, shortened");
    }
    let known = NAMES.iter().find(|(field, _)| *field == told.field);
    known.map_or_else(|| told.field.to_string(), |(_, name)| (*name).to_owned())
}

fn value(told: &Told) -> String {
    let field = match told.category {
        Category::Demographic => "segment",
        Category::Plumbing
        | Category::Context
        | Category::CoarseDevice
        | Category::DeviceIdentifier
        | Category::Exposure
        | Category::PreciseLocation => told.field.as_ref(),
    };
    let raw = told.value.as_str();
    match MEANINGS.iter().find(|(known, value, _)| *known == field && *value == raw) {
        Some((_, _, meaning)) => format!("{meaning} ({raw})"),
        None => raw.to_owned(),
    }
}

/// The lowest number of a partner's list in the register.
const LISTS_FROM: u32 = 1_000;

/// Fields as the ledger names them, and what a page calls them.
const NAMES: [(&str, &str); 48] = [
    ("device.ifa", "Advertising id"),
    ("device.ext.ifa_type", "Kind of advertising id"),
    ("device.ip", "Internet address"),
    ("device.ipv6", "Internet address"),
    ("device.devicetype", "Kind of device"),
    ("device.make", "Maker"),
    ("device.model", "Model"),
    ("device.os", "Operating system"),
    ("device.osv", "Version of the system"),
    ("device.w", "Screen width"),
    ("device.h", "Screen height"),
    ("device.pxratio", "Pixel ratio"),
    ("device.ppi", "Pixels per inch"),
    ("device.js", "Runs scripts"),
    ("device.language", "Language"),
    ("device.langb", "Language"),
    ("device.connectiontype", "Connection"),
    ("device.carrier", "Carrier"),
    ("device.mccmnc", "Mobile network"),
    ("device.ua", "Browser or app"),
    ("device.sua", "Browser or app, in parts"),
    ("device.dnt", "Asks not to be tracked"),
    ("device.lmt", "Limits ad tracking"),
    ("device.ext.atts", "App tracking permission"),
    ("device.geo.country", "Country"),
    ("device.geo.region", "Region"),
    ("device.geo.metro", "Metropolitan area"),
    ("device.geo.utcoffset", "Minutes from UTC"),
    ("device.geo.type", "How the region is known"),
    ("device.geo.lat", "Latitude"),
    ("device.geo.lon", "Longitude"),
    ("user.id", "An id for you that only this partner gets"),
    ("ifa_type", "Kind of advertising id"),
    ("ifa", "Advertising id"),
    ("device_id_hash", "Device id that only this partner gets"),
    ("browser_id_hash", "Browser id that only this partner gets"),
    ("interaction_type", "What happened"),
    ("touch_type", "Counts as"),
    ("timestamp", "When"),
    ("advertiser_id", "Advertiser"),
    ("campaign_id", "Campaign"),
    ("line_item_id", "Part of the campaign"),
    ("creative_id", "Ad"),
    ("app_id", "Advertised app"),
    ("ad_format", "Form of the ad"),
    ("view_duration_ms", "Milliseconds in view"),
    ("video_duration_ms", "Length of the video in milliseconds"),
    ("viewable_pct", "Percent in view"),
];

/// What the numbers of `OpenRTB` 2.6, `AdCOM` and the IAB Audience Taxonomy 1.1 mean.
const MEANINGS: [(&str, &str, &str); 48] = [
    ("segment", "3", "18 to 20"),
    ("segment", "4", "21 to 24"),
    ("segment", "5", "25 to 29"),
    ("segment", "6", "30 to 34"),
    ("segment", "7", "35 to 39"),
    ("segment", "8", "40 to 44"),
    ("segment", "9", "45 to 49"),
    ("segment", "10", "50 to 54"),
    ("segment", "11", "55 to 59"),
    ("segment", "12", "60 to 64"),
    ("segment", "13", "65 to 69"),
    ("segment", "14", "70 to 74"),
    ("segment", "15", "75 and over"),
    ("segment", "49", "female"),
    ("segment", "50", "male"),
    ("segment", "51", "other"),
    ("device.devicetype", "1", "phone or tablet"),
    ("device.devicetype", "2", "computer"),
    ("device.devicetype", "3", "connected television"),
    ("device.devicetype", "4", "phone"),
    ("device.devicetype", "5", "tablet"),
    ("device.devicetype", "6", "connected device"),
    ("device.devicetype", "7", "set-top box"),
    ("device.devicetype", "8", "public screen"),
    ("device.connectiontype", "0", "unknown"),
    ("device.connectiontype", "1", "cable"),
    ("device.connectiontype", "2", "wireless network"),
    ("device.connectiontype", "3", "mobile network"),
    ("device.connectiontype", "4", "mobile network, 2G"),
    ("device.connectiontype", "5", "mobile network, 3G"),
    ("device.connectiontype", "6", "mobile network, 4G"),
    ("device.connectiontype", "7", "mobile network, 5G"),
    ("device.js", "0", "no"),
    ("device.js", "1", "yes"),
    ("device.dnt", "0", "no"),
    ("device.dnt", "1", "yes"),
    ("device.lmt", "0", "no"),
    ("device.lmt", "1", "yes"),
    ("device.ext.atts", "0", "not asked yet"),
    ("device.ext.atts", "1", "cannot be asked"),
    ("device.ext.atts", "2", "refused"),
    ("device.ext.atts", "3", "given"),
    ("device.geo.type", "1", "location service"),
    ("device.geo.type", "2", "Internet address"),
    ("device.geo.type", "3", "said by you"),
    ("ifa_type", "idfa", "Apple advertising id"),
    ("ifa_type", "aaid", "Android advertising id"),
    ("ifa_type", "gaid", "Android advertising id"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn told(category: Category, field: &str, value: &str) -> Told {
        Told { category, field: field.to_owned().into(), value: value.to_owned() }
    }

    #[test]
    fn numbers_of_a_table_are_shown_with_their_meaning() {
        let all = lines(&[
            told(Category::Demographic, "user.data[0].segment[0].id", "5"),
            told(Category::Demographic, "user.data[0].segment[1].id", "6"),
            told(Category::Demographic, "user.data[0].segment[2].id", "50"),
            told(Category::Demographic, "user.data[1].segment[0].id", "1001"),
            told(Category::CoarseDevice, "device.ip", "203.0.113.0"),
            told(Category::CoarseDevice, "device.novel", "<b>"),
        ]);
        let pairs: Vec<(&str, &str)> =
            all.iter().map(|line| (line.name.as_str(), line.value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("Age", "25 to 29 (5), 30 to 34 (6)"),
                ("Gender", "male (50)"),
                ("Lists that this partner put you on, by number", "1001"),
                ("Internet address, shortened", "203.0.113.0"),
                ("device.novel", "<b>"),
            ]
        );
    }

    #[test]
    fn every_segment_that_can_be_told_has_a_meaning() {
        use sluicegate_gate::{AgeBand, Gender};
        let genders = [Gender::Female, Gender::Male, Gender::Other].map(Gender::segment);
        let bands = AgeBand::ALL.into_iter().flat_map(AgeBand::segments).copied();
        for id in genders.into_iter().chain(bands) {
            assert!(value(&told(Category::Demographic, "", id)).contains('('), "{id}");
        }
    }
}
