//! Every template with sample contexts, empty states included, in every language.

use super::{edition, public_samples};
use crate::{
    pages::{
        answer::{Refusal, RefusalPage},
        arrangements::{Arrangement, SETS_MAX, Teller},
        cards::{Protection, cards, noted},
        data::{DataPage, Receiver},
        device::DevicePage,
        elsewhere::{ActiveWith, Done, Elsewhere, OnList},
        guard::Asker,
        history::{self, HistoryPage},
        language::{Language, Registered},
        layout::{Layout, Place},
        next::{NextMessage, told as next_told},
        outgoing::Outgoing,
        recalled::recalled,
        settings::{Effect, Saved, SettingsPage, Signal},
        shared::{Listed, Missing, SharedPage, only, shown},
        span::View,
        switch::{Switch, by_default},
        when::Moment,
        words,
    },
    testing::START,
};
use askama::Template;
use sluicegate_gate::{
    AgeBand, Categories, Category, Choice, EditionHash, ForSecurity, Gender, KeyKind, Path, Reason,
    Revision, Setting, Source, SubjectKey, Told, time::UnixMillis,
};
use sluicegate_ledger::{Day, PersonPage, SetView, ToldPage, Unread, WithheldView};
use sluicegate_recall::{Cause, Standing};
use sluicegate_settings::{
    Actor, Amend, Candidate, ChangeRecord, Confidence, Correction, Event, Keeping, NotedAct,
    NotedEdit, NotedKind, Profile, ProfileWrite, Removal,
};
use std::{sync::Arc, time::Duration};

/// A page with its name.
pub(super) type Sample = (String, String);

pub(super) fn all() -> Vec<Sample> {
    Language::ALL.into_iter().flat_map(in_language).collect()
}

pub(super) fn in_language(language: Language) -> Vec<Sample> {
    let of = Of(language);
    let pages = [
        of.settings_samples(),
        of.device_samples(),
        of.data_samples(),
        of.shared_samples(),
        of.history_samples(),
        public_samples::all(of, "Harbor"),
        of.refusal_samples(),
    ];
    let tagged = |(name, page)| (format!("{name}-{}", language.tag()), page);
    pages.into_iter().flatten().map(tagged).collect()
}

/// The same person's page with both settings at one choice.
pub(super) fn settings_at(choice: Choice) -> String {
    Of(Language::English).settings("Harbor", choice, Signal::Absent, None)
}

/// Pages filled with text that wants to be markup, from left to right and from right to left.
pub(super) fn hostile() -> Vec<Sample> {
    [Language::English, Language::Arabic].into_iter().flat_map(|one| Of(one).hostile()).collect()
}

/// Samples in one language.
#[derive(Clone, Copy)]
pub(super) struct Of(pub(super) Language);

const HOSTILE: &str = "\"><script>alert('x')</script>&<img src=x onerror=alert(1)>";

pub(super) fn named(name: &str, page: &impl Template) -> Sample {
    (name.to_owned(), page.render().unwrap())
}

pub(super) fn told(category: Category, field: &str, value: &str) -> Told {
    Told { category, field: field.to_owned().into(), value: value.to_owned() }
}

fn record(event: Event) -> ChangeRecord {
    let revision = Revision { shard: 3, version: 1_204 };
    let was_measured = matches!(event, Event::Chosen { .. });
    let in_force_after = was_measured.then_some(Duration::from_millis(400));
    ChangeRecord { revision, at: START, in_force_after, event }
}

pub(super) fn set(told: Vec<Told>) -> SetView {
    SetView {
        path: Path::BidRequest,
        categories: Categories::PERSONAL,
        told,
        is_damaged: false,
        count: 12,
        first: START,
        last: START.plus(Duration::from_secs(90)),
        edition: edition().hash(),
    }
}

fn page_of(told: Vec<(&str, Vec<SetView>)>, withheld: Vec<WithheldView>) -> PersonPage {
    let told = told.into_iter().map(|(id, shown)| {
        let count = shown.iter().map(|set| set.count).sum();
        (id.parse().unwrap(), ToldPage { count, sets: shown.len() + 2, shown })
    });
    PersonPage { told: told.collect(), withheld, unread: Unread::default() }
}

