//! Random facts: an open world, with some things changed.

use crate::strings::{agreeing, us};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sluicegate_signals_encoder::{UsSection, UsSpecification};
use sluicegate_testkit::naive::{
    Demographics, Facts, KeyFacts, List, Opportunity, Partner, Partnership, Said, Section, Signals,
    View,
};
use std::collections::BTreeSet;

const NOW_MS: i64 = 1_800_000_000_000;
pub(crate) const VENDOR: u16 = 77;

const CATEGORIES: [&str; 7] = [
    "plumbing",
    "context",
    "coarse_device",
    "device_identifier",
    "demographic",
    "exposure",
    "precise_location",
];

/// Rows of every kind, and one country without a row.
const COUNTRIES: [&str; 20] = [
    "USA", "AUS", "NZL", "MEX", "CAN", "BRA", "KOR", "IND", "DEU", "FRA", "ESP", "GBR", "CHE",
    "NOR", "BEL", "ARG", "REU", "ALA", "SJM", "GGY",
];

/// Repeatable dice.
pub(crate) struct Roller(StdRng);

impl Roller {
    pub(crate) fn of(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Rolls a whole case: an open world, then zero to three changes.
    pub(crate) fn facts(&mut self) -> Facts {
        let mut facts = self.open();
        let changes = self.one_of(&[0, 1, 1, 1, 2, 2, 3, 8]);
        for _ in 0..changes {
            self.change(&mut facts);
        }
        facts
    }

    pub(crate) fn chance(&mut self, of: u32) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    /// Rolls an entry of a section.
    pub(crate) fn entry(&mut self, highest: u8) -> u8 {
        self.0.random_range(0..=highest)
    }

    /// Rolls a subset that lacks few.
    pub(crate) fn most<T: Copy + Ord>(&mut self, all: impl IntoIterator<Item = T>) -> BTreeSet<T> {
        all.into_iter().filter(|_| !self.chance(5)).collect()
    }

    /// Rolls a number from zero.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0.random_range(0..end)
    }

    fn open(&mut self) -> Facts {
        let is_bid = self.chance(2);
        let kind = if is_bid {
            self.one_of(&["real_time_bidding"; 5])
        } else {
            self.one_of(&[
                "conversion_tracking",
                "conversion_tracking",
                "service_provider",
                "other",
            ])
        };
        let opportunity = if is_bid {
            Opportunity::Bid
        } else {
            Opportunity::Exposure { happened_ms: NOW_MS - 2_000, linked: true }
        };
        let on = KeyFacts { sharing: Some("on"), personalize: Some("on"), ..KeyFacts::default() };
        let mut facts = Facts {
            partnership: Partnership {
                kind,
                categories: CATEGORIES.into(),
                countries: BTreeSet::new(),
                start_ms: 0,
                end_ms: None,
                suspended: false,
                attested_until_ms: Some(NOW_MS + 1),
                listed_since_ms: NOW_MS - 50_000,
                partner: vendor(),
                when_withheld: self.one_of(&["skip", "contextual"]),
            },
            opportunity,
            view: View::Complete { age_ms: 100, bound_ms: 5_000 },
            account: Some(on),
            device: Some(KeyFacts::default()),
            browser: None,
            account_country: Some("USA"),
            country: Some("USA"),
            age: Some(30),
            demographics: Demographics { gender: Some("declared"), age_band: Some("partner") },
            lists: self.lists(),
            surface: "app",
            identifier: "present",
            signals: Signals {
                lmt: Some(0),
                atts: None,
                gpc: Vec::new(),
                coppa: None,
                gdpr: None,
                us_privacy: Said::Nothing,
                gpp: Said::Nothing,
                tcf: Said::Nothing,
            },
            now_ms: NOW_MS,
        };
        self.place(&mut facts);
        facts
    }

    fn lists(&mut self) -> Vec<List> {
        let count = self.one_of(&[0, 1, 3]);
        let list = |number| List {
            is_its_own: !self.chance(3),
            number,
            until_ms: self.one_of(&[NOW_MS - 1, NOW_MS, NOW_MS + 1, NOW_MS + 1_000]),
        };
        (0..count).map(list).collect()
    }

    /// Moves the world to a region, with the string that opens it.
    fn place(&mut self, facts: &mut Facts) {
        match self.below(4) {
            0 => {
                facts.country = Some(self.one_of(&["DEU", "FRA", "GBR", "CHE"]));
                facts.signals.tcf = Said::This(agreeing());
            }
            1 => {
                facts.country = Some("CAN");
                facts.signals.gpp = Said::This(vec![Section::Canada(self.canada())]);
            }
            _ => {
                let specification = self.one_of(&UsSpecification::ALL);
                let section = us(&UsSection::agreeing(specification));
                facts.signals.gpp = Said::This(vec![Section::UnitedStates(section)]);
            }
        }
    }

