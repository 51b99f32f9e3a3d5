//! The consent strings that came in, and those that were passed on.

use serde_json::Value;
use sluicegate_gate::Path;
use sluicegate_signals::GppString;
use std::collections::BTreeMap;

/// The fields of a bid request that hold a consent string.
pub(crate) const IN_A_REQUEST: [&str; 3] = ["user.consent", "regs.us_privacy", "regs.gpp"];
/// The fields of an exposure that hold one.
pub(crate) const IN_AN_EXPOSURE: [&str; 3] = ["tc_string", "us_privacy", "gpp_string"];

/// The consent strings of one request or exposure, with the sections in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strings {
    tcf: Option<String>,
    us_privacy: Option<String>,
    gpp: Option<String>,
    gpp_sid: Vec<Value>,
}

/// What came in so far.
#[derive(Debug, Default)]
pub(crate) struct CameIn {
    /// With the latest bid request.
    pub(crate) request: Strings,
    /// With each exposure, by its id.
    pub(crate) exposures: BTreeMap<String, Strings>,
}

impl Strings {
    /// Reads them from a bid request, in the places of `OpenRTB` 2.6 and before.
    pub(crate) fn of_request(request: &Value) -> Self {
        let text = |pointers: [&str; 2]| {
            let found = pointers.into_iter().filter_map(|pointer| request.pointer(pointer));
            found.filter_map(Value::as_str).find(|text| !text.is_empty()).map(str::to_owned)
        };
        let lists = ["/regs/gpp_sid", "/regs/ext/gpp_sid"];
        let lists = lists.into_iter().filter_map(|pointer| request.pointer(pointer)?.as_array());
        Self {
            tcf: text(["/user/consent", "/user/ext/consent"]),
            us_privacy: text(["/regs/us_privacy", "/regs/ext/us_privacy"]),
            gpp: text(["/regs/gpp", "/regs/ext/gpp"]),
            gpp_sid: lists.flatten().cloned().collect(),
        }
    }

    /// Reads them from an exposure, or from what a partner got of one.
    pub(crate) fn of_exposure(exposure: &Value) -> Self {
        let text = |key| exposure.get(key).and_then(Value::as_str).map(str::to_owned);
        let list = exposure.get("gpp_sid").and_then(Value::as_array);
        Self {
            tcf: text("tc_string"),
            us_privacy: text("us_privacy"),
            gpp: text("gpp_string"),
            gpp_sid: list.cloned().unwrap_or_default(),
        }
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        [&self.tcf, &self.us_privacy, &self.gpp].into_iter().flatten()
    }

    /// Returns what is wrong with passing these on, when those came in: a string leaves as it came but for the time of
    /// day that it was made at, or not at all, and its sections in force go with it.
    fn altered(&self, came: &Self) -> Option<&'static str> {
        let fits = |here: &Option<String>, there| here.is_none() || *here == there;
        let is_as_it_came = fits(&self.tcf, came.tcf.as_deref().map(without_time_of_day))
            && fits(&self.us_privacy, came.us_privacy.clone())
            && fits(&self.gpp, came.gpp.as_deref().map(sections_without_time_of_day));
        if !is_as_it_came {
            return Some("a consent string was altered on its way");
        }
        let sections: &[Value] = if self.gpp.is_some() { &came.gpp_sid } else { &[] };
        (self.gpp_sid != sections).then_some("the sections in force are not those that came")
    }
}

/// Tenths of a second in a day.
const DAY_DS: u64 = 864_000;

/// Returns a string of the framework, of Europe or Canada, as it may leave: behind its first character, both times of
/// six characters each say the beginning of a day, that of the later one. Whatever is no such string stays.
fn without_time_of_day(text: &str) -> String {
    let (Some(version), Some(created), Some(updated), Some(rest)) =
        (text.get(..1), text.get(1..7), text.get(7..13), text.get(13..))
    else {
        return text.to_owned();
    };
    // Letters of one length are ordered like their numbers, once each is its number.
    let time = |text: &str| text.bytes().try_fold(0, |sum, byte| Some(sum * 64 + digit(byte)?));
    let Some(made) = time(created).max(time(updated)) else { return text.to_owned() };
    let day = letters(made / DAY_DS * DAY_DS);
    format!("{version}{day}{day}{rest}")
}