pub(super) fn withheld(partnership: &str, reason: Reason, count: u64) -> WithheldView {
    let partnership = partnership.parse().unwrap();
    WithheldView { partnership, day: Day::of(START), reason, count }
}

/// One partner in each state.
fn standing() -> Vec<Standing> {
    let one = |partnership: &str, delivered, acknowledged, reachable| Standing {
        subject: SubjectKey { kind: KeyKind::Account, hash: 1 },
        partnership: partnership.parse().unwrap(),
        cause: Cause::Off,
        since: START,
        ids: 3_000,
        reachable,
        delivered,
        delivered_at: (delivered > 0).then_some(START),
        acknowledged,
        acknowledged_at: (acknowledged > 0).then_some(START),
    };
    vec![
        one("demo-bidder-north", 3_000, 3_000, true),
        one("demo-bidder-south", 3_000, 0, true),
        Standing { cause: Cause::Corrected, ..one("demo-measurement", 0, 0, true) },
        one("listed-no-more", 0, 0, false),
    ]
}

fn profile() -> Profile {
    let sure = Confidence::try_from(80).ok();
    let candidate = |value, source| Some(Candidate { value, source, confidence: sure });
    let write = |gender| ProfileWrite { gender, ..ProfileWrite::default() };
    let names = |names: &[&str]| {
        Some(names.iter().map(|name| ((*name).to_owned(), Source::Inferred)).collect())
    };
    Profile::default()
        .written(&write(candidate(Gender::Male, Source::OffPlatform)))
        .written_at(&write(candidate(Gender::Female, Source::Inferred)), START)
        .written_at(
            &ProfileWrite {
                age_band: Some(Candidate {
                    value: AgeBand::From25To34,
                    source: Source::Declared,
                    confidence: None,
                }),
                protection_age: Some((Source::Declared, ForSecurity::new(31))),
                languages: names(&["de", "tlh"]),
                interests: names(&["Hiking", "Jazz", "Chess"]),
                ..ProfileWrite::default()
            },
            START,
        )
        .edited(&edit(NotedKind::Interest, "Jazz", NotedAct::Disable))
        .edited(&edit(NotedKind::Interest, "Chess", NotedAct::Remove))
}

fn edit(kind: NotedKind, name: &str, act: NotedAct) -> NotedEdit {
    NotedEdit { kind, name: name.to_owned(), act }
}

fn nothing_from_elsewhere(keeping: Keeping) -> Elsewhere {
    Elsewhere { keeping, lists: Vec::new(), activity: Vec::new(), removed: Vec::new() }
}

impl Of {
    pub(super) fn layout(self, platform: &str, place: Place) -> Layout {
        let asker = Asker {
            language: self.0,
            here: String::from("/settings?range=7-days"),
            csrf: Some("c5".repeat(32)),
            held: None,
        };
        Layout { look: Arc::default(), platform: platform.to_owned(), place, asker }
    }

    pub(super) fn signed_out(self, platform: &str, place: Place) -> Layout {
        let layout = self.layout(platform, place);
        Layout {
            asker: Asker { csrf: None, held: Some("d6".repeat(32)), ..layout.asker },
            ..layout
        }
    }

