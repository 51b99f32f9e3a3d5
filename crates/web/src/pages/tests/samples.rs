//! Every template with sample contexts, empty states included.

use super::edition;
use crate::{
    pages::{
        answer::{Refusal, RefusalPage},
        arrangements::{Arrangement, arrangements},
        cards::{Protection, cards},
        data::{DataPage, Receiver},
        elsewhere::{ActiveWith, Done, Elsewhere, Keeping, OnList},
        history::{HistoryPage, line},
        layout::{Layout, Place},
        outgoing::Outgoing,
        partners::PartnersPage,
        recalled::recalled,
        settings::{Basis, Saved, SettingsPage, Switch},
        shared::{SharedPage, Span},
        when::Moment,
    },
    testing::START,
};
use askama::Template;
use sluicegate_gate::{
    AgeBand, Categories, Category, Choice, EditionHash, ForSecurity, Gender, KeyKind, Path, Reason,
    Revision, Setting, Source, SubjectKey, Told, time::UnixMillis,
};
use sluicegate_ledger::{Day, DisclosureView, PersonView, WithheldView};
use sluicegate_recall::{Cause, Standing};
use sluicegate_settings::{
    Actor, Amend, Candidate, ChangeRecord, Confidence, Correction, Event, Profile, ProfileWrite,
};
use std::time::Duration;

/// A page with its name.
pub(super) type Sample = (String, String);

pub(super) fn all() -> Vec<Sample> {
    let pages = [settings_samples(), data_samples(), shared_samples(), history_samples()];
    pages.into_iter().chain([partners_samples("Harbor"), refusal_samples()]).flatten().collect()
}

/// The same person's page with both settings at one choice.
pub(super) fn settings_at(choice: Choice) -> String {
    settings("Harbor", choice, false, None)
}

/// Pages filled with text that wants to be markup.
pub(super) fn hostile() -> Vec<Sample> {
    let text = "\"><script>alert('x')</script>&<img src=x onerror=alert(1)>";
    let outgoing = Outgoing { partners: text.to_owned(), data: text.to_owned() };
    let settings = SettingsPage {
        layout: layout(text, Place::Settings),
        outgoing: Some(outgoing),
        saved: None,
        gpc: true,
        is_fresh: true,
        switches: Vec::new(),
        within: text.to_owned(),
        linked: Some(text.to_owned()),
    };
    let told = vec![Told {
        category: Category::CoarseDevice,
        field: text.to_owned().into(),
        value: text.to_owned(),
    }];
    let view = PersonView { disclosures: vec![disclosure("novel", told)], withheld: Vec::new() };
    let receiver = Receiver {
        id: text.to_owned(),
        partner: text.to_owned(),
        title: text.to_owned(),
        is_controlled: true,
    };
    let data = DataPage {
        layout: layout(text, Place::Data),
        saved: None,
        protection: Protection::AgeUnknown,
        attributes: cards(&profile(), text),
        receivers: vec![receiver],
        elsewhere: elsewhere(text, Keeping::Open),
    };
    let record = ChangeRecord {
        revision: Revision::default(),
        at: START,
        event: Event::Chosen {
            setting: Setting::Sharing,
            value: Choice::On,
            actor: Actor::Operator,
            words: text.to_owned(),
            language: text.to_owned(),
        },
    };
    let history =
        HistoryPage { layout: layout(text, Place::History), changes: vec![line(&record, text)] };
    let mut public = edition().public();
    for group in &mut public.groups {
        for one in &mut group.partnerships {
            one.title = text.to_owned();
            one.summary = text.to_owned();
            one.partner.name = text.to_owned();
            one.partner.legal_name = text.to_owned();
            one.partner.contact = text.to_owned();
            one.partner.privacy_url = text.to_owned();
            one.purposes = vec![text.to_owned()];
            for audience in &mut one.audiences {
                audience.name = text.to_owned();
            }
        }
    }
    let partners = PartnersPage::of(layout(text, Place::Partners), public);
    vec![
        named("settings", &settings),
        named("data", &data),
        named("shared", &shared_page(text, &view, Span::Week)),
        named("history", &history),
        named("partners", &partners),
        named("refusal", &refusal(text, Refusal::SignedOut, Some(text))),
    ]
}

fn layout(platform: &str, place: Place) -> Layout {
    Layout { platform: platform.to_owned(), place, csrf: Some("c5".repeat(32)) }
}

fn named(name: &str, page: &impl Template) -> Sample {
    (name.to_owned(), page.render().unwrap())
}

fn settings(platform: &str, choice: Choice, gpc: bool, saved: Option<Saved>) -> String {
    let who = String::from("You chose this");
    let basis = Basis::Chosen { who, at: Some(Moment::of(START)) };
    let switch =
        |setting| Switch { setting, choice, basis: basis.clone(), platform: platform.to_owned() };
    let page = SettingsPage {
        layout: layout(platform, Place::Settings),
        outgoing: Outgoing::of(&edition()),
        saved,
        gpc,
        is_fresh: true,
        switches: Setting::ALL.map(switch).into(),
        within: String::from("5 seconds"),
        linked: Some(String::from("2 devices and 1 browser")),
    };
    page.render().unwrap()
}