/// Does the same for the sections of a platform string that are of the framework.
fn sections_without_time_of_day(text: &str) -> String {
    let Ok(read) = GppString::read(text) else { return text.to_owned() };
    let header = text.split('~').next().unwrap_or_default().to_owned();
    read.sections().fold(header, |so_far, (id, section)| {
        let section =
            if [2, 5].contains(&id) { without_time_of_day(section) } else { section.to_owned() };
        format!("{so_far}~{section}")
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn digit(byte: u8) -> Option<u64> {
    DIGITS.iter().position(|digit| *digit == byte)?.try_into().ok()
}

/// Returns the six letters of a number.
fn letters(number: u64) -> String {
    let digits = (0..6).rev().map(|place| number / 64_u64.pow(place) % 64);
    let byte = |digit: u64| DIGITS.get(usize::try_from(digit).ok()?).copied();
    digits.filter_map(byte).map(char::from).collect()
}

impl CameIn {
    /// Returns what is wrong with the consent strings of a message.
    pub(crate) fn differences(&self, path: Path, body: &Value) -> Vec<&'static str> {
        match path {
            Path::BidRequest => {
                Strings::of_request(body).altered(&self.request).into_iter().collect()
            }
            Path::ContextualBidRequest => {
                let text = body.to_string();
                let holds_one = self.request.texts().any(|string| text.contains(string.as_str()));
                let has_a_field = Strings::of_request(body) != Strings::default();
                let line = "a consent string came with a request without the person";
                (holds_one || has_a_field).then_some(line).into_iter().collect()
            }
            Path::Exposures => {
                let records = body.pointer("/data/records").and_then(Value::as_array);
                records.into_iter().flatten().filter_map(|record| self.record(record)).collect()
            }
            // No scenario has a bid, so that nobody is notified of one.
            Path::WinNotice
            | Path::BillingNotice
            | Path::LossNotice
            | Path::Touches
            | Path::Recall
            | Path::DeletionRequest => Vec::new(),
        }
    }

    fn record(&self, record: &Value) -> Option<&'static str> {
        let id = record.get("creative_id").and_then(Value::as_str).unwrap_or_default();
        let Some(came) = self.exposures.get(id) else {
            return Some("an exposure came that nobody reported");
        };
        Strings::of_exposure(record).altered(came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn came_in() -> CameIn {
        let request = json!({
            "user": { "ext": { "consent": "tcf-text" } },
            "regs": { "gpp": "gpp-text", "gpp_sid": [7], "us_privacy": "" },
        });
        let exposure = Strings::of_exposure(&json!({ "us_privacy": "1YNN", "gpp_sid": [-1] }));
        CameIn {
            request: Strings::of_request(&request),
            exposures: BTreeMap::from([(String::from("seen-1"), exposure)]),
        }
    }

    fn differences(path: Path, body: &Value) -> Vec<&'static str> {
        came_in().differences(path, body)
    }

    #[test]
    fn a_string_leaves_as_it_came_or_not_at_all() {
        let whole = json!({
            "user": { "consent": "tcf-text" }, "regs": { "gpp": "gpp-text", "gpp_sid": [7] },
        });
        for fitting in [json!({}), json!({ "user": { "consent": "tcf-text" } }), whole] {
            assert!(differences(Path::BidRequest, &fitting).is_empty(), "{fitting}");
        }
        for altered in [
            json!({ "user": { "consent": "tcf-text." } }),
            json!({ "regs": { "us_privacy": "1---" } }),
            json!({ "regs": { "gpp": "gpp-text", "gpp_sid": [8] } }),
            json!({ "regs": { "gpp": "gpp-text" } }),
            json!({ "regs": { "gpp_sid": [7] } }),
        ] {
            assert_eq!(differences(Path::BidRequest, &altered).len(), 1, "{altered}");
        }
    }

    /// A string of 27 November 2026 at 13:37, and of the day.
    #[test]
    fn a_string_leaves_without_the_time_of_day_that_it_was_made_at() {
        let noon = "CQuWIbiQuWIbiABcDeFG";
        let day = without_time_of_day(noon);
        assert_eq!(without_time_of_day(&day), day);
        assert_eq!((&day[..1], &day[1..7], &day[13..]), ("C", &day[7..13], "ABcDeFG"));
        let time = |text: &str| text.bytes().fold(0, |sum, byte| sum * 64 + digit(byte).unwrap());
        assert_eq!(time(&noon[1..7]) / DAY_DS * DAY_DS, time(&day[1..7]));
        let came = CameIn {
            request: Strings { tcf: Some(noon.to_owned()), ..Strings::default() },
            ..CameIn::default()
        };
        for (text, wrong) in [(day.as_str(), 0), (noon, 1)] {
            let body = json!({ "user": { "consent": text } });
            assert_eq!(came.differences(Path::BidRequest, &body).len(), wrong, "{text}");
        }
    }

    #[test]
    fn no_string_comes_with_a_request_without_the_person() {
        assert!(
            differences(Path::ContextualBidRequest, &json!({ "regs": { "gdpr": 1 } })).is_empty()
        );
        for held in [json!({ "regs": { "gpp_sid": [7] } }), json!({ "ext": ["a tcf-text inside"] })]
        {
            assert_eq!(differences(Path::ContextualBidRequest, &held).len(), 1, "{held}");
        }
    }

    #[test]
    fn an_exposure_is_told_with_its_own_strings() {
        let batch = |record: Value| json!({ "data": { "records": [record] } });
        let own = json!({ "creative_id": "seen-1", "us_privacy": "1YNN" });
        assert!(differences(Path::Exposures, &batch(own)).is_empty());
        for other in [
            json!({ "creative_id": "seen-1", "us_privacy": "1YYN" }),
            json!({ "creative_id": "seen-1", "gpp_sid": [-1] }),
            json!({ "creative_id": "seen-2" }),
        ] {
            assert_eq!(differences(Path::Exposures, &batch(other.clone())).len(), 1, "{other}");
        }
    }
}