    fn hostile(self) -> Vec<Sample> {
        let text = HOSTILE;
        let outgoing = Outgoing { partners: text.to_owned(), data: text.to_owned() };
        let basis = vec![self.0.say("chosen-operator").with("platform", text).with("when", text)];
        let settings = SettingsPage {
            layout: self.layout(text, Place::Settings),
            outgoing: Some(outgoing),
            saved: None,
            signal: Signal::Honoured,
            is_fresh: true,
            switches: vec![Switch::new(self.0, Setting::Sharing, Some(Choice::On), basis, text)],
            within_s: 5,
            linked: Some(text.to_owned()),
            recalled: Vec::new(),
            missing: Vec::new(),
        };
        let values = vec![told(Category::CoarseDevice, text, text)];
        let view = page_of(vec![("novel", vec![set(values)])], Vec::new());
        let receiver = Receiver {
            id: text.to_owned(),
            partner: text.to_owned(),
            title: Registered::new(text, true),
            is_controlled: true,
        };
        let names = Some(vec![(text.to_owned(), Source::Inferred)]);
        let noted_write =
            ProfileWrite { languages: names.clone(), interests: names, ..ProfileWrite::default() };
        let profile = profile().written_at(&noted_write, START);
        let data = DataPage {
            layout: self.layout(text, Place::Data),
            saved: None,
            protection: Protection::AgeUnknown,
            attributes: cards(self.0, &profile, text),
            noted: noted(self.0, &profile, text),
            receivers: vec![receiver],
            elsewhere: self.elsewhere(text, Keeping::Open),
        };
        let chosen = Event::Chosen {
            setting: Setting::Sharing,
            value: Choice::On,
            actor: Actor::Operator,
            words: text.to_owned(),
            language: text.to_owned(),
        };
        let edited = Event::Edited(edit(NotedKind::Interest, text, NotedAct::Remove));
        let history = self.history(text, &[chosen, edited]);
        vec![
            named("settings", &settings),
            named("data", &data),
            named("shared", &self.shared_page(text, &view, "range=7-days")),
            named("history", &history),
            named("refusal", &self.refusal(text, Refusal::SignedOut, Some(text))),
        ]
        .into_iter()
        .chain(public_samples::hostile(self, text))
        .collect()
    }

    fn settings(
        self,
        platform: &str,
        choice: Choice,
        signal: Signal,
        saved: Option<Saved>,
    ) -> String {
        let switch = |setting| {
            let basis = self.0.say("chosen-person").with("when", Moment::of(START).full());
            Switch::new(self.0, setting, Some(choice), vec![basis], platform)
        };
        let page = SettingsPage {
            layout: self.layout(platform, Place::Settings),
            outgoing: Outgoing::of(&edition(), self.0),
            saved,
            signal,
            is_fresh: true,
            switches: Setting::ALL.map(switch).into(),
            within_s: 5,
            linked: Some(String::from("2 devices and 1 browser")),
            recalled: recalled(
                &standing(),
                &Teller { language: self.0, edition: Some(&edition()), editions: &[], from: 0 },
            ),
            missing: Vec::new(),
        };
        page.render().unwrap()
    }

    fn saved(self, effect: Effect) -> Saved {
        let state = words::state(self.0, Setting::Sharing, Choice::Off);
        Saved { state, at: Moment::of(START), effect }
    }

    fn settings_samples(self) -> Vec<Sample> {
        let at = Moment::of(START);
        let by_default = |setting, country: Option<&str>| {
            let country = country.and_then(|country| country.parse().ok());
            let (choice, basis) = by_default(self.0, country, "Harbor");
            Switch::new(self.0, setting, Some(choice), basis, "Harbor")
        };
        let empty = SettingsPage {
            layout: self.layout("Harbor", Place::Settings),
            outgoing: None,
            saved: None,
            signal: Signal::Absent,
            is_fresh: false,
            switches: vec![
                by_default(Setting::Sharing, Some("USA")),
                by_default(Setting::PersonalizeAds, None),
            ],
            within_s: 1,
            linked: None,
            recalled: Vec::new(),
            missing: vec!["history-damaged", "recalled-damaged"],
        };
        let saved = |choice, signal, effect| {
            self.settings("Harbor", choice, signal, Some(self.saved(effect)))
        };
        vec![
            (
                String::from("settings-on"),
                self.settings("Harbor", Choice::On, Signal::Absent, None),
            ),
            (
                String::from("settings-off"),
                self.settings("Harbor", Choice::Off, Signal::Absent, None),
            ),
            (
                String::from("settings-saved"),
                saved(Choice::Off, Signal::Honoured, Effect::Since(at)),
            ),
            (String::from("settings-pending"), saved(Choice::On, Signal::Asks, Effect::By(at))),
            named("settings-empty", &empty),
        ]
    }

