//! What the values in a message are called on a page.
//!
//! A value is shown as it went; a number of a standard's table is shown with its meaning. The names and meanings
//! stand in the catalogue, under the field's own name: `device.geo.country` is `field-device-geo-country`.

use super::{language::Language, when::Moment, words};
use sluicegate_gate::{Category, Told, time::UnixMillis};
use sluicegate_register::is_list_segment;

/// A value with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: String,
}

/// Returns the values by name, in the order they were told; several of one name become one line.
pub(super) fn lines(language: Language, told: &[Told]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for one in told {
        let (name, value) = (name(language, one), value(language, one));
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.value = format!("{}, {value}", line.value),
            None => lines.push(Line { name, value }),
        }
    }
    lines
}

fn name(language: Language, told: &Told) -> String {
    if told.category == Category::Demographic {
        let id = match told.value.parse::<u32>() {
            Ok(..GENDERS_FROM) => "field-age",
            Ok(number) if is_list_segment(number) => "field-lists",
            Ok(_) | Err(_) => "field-gender",
        };
        return language.say(id).plain();
    }
    let is_address = matches!(told.field.as_ref(), "device.ip" | "device.ipv6");
    if is_address && told.category == Category::CoarseDevice {
        return language.say("field-address-shortened").plain();
    }
    let known = language.find(format!("field-{}", as_id(&told.field)));
    known.map_or_else(|| told.field.to_string(), |name| name.plain())
}

fn value(language: Language, told: &Told) -> String {
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
    if let Some(moment) = moment(field, raw) {
        let said = language.say("meaning").with("meaning", moment.full());
        return said.with("raw", raw).plain();
    }
    match meaning(language, field, raw) {
        Some(meaning) => language.say("meaning").with("meaning", meaning).with("raw", raw).plain(),
        None => raw.to_owned(),
    }
}

/// Returns the time that a value is.
fn moment(field: &str, raw: &str) -> Option<Moment> {
    match field {
        "timestamp" => {
            let time: jiff::Timestamp = raw.parse().ok()?;
            Some(Moment::of(UnixMillis(time.as_millisecond())))
        }
        "touch_time_ms" => raw.parse().ok().map(|millis| Moment::of(UnixMillis(millis))),
        _ => None,
    }
}

/// Returns what a value of `OpenRTB` 2.6, `AdCOM` or the IAB Audience Taxonomy 1.1 means.
fn meaning(language: Language, field: &str, raw: &str) -> Option<String> {
    let id = match (field, raw) {
        ("device.geo.country", code) => {
            return Some(words::country(language, code.parse().ok()?));
        }
        ("device.language" | "device.langb", tag) => return language.name_of(tag),
        ("device.js" | "device.dnt" | "device.lmt", "0") => String::from("meaning-no"),
        ("device.js" | "device.dnt" | "device.lmt", "1") => String::from("meaning-yes"),
        ("ifa_type", "gaid") => String::from("meaning-ifa-type-aaid"),
        _ => format!("meaning-{}-{}", as_id(field), as_id(raw)),
    };
    Some(language.find(id)?.plain())
}

fn as_id(field: &str) -> String {
    field.replace(['.', '_'], "-")
}

/// From which number on the segments of the IAB Audience Taxonomy 1.1 are genders.
const GENDERS_FROM: u32 = 49;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(category: Category, field: &str, value: &str) -> Told {
        Told { category, field: field.to_owned().into(), value: value.to_owned() }
    }

    #[test]
    fn numbers_of_a_table_are_shown_with_their_meaning() {
        let told = [
            told(Category::Demographic, "user.data[0].segment[0].id", "5"),
            told(Category::Demographic, "user.data[0].segment[1].id", "6"),
            told(Category::Demographic, "user.data[0].segment[2].id", "50"),
            told(Category::Demographic, "user.data[1].segment[0].id", "1001"),
            told(Category::CoarseDevice, "device.ip", "203.0.113.0"),
            told(Category::CoarseDevice, "device.geo.country", "USA"),
            told(Category::CoarseDevice, "device.language", "pt"),
            told(Category::CoarseDevice, "device.lmt", "0"),
            told(Category::CoarseDevice, "device.novel", "<b>"),
        ];
        let all = lines(Language::English, &told);
        let pairs: Vec<(&str, &str)> =
            all.iter().map(|line| (line.name.as_str(), line.value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("Age", "25 to 29 (5), 30 to 34 (6)"),
                ("Gender", "male (50)"),
                ("Lists that this partner put you on, by number", "1001"),
                ("Internet address, shortened", "203.0.113.0"),
                ("Country", "United States (USA)"),
                ("Language", "Portuguese (pt)"),
                ("Limits ad tracking", "no (0)"),
                ("device.novel", "<b>"),
            ]
        );
    }

    #[test]
    fn what_a_measurement_partner_is_told_has_names_and_times() {
        let of = |field, value| told(Category::Exposure, field, value);
        let told = [
            of("touch_time_ms", "1795442527000"),
            of("timestamp", "2026-11-23T14:02:07.000Z"),
            of("assists", "2"),
            of("permitted_recipients", "demo-running-shoes"),
        ];
        for language in Language::ALL {
            let all = lines(language, &told);
            assert!(all.iter().all(|line| !line.name.contains('_') && line.name != "assists"));
        }
        let all = lines(Language::English, &told);
        assert_eq!(all[0].name, "When you met the ad");
        assert!(all[0].value.contains("November 2026") && all[0].value.contains("14:02"));
        assert!(all[1].value.ends_with("(2026-11-23T14:02:07.000Z)"), "{}", all[1].value);
    }

    #[test]
    fn every_segment_that_can_be_told_has_a_meaning() {
        use sluicegate_gate::{AgeBand, Gender};
        let genders = [Gender::Female, Gender::Male, Gender::Other].map(Gender::segment);
        let bands = AgeBand::ALL.into_iter().flat_map(AgeBand::segments).copied();
        for id in genders.into_iter().chain(bands) {
            let told = told(Category::Demographic, "", id);
            assert!(value(Language::English, &told).contains('('), "{id}");
        }
    }
}