fn settings_samples() -> Vec<Sample> {
    let at = Moment::of(START);
    let saved = Saved { state: "Sharing is off", at, in_force: at };
    let law = "state privacy laws of the United States: a right to opt out of sale and sharing";
    let by_default = |country| Switch {
        setting: Setting::Sharing,
        choice: Choice::On,
        basis: Basis::Default { country, law },
        platform: String::from("Harbor"),
    };
    let empty = SettingsPage {
        layout: layout("Harbor", Place::Settings),
        outgoing: None,
        saved: None,
        gpc: false,
        is_fresh: false,
        switches: vec![by_default(Some("United States of America")), by_default(None)],
        within: String::from("1 second"),
        linked: None,
    };
    // The second of two cards for one setting would repeat its ids.
    let empty = SettingsPage { switches: empty.switches.into_iter().take(1).collect(), ..empty };
    vec![
        (String::from("settings-on"), settings_at(Choice::On)),
        (String::from("settings-off"), settings_at(Choice::Off)),
        (String::from("settings-saved"), settings("Harbor", Choice::Off, true, Some(saved))),
        named("settings-empty", &empty),
    ]
}

fn profile() -> Profile {
    let sure = Confidence::try_from(80).ok();
    let candidate = |value, source| Some(Candidate { value, source, confidence: sure });
    let write = |gender, age_band| ProfileWrite { gender, age_band, ..ProfileWrite::default() };
    Profile::default()
        .written(&write(candidate(Gender::Female, Source::Inferred), None))
        .written(&write(candidate(Gender::Male, Source::OffPlatform), None))
        .written(&ProfileWrite {
            age_band: Some(Candidate {
                value: AgeBand::From25To34,
                source: Source::Declared,
                confidence: None,
            }),
            protection_age: Some((Source::Declared, ForSecurity::new(31))),
            ..ProfileWrite::default()
        })
}

fn nothing_from_elsewhere(keeping: Keeping) -> Elsewhere {
    Elsewhere { keeping, lists: Vec::new(), activity: Vec::new(), removed: Vec::new() }
}