    fn change(&mut self, facts: &mut Facts) {
        match self.below(22) {
            0..3 => self.change_partnership(&mut facts.partnership),
            3 => self.change_opportunity(facts),
            4 => {
                facts.view = self.one_of(&[
                    View::Incomplete,
                    View::Complete { age_ms: 5_000, bound_ms: 5_000 },
                    View::Complete { age_ms: 5_001, bound_ms: 5_000 },
                ]);
            }
            5..8 => self.change_keys(facts),
            8 => facts.country = self.country(),
            9 => facts.account_country = self.country(),
            10 => {
                facts.age = self.one_of(&[
                    None,
                    Some(9),
                    Some(12),
                    Some(13),
                    Some(14),
                    Some(15),
                    Some(16),
                    Some(17),
                    Some(18),
                ]);
            }
            11 => {
                let sources = [
                    None,
                    Some("declared"),
                    Some("inferred"),
                    Some("partner"),
                    Some("off_platform"),
                ];
                let (gender, age_band) = (self.one_of(&sources), self.one_of(&sources));
                facts.demographics = Demographics { gender, age_band };
                facts.lists = self.lists();
            }
            12 => facts.surface = self.one_of(&["app", "web"]),
            13 => facts.identifier = self.one_of(&["absent", "all zero"]),
            14..17 => self.change_flags(&mut facts.signals),
            17..20 => self.change_gpp(&mut facts.signals),
            _ => self.change_tcf(&mut facts.signals),
        }
    }

    fn country(&mut self) -> Option<&'static str> {
        if self.chance(4) { None } else { Some(self.one_of(&COUNTRIES)) }
    }

    fn change_partnership(&mut self, partnership: &mut Partnership) {
        let times = [NOW_MS - 10_000, NOW_MS - 1, NOW_MS, NOW_MS + 1];
        match self.below(12) {
            0 => partnership.start_ms = self.one_of(&times),
            1 => partnership.end_ms = Some(self.one_of(&times)),
            2 => partnership.suspended = true,
            3 => partnership.attested_until_ms = self.one_of(&[None, Some(NOW_MS), Some(0)]),
            4 => partnership.listed_since_ms = self.one_of(&times),
            5 => {
                let served = [self.one_of(&COUNTRIES), self.one_of(&COUNTRIES), "USA", "FRA"];
                partnership.countries = self.most(served);
            }
            6 | 7 => partnership.categories = self.most(CATEGORIES),
            8 => {
                partnership.kind = self.one_of(&[
                    "real_time_bidding",
                    "conversion_tracking",
                    "service_provider",
                    "other",
                ]);
            }
            9 => partnership.partner = Partner::Processor,
            10 => partnership.partner = self.one_of(&[&Partner::Neither, &vendor()]).clone(),
            _ => {
                let consent = self.most([1, 2, 4]);
                let interest: BTreeSet<u8> =
                    [1, 2, 4, 7].into_iter().filter(|one| !consent.contains(one)).collect();
                partnership.partner = Partner::Vendor {
                    id: self.one_of(&[VENDOR, VENDOR, VENDOR + 1]),
                    consent,
                    interest,
                    flexible: self.most([1, 2, 4, 7]),
                    features: self.most([1, 2]),
                };
            }
        }
    }

    fn change_opportunity(&mut self, facts: &mut Facts) {
        let ago = self.one_of(&[0, 1_000, 5_000, 10_000, 100_000]);
        let exposure = Opportunity::Exposure { happened_ms: NOW_MS - ago, linked: !self.chance(3) };
        facts.opportunity = if self.chance(8) { Opportunity::Bid } else { exposure };
    }

    fn change_keys(&mut self, facts: &mut Facts) {
        let choices = [None, None, Some("on"), Some("off")];
        let key = KeyFacts {
            sharing: self.one_of(&choices),
            personalize: self.one_of(&choices),
            sharing_marked: self.chance(6),
            personalize_marked: self.chance(6),
            open_since_ms: self.one_of(&[None, None, Some(NOW_MS - 5_000), Some(NOW_MS - 1_000)]),
        };
        let key = if self.chance(4) { None } else { Some(key) };
        match self.below(3) {
            0 => facts.account = key,
            1 => facts.device = key,
            _ => facts.browser = key,
        }
    }

    fn change_flags(&mut self, signals: &mut Signals) {
        match self.below(7) {
            0 => signals.lmt = self.one_of(&[None, Some(1), Some(2), Some(0)]),
            1 => {
                signals.atts =
                    self.one_of(&[Some(0), Some(1), Some(2), Some(3), Some(4), Some(-1)]);
            }
            2 => signals.gpc = self.one_of(&[&["1"][..], &["0"], &["0", "1"], &["true"]]).to_vec(),
            3 => signals.coppa = self.one_of(&[Some(0), Some(1), Some(7)]),
            4 | 5 => signals.gdpr = self.one_of(&[Some(0), Some(0), Some(1), Some(2)]),
            _ => {
                let letters = [
                    ['Y', 'N', 'N'],
                    ['Y', 'Y', 'N'],
                    ['N', 'N', 'N'],
                    ['-', '-', '-'],
                    ['-', 'N', '-'],
                    ['Y', '-', 'N'],
                    ['N', 'Y', 'Y'],
                ];
                signals.us_privacy =
                    if self.chance(6) { Said::Broken } else { Said::This(self.one_of(&letters)) };
            }
        }
    }
}

fn vendor() -> Partner {
    Partner::Vendor {
        id: VENDOR,
        consent: [1, 2, 4].into(),
        interest: [7].into(),
        flexible: BTreeSet::new(),
        features: [1].into(),
    }
}
