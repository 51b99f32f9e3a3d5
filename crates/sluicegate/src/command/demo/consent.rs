//! The consent strings that come with the demo people's requests, as their consent management platform would have
//! made them.

use super::people::pick;
use rand::{RngExt, rngs::StdRng};
use serde_json::{Map, Value, json};
use sluicegate_signals_encoder::{Gpp, TcString, UsSection, UsSpecification};

/// The vendors of the demo's register, by their ids on its vendor list.
const VENDORS: [u16; 3] = [60_001, 60_002, 60_003];
/// 2 March 2026, in tenths of a second since 1970.
const MADE_DS: u64 = 17_724_096_000;

/// What somebody said when they were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nobody asked.
    Nothing,
    /// Yes to everything, under the European framework.
    Agreed,
    /// No to ads by profile, yes to the rest.
    AgreedWithoutProfile,
    /// No to everything.
    Refused,
    /// No opt-out under the law of California.
    OptedIn,
    /// An opt-out of sale under the law of California.
    OptedOut,
}

impl Said {
    /// Returns what somebody of that country may have said.
    pub(crate) fn somewhere(country: &str, dice: &mut StdRng) -> Self {
        match country {
            "DEU" | "FRA" => pick(&[Self::Agreed, Self::AgreedWithoutProfile, Self::Refused], dice),
            "USA" if dice.random_ratio(1, 4) => pick(&[Self::OptedIn, Self::OptedOut], dice),
            _ => Self::Nothing,
        }
    }

    /// Returns the string of the European framework, if that is what was asked about.
    fn tcf(self) -> Option<String> {
        let string = match self {
            Self::Agreed => TcString::agreeing(MADE_DS, &VENDORS),
            Self::AgreedWithoutProfile => {
                let mut string = TcString::agreeing(MADE_DS, &VENDORS);
                string.purposes_consent.retain(|purpose| !(3..=6).contains(purpose));
                string
            }
            Self::Refused => {
                let shown = TcString::agreeing(MADE_DS, &VENDORS).disclosed;
                TcString { disclosed: shown, ..TcString::new(MADE_DS) }
            }
            Self::Nothing | Self::OptedIn | Self::OptedOut => return None,
        };
        Some(string.encode())
    }

    /// Returns the string of the Global Privacy Platform with its section in force, likewise.
    fn gpp(self) -> Option<(String, u16)> {
        let mut section = UsSection::agreeing(UsSpecification::California);
        match self {
            Self::OptedIn => {}
            Self::OptedOut => drop(section.set("SaleOptOut", &[1]).set("SharingOptOut", &[1])),
            Self::Nothing | Self::Agreed | Self::AgreedWithoutProfile | Self::Refused => {
                return None;
            }
        }
        Some((Gpp::new().with_us(&section).encode(), UsSpecification::California.section()))
    }

    /// Adds it to a bid request, as `OpenRTB` 2.6 carries it.
    pub(crate) fn to_request(self, request: &mut Value) {
        if let Some(string) = self.tcf() {
            put(request, "regs", "gdpr", json!(1));
            put(request, "user", "consent", json!(string));
        }
        if let Some((string, section)) = self.gpp() {
            put(request, "regs", "gpp", json!(string));
            put(request, "regs", "gpp_sid", json!([section]));
        }
    }

    /// Adds it to an exposure.
    pub(crate) fn to_exposure(self, exposure: &mut Map<String, Value>) {
        if let Some(string) = self.tcf() {
            exposure.insert(String::from("gdpr"), json!(1));
            exposure.insert(String::from("tc_string"), json!(string));
        }
        if let Some((string, section)) = self.gpp() {
            exposure.insert(String::from("gpp_string"), json!(string));
            exposure.insert(String::from("gpp_sid"), json!([section]));
        }
    }
}

fn put(request: &mut Value, object: &str, key: &str, value: Value) {
    if let Some(object) = request.get_mut(object).and_then(Value::as_object_mut) {
        object.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_signals::{InForce, TcString as Read};

    #[test]
    fn every_string_can_be_read() {
        for said in [Said::Agreed, Said::AgreedWithoutProfile, Said::Refused] {
            assert!(Read::read_valid(&said.tcf().unwrap()).is_ok(), "{said:?}");
        }
        for (said, refuses) in [(Said::OptedIn, false), (Said::OptedOut, true)] {
            let (text, section) = said.gpp().unwrap();
            let read = InForce::read(Some(&text), &[i64::from(section)]);
            assert_eq!(!read.read().unwrap().us.is_empty(), refuses, "{said:?}");
        }
        assert_eq!(Said::Nothing.tcf(), None);
    }
}
