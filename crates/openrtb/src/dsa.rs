//! Transparency of the Digital Services Act: what a publisher asks for, and what a bid says of who pays for an ad and
//! by what it was chosen. Nothing of a person is in it.
//!
//! Source: the IAB's community extension DSA Transparency. `dsaparams` may also be called `params`, as in its first
//! version; an object that says more is read without it.

use crate::{
    fields::{Fault, Fields},
    grammar,
};
use serde::Serialize;

/// `regs.ext.dsa` of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dsa {
    /// Whether a bid must say it: 2 and 3 mean that it must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dsarequired: Option<u8>,
    /// Whether the publisher shows it: 0 no, 1 perhaps, 2 yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubrender: Option<u8>,
    /// Whether the publisher wants it for itself: 0 no, 1 perhaps, 2 yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datatopub: Option<u8>,
    /// Who chose by what before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transparency: Vec<Transparency>,
}

/// Who chose an ad, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transparency {
    /// The domain of whoever did.
    pub domain: String,
    /// By what: 1 profiling, 2 the context, 3 the exact place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dsaparams: Vec<u16>,
}

/// `ext.dsa` of a bid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BidDsa {
    /// In whose name the ad is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behalf: Option<String>,
    /// Who paid for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid: Option<String>,
    /// Who chose it by what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transparency: Vec<Transparency>,
    /// Whether the ad shows all this by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adrender: Option<u8>,
}

impl Dsa {
    /// Reads it where it stands: in `regs.dsa`, else in `regs.ext.dsa`.
    pub(crate) fn of(regs: &Fields<'_>) -> Result<Option<Self>, Fault> {
        let ext = regs.object("ext")?;
        let there = ext.as_ref().map(|ext| ext.object("dsa")).transpose()?.flatten();
        let Some(fields) = regs.object("dsa")?.or(there) else { return Ok(None) };
        Ok(Some(Self {
            dsarequired: small(&fields, "dsarequired", 3, "must be 0 to 3")?,
            pubrender: small(&fields, "pubrender", 2, "must be 0 to 2")?,
            datatopub: small(&fields, "datatopub", 2, "must be 0 to 2")?,
            transparency: transparency(&fields)?,
        }))
    }

    /// Returns whether a bid that does not say it counts.
    pub fn is_required(&self) -> bool {
        self.dsarequired.is_some_and(|required| required >= 2)
    }

    /// Returns whether a bid says what is asked for, and either the publisher or the ad shows it, and not both.
    pub fn is_answered_by(&self, bid: Option<&BidDsa>) -> bool {
        if !self.is_required() {
            return true;
        }
        bid.is_some_and(|bid| {
            let nobody_shows = self.pubrender == Some(0) && bid.adrender != Some(1);
            let both_show = self.pubrender == Some(2) && bid.adrender == Some(1);
            bid.behalf.is_some() && bid.paid.is_some() && !nobody_shows && !both_show
        })
    }
}

impl BidDsa {
    /// Reads it; an object that is not as it must be counts as absent.
    pub(crate) fn of(bid: &Fields<'_>) -> Option<Self> {
        let ext = bid.object("ext").ok()??;
        let fields = ext.object("dsa").ok()??;
        let name = |key: &str| match fields.text(key) {
            Ok(None) => Some(None),
            Ok(Some(text)) if is_name(text) => Some(Some(text.to_owned())),
            Ok(Some(_)) | Err(_) => None,
        };
        Some(Self {
            behalf: name("behalf")?,
            paid: name("paid")?,
            transparency: transparency(&fields).ok()?,
            adrender: small(&fields, "adrender", 1, "must be 0 or 1").ok()?,
        })
    }
}

fn small(
    fields: &Fields<'_>,
    key: &str,
    max: u8,
    problem: &'static str,
) -> Result<Option<u8>, Fault> {
    let Some(value) = fields.integer(key)? else { return Ok(None) };
    let small = u8::try_from(value).ok().filter(|value| *value <= max);
    small.map(Some).ok_or_else(|| fields.fault(key, problem))
}

fn transparency(fields: &Fields<'_>) -> Result<Vec<Transparency>, Fault> {
    let mut read = Vec::new();
    for one in fields.objects("transparency")?.iter().take(LIST_MAX) {
        let key = if one.has("dsaparams") { "dsaparams" } else { "params" };
        let params = one.integers(key)?.into_iter().take(LIST_MAX);
        let dsaparams =
            params.filter_map(|code| u16::try_from(code).ok()).filter(|code| *code < 1000);
        let Some(domain) = one.text("domain")?.filter(|domain| grammar::domain(domain)) else {
            continue;
        };
        read.push(Transparency { domain: domain.to_owned(), dsaparams: dsaparams.collect() });
    }
    Ok(read)
}

/// A name of at most a hundred characters on one line, that reads as it is written.
fn is_name(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.trim().is_empty()
        && text.chars().count() <= NAME_CHARS_MAX
        && !text.chars().any(|c| c.is_control() || turns(c))
}

/// As the extension says.
const NAME_CHARS_MAX: usize = 100;
/// Further entries are not read.
const LIST_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn bid(adrender: Option<u8>) -> BidDsa {
        let name = Some(String::from("Shop"));
        BidDsa { behalf: name.clone(), paid: name, adrender, ..BidDsa::default() }
    }

    #[test]
    fn either_the_publisher_or_the_ad_shows_who_paid() {
        for (pubrender, adrender, answered) in [
            (Some(0), Some(1), true),
            (Some(0), Some(0), false),
            (Some(0), None, false),
            (Some(1), Some(0), true),
            (Some(1), Some(1), true),
            (Some(2), Some(1), false),
            (Some(2), Some(0), true),
            (None, None, true),
        ] {
            let asked = |dsarequired| Dsa { dsarequired, pubrender, ..Dsa::default() };
            for required in [Some(2), Some(3)] {
                let said = asked(required).is_answered_by(Some(&bid(adrender)));
                assert_eq!(said, answered, "{pubrender:?} {adrender:?}");
                assert!(!asked(required).is_answered_by(None));
                let nameless = BidDsa { paid: None, ..bid(adrender) };
                assert!(!asked(required).is_answered_by(Some(&nameless)));
            }
            for optional in [None, Some(0), Some(1)] {
                assert!(asked(optional).is_answered_by(None));
            }
        }
    }

    #[test]
    fn a_name_is_short_and_on_one_line() {
        assert!(is_name("Kaufhaus Zürich") && is_name(&"a".repeat(100)));
        for wrong in ["", " ", "a\nb", "a\u{202e}b", &"é".repeat(101)] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }
}
