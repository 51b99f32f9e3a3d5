//! Facts as the strings in which a request carries them.

use sluicegate_signals::{GppReading, Reading, TcString, UsPrivacy};
use sluicegate_signals_encoder as encoder;
use sluicegate_testkit::naive::{
    CanadaFacts, Restriction, Said, Section, Signals, TcfFacts, UsFacts,
};
use std::collections::BTreeSet;

/// The strings of one request.
pub(crate) struct Strings {
    us_privacy: Option<String>,
    gpp: Option<String>,
    sections: Vec<i64>,
    tcf: Option<String>,
}

impl Strings {
    pub(crate) fn of(signals: &Signals) -> Self {
        let (gpp, sections) = gpp(&signals.gpp);
        Self {
            us_privacy: us_privacy(&signals.us_privacy),
            gpp,
            sections,
            tcf: match &signals.tcf {
                Said::Nothing => None,
                // The version is that of something else.
                Said::Broken => Some("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA".into()),
                Said::This(string) => Some(europe(string).encode()),
            },
        }
    }

    pub(crate) fn us_privacy(&self) -> Reading<UsPrivacy> {
        Reading::of(self.us_privacy.as_deref(), UsPrivacy::read)
    }

    pub(crate) fn gpp(&self) -> GppReading<'_> {
        GppReading::of(self.gpp.as_deref(), &self.sections)
    }

    pub(crate) fn tcf(&self) -> Reading<TcString<'_>> {
        Reading::of(self.tcf.as_deref(), TcString::read_valid)
    }
}

fn us_privacy(said: &Said<[char; 3]>) -> Option<String> {
    match said {
        Said::Nothing => None,
        Said::Broken => Some("1Y".into()),
        Said::This(letters) => Some(std::iter::once('1').chain(*letters).collect()),
    }
}

fn gpp(said: &Said<Vec<Section>>) -> (Option<String>, Vec<i64>) {
    match said {
        Said::Nothing => (None, Vec::new()),
        Said::Broken => (Some("nothing".into()), Vec::new()),
        Said::This(sections) => {
            let mut gpp = encoder::Gpp::new();
            for section in sections {
                gpp = match section {
                    Section::Europe(string) => gpp.with_tcf(&europe(string)),
                    Section::Canada(string) => gpp.with_tcf_canada(&canada(string)),
                    Section::UsPrivacy(letters) => {
                        gpp.with(6, us_privacy(&Said::This(*letters)).unwrap_or_default())
                    }
                    Section::UnitedStates(said) => gpp.with_us(&us(said)),
                    // Too short for any.
                    Section::Damaged(id) => gpp.with(*id, "B"),
                };
            }
            let ids = gpp.sections.keys().map(|id| i64::from(*id)).collect();
            (Some(gpp.encode()), ids)
        }
    }
}

fn vendors(ids: &BTreeSet<u16>) -> encoder::Vendors {
    encoder::Vendors::of(ids.iter().copied())
}

fn restrictions(all: &[Restriction]) -> Vec<encoder::Restriction> {
    let one = |one: &Restriction| encoder::Restriction {
        purpose: one.purpose,
        kind: one.kind,
        vendors: one.vendors.clone(),
    };
    all.iter().map(one).collect()
}

fn europe(said: &TcfFacts) -> encoder::TcString {
    encoder::TcString {
        policy_version: said.policy_version,
        service_specific: said.service_specific,
        special_feature_opt_ins: said.features.clone(),
        purposes_consent: said.purposes_consent.clone(),
        purposes_legitimate_interest: said.purposes_interest.clone(),
        vendors_consent: vendors(&said.vendors_consent),
        vendors_legitimate_interest: vendors(&said.vendors_interest),
        restrictions: restrictions(&said.restrictions),
        disclosed: said.disclosed.as_ref().map(vendors),
        publisher: said.publisher.as_ref().map(|publisher| encoder::Publisher {
            purposes_consent: publisher.consent.clone(),
            purposes_legitimate_interest: publisher.interest.clone(),
            ..encoder::Publisher::default()
        }),
        ..encoder::TcString::new(said.created_ds)
    }
}

fn canada(said: &CanadaFacts) -> encoder::TcfCanada {
    encoder::TcfCanada {
        special_feature_express_consent: said.features.clone(),
        purposes_express_consent: said.purposes.clone(),
        vendors_express_consent: vendors(&said.vendors),
        restrictions: restrictions(&said.restrictions),
        disclosed: said.disclosed.as_ref().map(vendors),
        publisher: said.publisher.as_ref().map(|purposes| encoder::Publisher {
            purposes_consent: purposes.clone(),
            ..encoder::Publisher::default()
        }),
        ..encoder::TcfCanada::new(17_800_000_000)
    }
}

fn us(said: &UsFacts) -> encoder::UsSection {
    let is_it = |one: &encoder::UsSpecification| {
        (one.section(), one.version()) == (said.section, said.version)
    };
    let specification = encoder::UsSpecification::ALL.into_iter().find(is_it).unwrap();
    let mut section = encoder::UsSection::new(specification);
    for (name, entries) in &said.fields {
        if section.entries(name).is_some() {
            section.set(name, entries);
        } else {
            section.sensitive = entries.as_slice().try_into().ok();
        }
    }
    section.gpc = said.gpc;
    section
}
