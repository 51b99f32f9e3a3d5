//! From what a scenario says of consent to the strings that a request carries.

use super::{
    consent::{
        Disclosed, Entries, Entry, Gpp, Law, PurposeOne, Restriction, RestrictionKind, Scope,
        SectionId, Tcf, TcfCanada, Vendor,
    },
    register::is_toml,
};
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use sluicegate_signals_encoder as encoder;
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// The day of every scenario.
const TODAY: &str = "2026-03-02";

/// The numbers of the sample register's partnerships on its vendor list.
#[derive(Debug, Default)]
pub(crate) struct Vendors(BTreeMap<String, u16>);

impl Vendors {
    /// Reads them from the sample register.
    pub(crate) fn of(sample: &[(String, String)]) -> anyhow::Result<Self> {
        let mut numbers = BTreeMap::new();
        for (_, text) in sample.iter().filter(|(name, _)| is_toml(name)) {
            let file: Table = toml::from_str(text)?;
            let listed = file.get("partnership").and_then(toml::Value::as_array);
            for entry in listed.into_iter().flatten() {
                let number = entry.get("tcf_vendor_id").and_then(toml::Value::as_integer);
                let (Some(id), Some(number)) = (entry.get("id"), number) else { continue };
                numbers.insert(id.as_str().unwrap_or_default().to_owned(), number.try_into()?);
            }
        }
        Ok(Self(numbers))
    }

    fn number(&self, vendor: &Vendor) -> anyhow::Result<u16> {
        match vendor {
            Vendor::Number(number) => Ok(*number),
            Vendor::Partnership(id) => {
                let number = self.0.get(id).copied();
                number.with_context(|| format!("`{id}` has no vendor id in the sample register"))
            }
        }
    }

    fn numbers(&self, vendors: &[Vendor]) -> anyhow::Result<BTreeSet<u16>> {
        vendors.iter().map(|vendor| self.number(vendor)).collect()
    }

    fn restrictions(&self, said: &[Restriction]) -> anyhow::Result<Vec<encoder::Restriction>> {
        let one = |restriction: &Restriction| {
            let kind = match restriction.kind {
                RestrictionKind::NotAllowed => 0,
                RestrictionKind::RequireConsent => 1,
                RestrictionKind::RequireLegitimateInterest => 2,
                RestrictionKind::Undefined => 3,
            };
            let vendors = self.numbers(&restriction.vendors)?;
            Ok(encoder::Restriction { purpose: restriction.purpose, kind, vendors })
        };
        said.iter().map(one).collect()
    }
}

/// Returns the string of the framework in Europe.
pub(crate) fn tcf(said: &Tcf, vendors: &Vendors) -> anyhow::Result<encoder::TcString> {
    let consent = vendors.numbers(&said.vendors)?;
    let interest = vendors.numbers(&said.vendors_legitimate_interest)?;
    let restrictions = vendors.restrictions(&said.restrictions)?;
    let disclosed = match &said.disclosed {
        Some(Disclosed::Vendors(shown)) => Some(vendors.numbers(shown)?),
        Some(Disclosed::Word(_unsaid)) => None,
        None => {
            let restricted = restrictions.iter().flat_map(|one| &one.vendors);
            Some(consent.iter().chain(&interest).chain(restricted).copied().collect())
        }
    };
    let (own, own_interest) = (&said.publisher, &said.publisher_legitimate_interest);
    let publisher = (own.is_some() || own_interest.is_some()).then(|| encoder::Publisher {
        purposes_consent: own.clone().unwrap_or_default(),
        purposes_legitimate_interest: own_interest.clone().unwrap_or_default(),
        ..encoder::Publisher::default()
    });
    let made = deciseconds(said.created.as_deref().unwrap_or(TODAY))?;
    let plain = encoder::TcString::new(made);
    Ok(encoder::TcString {
        policy_version: said.policy.unwrap_or(plain.policy_version),
        service_specific: said.scope == Scope::OneService,
        special_feature_opt_ins: said.special_features.clone(),
        purposes_consent: said.purposes.clone(),
        purposes_legitimate_interest: said.legitimate_interest.clone(),
        purpose_one_treatment: said.purpose_one == PurposeOne::NotAsked,
        vendors_consent: encoder::Vendors::of(consent),
        vendors_legitimate_interest: encoder::Vendors::of(interest),
        restrictions,
        disclosed: disclosed.map(encoder::Vendors::of),
        publisher,
        ..plain
    })
}

fn tcf_canada(said: &TcfCanada, vendors: &Vendors) -> anyhow::Result<encoder::TcfCanada> {
    let list = |named: &[Vendor]| vendors.numbers(named).map(encoder::Vendors::of);
    let publisher = said.publisher.clone().map(|purposes_consent| encoder::Publisher {
        purposes_consent,
        ..encoder::Publisher::default()
    });
    Ok(encoder::TcfCanada {
        special_feature_express_consent: said.special_features.clone(),
        purposes_express_consent: said.purposes.clone(),
        purposes_implied_consent: said.implied.clone(),
        vendors_express_consent: list(&said.vendors)?,
        vendors_implied_consent: list(&said.vendors_implied)?,
        restrictions: vendors.restrictions(&said.restrictions)?,
        disclosed: said.disclosed.as_deref().map(list).transpose()?,
        publisher,
        ..encoder::TcfCanada::new(deciseconds(TODAY)?)
    })
}