    fn device_samples(self) -> Vec<Sample> {
        let page = |kind, choice: Option<Choice>| DevicePage {
            layout: self.signed_out("Harbor", Place::Device),
            kind,
            is_known: choice.is_some(),
            saved: choice.map(|_| self.saved(Effect::Since(Moment::of(START)))),
            gpc: choice.is_some(),
            is_fresh: choice.is_none(),
            closed: if choice.is_some() {
                vec!["device-closed-sharing", "device-closed-personalize-ads"]
            } else {
                Vec::new()
            },
            switches: Setting::ALL
                .map(|setting| {
                    let basis = vec![self.0.say("device-default").with("platform", "Harbor")];
                    let switch = Switch::new(self.0, setting, choice, basis, "Harbor");
                    if choice.is_some() { switch.closed() } else { switch }
                })
                .into(),
            within_s: 5,
            sign_in_url: Some(String::from("https://publisher.example/privacy")),
            missing: choice.map(|_| "history-damaged").into_iter().collect(),
        };
        vec![
            named("browser", &page(KeyKind::Browser, None)),
            named("browser-off", &page(KeyKind::Browser, Some(Choice::Off))),
            named("device-on", &page(KeyKind::Device, Some(Choice::On))),
        ]
    }

    fn elsewhere(self, text: &str, keeping: Keeping) -> Elsewhere {
        let moment = Moment::of(START);
        let on_list = |advertiser| OnList {
            partnership: text.to_owned(),
            audience: text.to_owned(),
            name: text.to_owned(),
            partner: text.to_owned(),
            advertiser,
            since: moment,
            until: moment,
        };
        let done = Done { what: self.0.say("activity-purchase"), last: moment };
        Elsewhere {
            keeping,
            lists: vec![on_list(None), on_list(Some(text.to_owned()))],
            activity: vec![ActiveWith {
                advertiser: text.to_owned(),
                name: text.to_owned(),
                done: vec![done],
                until: moment,
            }],
            removed: vec![text.to_owned()],
        }
    }

    fn data_samples(self) -> Vec<Sample> {
        let receivers = || {
            vec![Receiver {
                id: String::from("demo-bidder-north"),
                partner: String::from("Demo Bidder North"),
                title: Registered::new(
                    "Buying ads through Demo Bidder North",
                    self.0 != Language::English,
                ),
                is_controlled: true,
            }]
        };
        let page = |profile: &Profile, protection, receivers, saved| DataPage {
            layout: self.layout("Harbor", Place::Data),
            saved,
            protection,
            attributes: cards(self.0, profile, "Harbor"),
            noted: noted(self.0, profile, "Harbor"),
            receivers,
            elsewhere: match protection {
                Protection::None => self.elsewhere("Harbor Shoes", Keeping::Open),
                Protection::AgeUnknown | Protection::Under18 | Protection::Child => {
                    nothing_from_elsewhere(Keeping::NotAdult)
                }
            },
        };
        let off = DataPage {
            elsewhere: nothing_from_elsewhere(Keeping::Off),
            ..page(&profile(), Protection::None, receivers(), None)
        };
        let minor = |age| {
            let protection_age = Some((Source::Inferred, ForSecurity::new(age)));
            profile().written(&ProfileWrite { protection_age, ..ProfileWrite::default() })
        };
        let closed = profile()
            .corrected(Correction::Gender(Amend::Disable))
            .corrected(Correction::AgeBand(Amend::Remove));
        let saved = Some(Moment::of(START));
        vec![
            named("data", &page(&profile(), Protection::None, receivers(), saved)),
            named("data-off", &off),
            named("data-closed", &page(&closed, Protection::None, receivers(), None)),
            named(
                "data-empty",
                &page(&Profile::default(), Protection::AgeUnknown, Vec::new(), None),
            ),
            named("data-under-18", &page(&minor(15), Protection::Under18, receivers(), None)),
            named("data-child", &page(&minor(9), Protection::Child, receivers(), None)),
        ]
    }