fn elsewhere(text: &str, keeping: Keeping) -> Elsewhere {
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
    let done = Done { what: "You bought something", last: moment };
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

fn data_samples() -> Vec<Sample> {
    let receivers = || {
        vec![Receiver {
            id: String::from("demo-bidder-north"),
            partner: String::from("Demo Bidder North"),
            title: String::from("Buying ads through Demo Bidder North"),
            is_controlled: true,
        }]
    };
    let page = |profile: &Profile, protection, receivers, saved| DataPage {
        layout: layout("Harbor", Place::Data),
        saved,
        protection,
        attributes: cards(profile, "Harbor"),
        receivers,
        elsewhere: match protection {
            Protection::None => elsewhere("Harbor Shoes", Keeping::Open),
            Protection::AgeUnknown | Protection::Under18 | Protection::Child => {
                nothing_from_elsewhere(Keeping::Age)
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
        named("data-empty", &page(&Profile::default(), Protection::AgeUnknown, Vec::new(), None)),
        named("data-under-18", &page(&minor(15), Protection::Under18, receivers(), None)),
        named("data-child", &page(&minor(9), Protection::Child, receivers(), None)),
    ]
}

fn disclosure(partnership: &str, told: Vec<Told>) -> DisclosureView {
    DisclosureView {
        partnership: partnership.parse().unwrap(),
        path: Path::BidRequest,
        day: Day::of(START),
        categories: Categories::PERSONAL,
        told,
        count: 12,
        first: START,
        last: START.plus(Duration::from_secs(90)),
        edition: edition().hash(),
    }
}

fn withheld(partnership: &str, reason: Reason, count: u64) -> WithheldView {
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
        ids: 3,
        reachable,
        delivered,
        delivered_at: (delivered > 0).then_some(START),
        acknowledged,
        acknowledged_at: (acknowledged > 0).then_some(START),
    };
    vec![
        one("demo-bidder-north", 3, 3, true),
        one("demo-bidder-south", 3, 0, true),
        one("demo-measurement", 0, 0, true),
        one("listed-no-more", 0, 0, false),
    ]
}

fn shared_page(platform: &str, view: &PersonView, span: Span) -> SharedPage {
    let all = arrangements(view, Some(&edition()));
    let (controlled, outside) = all.into_iter().partition(Arrangement::is_controlled);
    SharedPage {
        layout: layout(platform, Place::Shared),
        span,
        spans: Span::ALL,
        since: Moment::of(UnixMillis(START.0 - 600_000_000)),
        controlled,
        outside,
        recalled: recalled(&standing(), Some(&edition())),
    }
}

fn shared_samples() -> Vec<Sample> {
    let told = |category, field: &str, value: &str| Told {
        category,
        field: field.to_owned().into(),
        value: value.to_owned(),
    };
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
    let exposure = |creative: &str| {
        vec![
            told(Category::DeviceIdentifier, "device_id_hash", "9f2c61d0b7a84e35"),
            told(Category::Exposure, "interaction_type", "click"),
            told(Category::Exposure, "timestamp", "2026-11-23T14:01:58.000Z"),
            told(Category::Exposure, "creative_id", creative),
        ]
    };
    let once = |partnership, creative: &str| DisclosureView {
        path: Path::Exposures,
        count: 1,
        last: START,
        ..disclosure(partnership, exposure(creative))
    };
    let yesterday = DisclosureView {
        day: Day(Day::of(START).0 - 1),
        first: START.minus(Duration::from_hours(24)),
        last: START.minus(Duration::from_hours(23)),
        edition: EditionHash([0xab; 32]),
        ..disclosure("demo-bidder-north", device.clone())
    };
    let billing =
        DisclosureView { path: Path::BillingNotice, ..disclosure("demo-bidder-south", Vec::new()) };
    let view = PersonView {
        disclosures: vec![
            disclosure("demo-bidder-north", device),
            once("demo-measurement", "creative-1"),
            once("demo-measurement", "creative-2"),
            once("demo-measurement", "creative-3"),
            once("demo-delivery-auditor", "creative-1"),
            once("gone", "creative-1"),
            yesterday,
            billing,
        ],
        withheld: vec![
            withheld("demo-bidder-north", Reason::SharingOff(KeyKind::Account), 1_204),
            withheld("demo-bidder-north", Reason::AgeUnknown, 3),
            withheld("demo-bidder-north", Reason::SharingOff(KeyKind::Account), 1),
            withheld("demo-measurement", Reason::HappenedWhileOff, 1),
        ],
    };
    vec![
        named("shared", &shared_page("Harbor", &view, Span::Week)),
        named("shared-empty", &shared_page("Harbor", &PersonView::default(), Span::Today)),
    ]
}

fn history_samples() -> Vec<Sample> {
    let chosen = |actor, value| Event::Chosen {
        setting: Setting::Sharing,
        value,
        actor,
        words: String::from(
            "Share your data with Harbor\u{2019}s business partners. On: They get the data that the list \
             names. Off: They get nothing about you. Turn sharing off",
        ),
        language: String::from("en"),
    };
    let events = [
        chosen(Actor::Person, Choice::On),
        Event::Linked { with: KeyKind::Device },
        chosen(Actor::Gpc, Choice::Off),
        Event::MarkedOff { setting: Setting::PersonalizeAds },
        Event::MarkLifted { setting: Setting::PersonalizeAds },
        Event::Unlinked { with: KeyKind::Browser },
        Event::Corrected(Correction::AgeBand(Amend::Set(AgeBand::From65))),
        Event::Corrected(Correction::Gender(Amend::Disable)),
        chosen(Actor::Operator, Choice::Off),
        chosen(Actor::Law, Choice::Off),
    ];
    let lines = events.into_iter().map(|event| {
        line(&ChangeRecord { revision: Revision::default(), at: START, event }, "Harbor")
    });
    let page = |changes| HistoryPage { layout: layout("Harbor", Place::History), changes };
    vec![named("history", &page(lines.collect())), named("history-empty", &page(Vec::new()))]
}

fn partners_samples(platform: &str) -> Vec<Sample> {
    let full = edition().public();
    let mut empty = full.clone();
    for group in &mut empty.groups {
        group.partnerships.clear();
    }
    let mut suspended = full.clone();
    for group in &mut suspended.groups {
        for one in &mut group.partnerships {
            one.suspended = true;
            one.end = Some(one.start);
            one.countries = vec!["USA".parse().unwrap(), "NZL".parse().unwrap()];
        }
    }
    let signed_out = Layout { csrf: None, ..layout(platform, Place::Partners) };
    vec![
        named("partners", &PartnersPage::of(signed_out.clone(), full)),
        named("partners-empty", &PartnersPage::of(signed_out, empty)),
        named(
            "partners-suspended",
            &PartnersPage::of(layout(platform, Place::Partners), suspended),
        ),
    ]
}

fn refusal(platform: &str, refusal: Refusal, url: Option<&str>) -> RefusalPage {
    let layout = Layout { csrf: None, ..layout(platform, Place::Elsewhere) };
    RefusalPage { layout, refusal, sign_in_url: url.map(str::to_owned) }
}

fn refusal_samples() -> Vec<Sample> {
    [
        Refusal::SignedOut,
        Refusal::SignInLink,
        Refusal::Form,
        Refusal::Content,
        Refusal::NoEdition,
        Refusal::Failed,
    ]
    .into_iter()
    .flat_map(|kind| {
        [None, Some("https://publisher.example/privacy")].map(|url| {
            let name = format!("refusal-{kind:?}-{}", url.is_some());
            named(&name.to_lowercase(), &refusal("Harbor", kind, url))
        })
    })
    .collect()
}
