//! Random strings: what someone agreed to, with some things changed.

use crate::roll::{Roller, VENDOR};
use sluicegate_signals_encoder::{UsSection, UsSpecification};
use sluicegate_testkit::naive::{
    CanadaFacts, Publisher, Restriction, Said, Section, Signals, TcfFacts, UsFacts,
};
use std::collections::BTreeSet;

/// In 2026, after the strings have to say which vendors were shown.
const MADE_DS: u64 = 17_800_000_000;

impl Roller {
    pub(crate) fn change_gpp(&mut self, signals: &mut Signals) {
        signals.gpp = match self.below(16) {
            0 => Said::Nothing,
            1 => Said::Broken,
            2 => Said::This(vec![Section::Europe(self.europe())]),
            3 => Said::This(vec![Section::Canada(self.canada())]),
            4 => Said::This(vec![Section::UsPrivacy(self.one_of(&[
                ['Y', 'N', 'N'],
                ['Y', 'Y', 'N'],
                ['N', 'N', 'N'],
                ['-', '-', '-'],
            ]))]),
            5 => Said::This(vec![
                Section::Europe(self.europe()),
                Section::Canada(self.canada()),
                Section::UnitedStates(self.us()),
            ]),
            6 => Said::This(vec![Section::Damaged(self.one_of(&[2, 5, 6, 7, 8]))]),
            8 | 9 => Said::This(self.two_laws()),
            7 => Said::This(vec![
                Section::Canada(self.canada()),
                Section::Damaged(self.one_of(&[2, 6, 7, 8])),
            ]),
            _ => Said::This(vec![Section::UnitedStates(self.us())]),
        };
    }

    /// Sections of two laws, or of one where they are the same.
    fn two_laws(&mut self) -> Vec<Section> {
        let (one, other) = (self.us(), self.us());
        let both = if one.section == other.section { vec![one] } else { vec![one, other] };
        both.into_iter().map(Section::UnitedStates).collect()
    }

    pub(crate) fn change_tcf(&mut self, signals: &mut Signals) {
        signals.tcf = match self.below(8) {
            0 => Said::Nothing,
            1 => Said::Broken,
            _ => Said::This(self.europe()),
        };
    }

    /// An agreeing section with up to two of its fields rolled anew.
    fn us(&mut self) -> UsFacts {
        let specification = self.one_of(&UsSpecification::ALL);
        let mut section = UsSection::agreeing(specification);
        let highest = if self.chance(30) { 3 } else { 2 };
        for _ in 0..self.below(3) {
            let fields = specification.fields();
            let field = self.one_of(fields);
            let entries: Vec<u8> = (0..field.entries).map(|_| self.entry(highest)).collect();
            section.set(field.name, &entries);
        }
        if specification.has_gpc() && self.chance(3) {
            section.gpc = Some(self.chance(2));
        }
        if section.sensitive.is_some() && self.chance(3) {
            let entries = [(); 8].map(|()| self.entry(2));
            section.sensitive = self.one_of(&[None, Some(entries), Some(entries)]);
        }
        us(&section)
    }

    /// A string of someone who agreed to everything, with up to three things changed.
    fn europe(&mut self) -> TcfFacts {
        let mut string = agreeing();
        for _ in 0..self.below(4) {
            match self.below(11) {
                0 => string.purposes_consent = self.most(1..=11),
                1 => string.purposes_interest = self.most([1, 2, 4, 7, 8]),
                2 => string.features = self.most([1, 2]),
                3 => string.vendors_consent = self.most([VENDOR, VENDOR + 1]),
                4 => string.vendors_interest = self.most([VENDOR, VENDOR + 1]),
                5 => string.disclosed = Some(self.most([VENDOR, VENDOR + 1])),
                6 => {
                    let Publisher { consent, interest } =
                        Publisher { consent: self.most(1..=11), interest: self.most([2, 4, 7]) };
                    string.publisher =
                        self.one_of(&[false, true]).then_some(Publisher { consent, interest });
                }
                7 | 8 => string.restrictions.extend(self.restriction(&string.restrictions)),
                9 => {
                    (string.disclosed, string.created_ds) =
                        (None, self.one_of(&[MADE_DS, 17_000_000_000]));
                }
                _ => {
                    string.policy_version = self.one_of(&[3, 4, 5, 5]);
                    string.service_specific = !self.chance(4);
                }
            }
        }
        string
    }

    /// At most one of each purpose and kind.
    fn restriction(&mut self, others: &[Restriction]) -> Option<Restriction> {
        let (purpose, kind) = (self.one_of(&[1, 2, 4, 7]), self.one_of(&[0, 1, 2, 2, 3]));
        let is_new = others.iter().all(|one| (one.purpose, one.kind) != (purpose, kind));
        let vendors = BTreeSet::from([self.one_of(&[VENDOR, VENDOR, VENDOR + 1]), 5]);
        is_new.then_some(Restriction { purpose, kind, vendors })
    }

    pub(crate) fn canada(&mut self) -> CanadaFacts {
        let mut section = CanadaFacts {
            purposes: (1..=10).collect(),
            features: [1].into(),
            vendors: [VENDOR].into(),
            disclosed: None,
            restrictions: Vec::new(),
            publisher: Some((1..=10).collect()),
        };
        if self.chance(3) {
            match self.below(6) {
                0 => section.purposes = self.most(1..=10),
                1 => section.features = self.most([1, 2]),
                2 => section.vendors = self.most([VENDOR, VENDOR + 1]),
                3 => section.disclosed = Some(self.most([VENDOR, VENDOR + 1])),
                4 => section.restrictions.extend(self.restriction(&[])),
                _ => section.publisher = self.one_of(&[false, true]).then(|| self.most(1..=10)),
            }
        }
        section
    }
}

pub(crate) fn agreeing() -> TcfFacts {
    TcfFacts {
        created_ds: MADE_DS,
        policy_version: 5,
        service_specific: true,
        purposes_consent: (1..=11).collect(),
        purposes_interest: [2, 7, 8, 9, 10, 11].into(),
        features: [1, 2].into(),
        vendors_consent: [VENDOR, 5].into(),
        vendors_interest: [VENDOR, 5].into(),
        disclosed: Some([VENDOR, 5].into()),
        restrictions: Vec::new(),
        publisher: Some(Publisher { consent: (1..=11).collect(), interest: BTreeSet::new() }),
    }
}

/// What a section says, by the names of its fields.
pub(crate) fn us(section: &UsSection) -> UsFacts {
    let specification = section.specification();
    let named = |name| Some((name, section.entries(name)?));
    let beside = section.sensitive.map(|entries| ("SensitiveDataProcessing", entries.to_vec()));
    UsFacts {
        section: specification.section(),
        version: section.version,
        fields: specification
            .fields()
            .iter()
            .filter_map(|field| named(field.name))
            .chain(beside)
            .collect(),
        gpc: section.gpc,
    }
}