    pub(super) fn shared_page(self, platform: &str, page: &PersonPage, query: &str) -> SharedPage {
        let edition = edition();
        let view = View::of(Some(query)).unwrap();
        let from = view.page * SETS_MAX;
        let teller = Teller { language: self.0, edition: Some(&edition), editions: &[], from };
        let all = teller.arrangements(&shown(page.clone(), view.show));
        let (controlled, outside) = all.into_iter().partition(Arrangement::is_controlled);
        let message = |partnership: &str, told, is_contextual| NextMessage {
            partnership: partnership.parse().unwrap(),
            told,
            is_contextual,
            reasons: vec![Reason::AgeUnknown, Reason::NoKey, Reason::NoKey],
        };
        let next = vec![
            message(
                "demo-bidder-north",
                vec![told(Category::CoarseDevice, "device.language", "en")],
                false,
            ),
            message("demo-bidder-south", Vec::new(), true),
            message("demo-measurement", Vec::new(), false),
        ];
        SharedPage {
            layout: self.layout(platform, Place::Shared),
            about: KeyKind::Account,
            only: view.partnership.as_ref().map(|id| only(&teller, id)),
            missing: Missing::of(&page.unread),
            kept_days: query.contains("2026-02").then_some(30),
            view,
            since: Moment::of(UnixMillis(START.0 - 600_000_000)),
            until: query.contains("2026-02").then(|| Moment::of(START)),
            partnerships: vec![Listed {
                id: String::from("a"),
                name: Registered::new(platform, false),
            }],
            controlled,
            outside,
            recalled: recalled(&standing(), &teller),
            next: if page.told.is_empty() { Vec::new() } else { next_told(&teller, next) },
            site: Some(platform.to_owned()),
            now: START,
        }
    }