/// Returns the string of the Global Privacy Platform, and the sections in force if the scenario says them. There
/// is no string if it says nothing else.
pub(crate) fn gpp(
    said: &Gpp,
    vendors: &Vendors,
) -> anyhow::Result<(Option<String>, Option<Value>)> {
    let mut string = encoder::Gpp::new();
    if let Some(section) = &said.tcf {
        string = string.with_tcf(&tcf(section, vendors)?);
    }
    if let Some(section) = &said.tcf_canada {
        string = string.with_tcf_canada(&tcf_canada(section, vendors)?);
    }
    if let Some(text) = &said.us_privacy {
        string = string.with(6, text);
    }
    for (prefix, section) in &said.laws {
        string = string.with_us(&law(prefix, section)?);
    }
    for (number, text) in &said.text {
        string = string.with(number.parse()?, text);
    }
    let numbers = |ids: &Vec<SectionId>| ids.iter().map(section_number).collect();
    let in_force: Option<Vec<i64>> = said.in_force.as_ref().map(numbers).transpose()?;
    let text = (!string.sections.is_empty()).then(|| string.encode());
    Ok((text, in_force.map(Value::from)))
}

fn section_number(id: &SectionId) -> anyhow::Result<i64> {
    Ok(match id {
        SectionId::Number(number) => *number,
        SectionId::Name(name) => match name.as_str() {
            "tcf" => 2,
            "tcf_canada" => 5,
            "us_privacy" => 6,
            prefix => specification(prefix, None)?.section().into(),
        },
    })
}

/// Returns the specification of a prefix; of two versions the newer one, if none is said.
fn specification(prefix: &str, version: Option<u8>) -> anyhow::Result<encoder::UsSpecification> {
    let is_it = |one: &encoder::UsSpecification| {
        one.prefix() == prefix && version.is_none_or(|version| one.version() == version)
    };
    let found = encoder::UsSpecification::ALL.into_iter().rfind(is_it);
    found.with_context(|| format!("no section of `gpp` is called `{prefix}` in that version"))
}

fn law(prefix: &str, said: &Law) -> anyhow::Result<encoder::UsSection> {
    let specification = specification(prefix, said.version)?;
    let mut section = encoder::UsSection::agreeing(specification);
    if said.gpc.is_some() {
        ensure!(specification.has_gpc(), "`{prefix}` has no `gpc`");
        section.gpc = said.gpc;
    }
    if let Some(entries) = &said.sensitive {
        let changed = section.sensitive.as_mut().map(<[u8; 8]>::as_mut_slice);
        let changed = changed.with_context(|| format!("`{prefix}` has no `sensitive`"))?;
        change(changed, "SensitiveDataProcessing", entries)?;
    }
    for (field, entries) in &said.fields {
        let was = section.entries(field);
        let mut changed = was.with_context(|| format!("`{prefix}` has no `{field}`"))?;
        change(&mut changed, field, entries)?;
        section.set(field, &changed);
    }
    Ok(section)
}

fn change(entries: &mut [u8], field: &str, said: &Entries) -> anyhow::Result<()> {
    match said {
        Entries::All(entry) => entries.fill(value(field, entry)?),
        Entries::Some(some) => {
            for (number, entry) in some {
                let place = number.parse::<usize>()?.checked_sub(1);
                let place = place.and_then(|place| entries.get_mut(place));
                *place.with_context(|| format!("`{field}` has no entry {number}"))? =
                    value(field, entry)?;
            }
        }
    }
    Ok(())
}

/// Returns the number of the specification for a word, which depends on what the field says.
fn value(field: &str, entry: &Entry) -> anyhow::Result<u8> {
    let word = match entry {
        Entry::Number(number) => return Ok(*number),
        Entry::Word(word) => word.as_str(),
    };
    let words = match field {
        "MspaMode" => ["opt_out_option", "service_provider"],
        field if field.starts_with("Mspa") => ["yes", "no"],
        field if field.ends_with("Notice") => ["given", "not_given"],
        field if field.ends_with("OptOut") => ["opted_out", "not_opted_out"],
        _ => ["refused", "agreed"],
    };
    match words {
        _ if word == "not_applicable" => Ok(0),
        [one, _] if one == word => Ok(1),
        [_, two] if two == word => Ok(2),
        _ => bail!("`{field}` cannot be `{word}`: it is one of {words:?} or `not_applicable`"),
    }
}

/// Returns the beginning of a day in UTC, in tenths of a second since 1970.
/// Reads a day, or a moment of one.
fn deciseconds(made: &str) -> anyhow::Result<u64> {
    let moment = if made.contains('T') { made.to_owned() } else { format!("{made}T00:00:00Z") };
    let moment: jiff::Timestamp = moment.parse()?;
    Ok(u64::try_from(moment.as_millisecond())? / 100)
}