    fn shared_samples(self) -> Vec<Sample> {
        let device = vec![
            told(Category::CoarseDevice, "device.devicetype", "4"),
            told(Category::CoarseDevice, "device.os", "Android"),
            told(Category::CoarseDevice, "device.ip", "203.0.113.0"),
            told(Category::CoarseDevice, "device.geo.country", "USA"),
            told(
                Category::CoarseDevice,
                "device.ua",
                "Mozilla/5.0 (Linux; Android 16; Example) Example/1.0",
            ),
            told(Category::DeviceIdentifier, "device.ifa", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
            told(Category::Demographic, "user.data[0].segment[0].id", "5"),
            told(Category::Demographic, "user.data[0].segment[1].id", "6"),
            told(Category::Demographic, "user.data[0].segment[2].id", "50"),
        ];
        let once = |creative: &str| SetView {
            path: Path::Exposures,
            count: 1,
            last: START,
            ..set(vec![
                told(Category::DeviceIdentifier, "device_id_hash", "9f2c61d0b7a84e35"),
                told(Category::Exposure, "interaction_type", "click"),
                told(Category::Exposure, "timestamp", "2026-11-23T14:01:58.000Z"),
                told(Category::Exposure, "creative_id", creative),
            ])
        };
        let yesterday = SetView {
            first: START.minus(Duration::from_hours(24)),
            last: START.minus(Duration::from_hours(23)),
            edition: EditionHash([0xab; 32]),
            ..set(device.clone())
        };
        let billing = SetView { path: Path::BillingNotice, ..set(Vec::new()) };
        let view = page_of(
            vec![
                ("demo-bidder-north", vec![set(device), yesterday]),
                ("demo-bidder-south", vec![billing]),
                ("demo-measurement", ["creative-1", "creative-2", "creative-3"].map(once).into()),
                ("demo-delivery-auditor", vec![once("creative-1")]),
                ("gone", vec![once("creative-1")]),
            ],
            vec![
                withheld("demo-bidder-north", Reason::SharingOff(KeyKind::Account), 1_204),
                withheld("demo-bidder-north", Reason::AgeUnknown, 3),
                withheld("demo-bidder-north", Reason::SharingOff(KeyKind::Account), 1),
                withheld("demo-measurement", Reason::HappenedWhileOff, 1),
            ],
        );
        let empty = PersonPage::default();
        let device = SharedPage {
            about: KeyKind::Device,
            layout: self.signed_out("Harbor", Place::Device),
            ..self.shared_page("Harbor", &view, "range=today&show=told")
        };
        vec![
            named("shared", &self.shared_page("Harbor", &view, "range=7-days")),
            named("shared-month", &self.shared_page("Harbor", &view, "range=2026-02&page=1")),
            named("shared-held", &self.shared_page("Harbor", &view, "range=today&show=withheld")),
            named(
                "shared-only",
                &self.shared_page("Harbor", &view, "range=today&partner=demo-bidder-north&page=9"),
            ),
            named(
                "shared-only-empty",
                &self.shared_page("Harbor", &empty, "range=today&partner=demo-delivery-auditor"),
            ),
            named("shared-empty", &self.shared_page("Harbor", &empty, "range=today&show=withheld")),
            named("shared-device", &device),
        ]
    }

    fn history(self, platform: &str, events: &[Event]) -> HistoryPage {
        let narrator = history::Narrator {
            language: self.0,
            platform,
            takes_effect_within: Duration::from_secs(5),
            now: START,
        };
        HistoryPage {
            layout: self.layout(platform, Place::History),
            about: KeyKind::Account,
            changes: events.iter().map(|event| narrator.line(&record(event.clone()))).collect(),
            from: 0,
            all: events.len() * 10,
            is_whole: true,
        }
    }

    fn history_samples(self) -> Vec<Sample> {
        let chosen = |actor, value| Event::Chosen {
            setting: Setting::Sharing,
            value,
            actor,
            words: String::from("Share your data. On: They get it. Off: Nothing. Turn sharing off"),
            language: String::from("en"),
        };
        let removed = |removal| Event::Removed { removal, words: String::from("Runners") };
        let noted = |kind, act| Event::Edited(edit(kind, "de", act));
        let mut events = vec![
            chosen(Actor::Person, Choice::On),
            chosen(Actor::Gpc, Choice::Off),
            chosen(Actor::Operator, Choice::Off),
            chosen(Actor::Law, Choice::Off),
            Event::MarkedOff { setting: Setting::PersonalizeAds },
            Event::MarkLifted { setting: Setting::PersonalizeAds },
            Event::Corrected(Correction::AgeBand(Amend::Set(AgeBand::From65))),
            Event::Corrected(Correction::Gender(Amend::Disable)),
            Event::Corrected(Correction::Gender(Amend::Enable)),
            Event::Corrected(Correction::Gender(Amend::Remove)),
            noted(NotedKind::Language, NotedAct::Disable),
            noted(NotedKind::Interest, NotedAct::Remove),
            removed(Removal::Everything),
            removed(Removal::Activity("demo-running-shoes".parse().unwrap())),
        ];
        for with in [KeyKind::Account, KeyKind::Device, KeyKind::Browser] {
            events.extend([Event::Linked { with }, Event::Unlinked { with }]);
        }
        let device = HistoryPage {
            about: KeyKind::Browser,
            layout: self.signed_out("Harbor", Place::Device),
            from: 50,
            ..self.history("Harbor", &events)
        };
        vec![
            named("history", &self.history("Harbor", &events)),
            named("history-browser", &device),
            named("history-empty", &self.history("Harbor", &[])),
            named(
                "history-damaged",
                &HistoryPage { is_whole: false, ..self.history("Harbor", &events) },
            ),
            named(
                "history-unread",
                &HistoryPage { is_whole: false, ..self.history("Harbor", &[]) },
            ),
        ]
    }

    fn refusal(self, platform: &str, refusal: Refusal, url: Option<&str>) -> RefusalPage {
        let layout = self.signed_out(platform, Place::Elsewhere);
        let back = String::from("/settings");
        RefusalPage { layout, refusal, sign_in_url: url.map(str::to_owned), back }
    }

    fn refusal_samples(self) -> Vec<Sample> {
        [
            Refusal::SignedOut,
            Refusal::SignInLink,
            Refusal::Provider,
            Refusal::Arrival,
            Refusal::Form,
            Refusal::OpinionForm,
            Refusal::TooMany { seconds: 1 },
            Refusal::Content,
            Refusal::Filter,
            Refusal::NoSuchPage,
            Refusal::Method,
            Refusal::NoEdition,
            Refusal::NoSuchEdition,
            Refusal::Failed,
        ]
        .into_iter()
        .flat_map(|kind| {
            [None, Some("https://publisher.example/privacy")].map(|url| {
                let name = format!("refusal-{kind:?}-{}", url.is_some());
                named(&name.to_lowercase(), &self.refusal("Harbor", kind, url))
            })
        })
        .collect()
    }
}
