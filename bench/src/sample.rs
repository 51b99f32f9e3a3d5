//! What the measurements are made on: a register of three bidders, and requests about made-up people.

use crate::machine::{MachineClock, MachineDice};
use bytes::Bytes;
use serde_json::{Value, json};
use sluicegate_gate::{
    AgeBand, Choice, Decision, Demographics, DisclosureId, Envelope, ForSecurity, Gender, KeyStamp,
    Opportunity, Permit, Question, Revision, Secret, Source, Sourced, Standing, SubjectKey,
    SubjectState, ViewState, decide,
    time::{BootMillis, Clock, Dice, UnixMillis},
};
use sluicegate_openrtb::{
    money::Currency,
    request::BidRequest,
    write::{
        AppContext, BidRequestFamily, Context, Lot, LotImp, OutRequest, Platform, Projection,
        Publisher, Shared, WrittenContext,
    },
};
use sluicegate_register::{Edition, Partnership, Register};
use sluicegate_settings::{Keyring, RequestKeys};
use sluicegate_signals::Signals;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// The three partnerships, by name.
pub(crate) const PARTNERS: [&str; 3] = ["bidder-east", "bidder-north", "bidder-south"];

/// Returns an edition whose partners listen at these urls.
pub(crate) fn edition(urls: &[String; 3], now: UnixMillis) -> anyhow::Result<Edition> {
    let register = Register::read(&partner_files(urls)).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the sample register is wrong: {}", problems.join("; "))
    })?;
    Ok(Edition::publish(register, None, now)?)
}

/// Returns the files of a register whose partners listen at these urls.
pub(crate) fn partner_files(urls: &[String; 3]) -> Vec<(String, String)> {
    let inventory = (String::from("inventory.toml"), INVENTORY.to_owned());
    let partners = PARTNERS.iter().zip(urls).map(|(id, url)| partner(id, url));
    std::iter::once(inventory).chain(partners).collect()
}

fn partner(id: &str, url: &str) -> (String, String) {
    let text = format!(
        r#"
id = "{id}"
name = "Example {id}"
legal_name = "Example {id} (fictional)"
country = "USA"
privacy_url = "https://{id}.example/privacy"
contact = "privacy@{id}.example"
[[partnership]]
id = "{id}"
title = "Buying ads"
summary = "For measurements."
kind = "real_time_bidding"
via = "openrtb"
role = "controller"
purposes = ["Measuring"]
categories = ["plumbing", "context", "coarse_device", "device_identifier", "demographic"]
retention_days = 30
start = 2025-01-01
[partnership.linking]
evidence = "a file"
signed_on = 2025-01-01
expires_on = 2099-01-01
[partnership.endpoint]
url = "{url}"
timeout_ms = 1000
concurrency = 1024
per_second = 1_000_000
"#
    );
    (format!("{id}.toml"), text)
}

const INVENTORY: &str = r#"
[publisher]
id = "publisher"
name = "Publisher"
domain = "publisher.example"
[[app]]
id = "reader"
name = "Reader"
bundle = "com.example.reader"
domain = "reader.example"
store_url = "https://store.example/apps/reader"
categories = ["IAB12"]
privacy_policy = true
paid = false
[[placement]]
id = "feed-top"
name = "Top of the feed"
"#;

/// A person who may be told of, and what the platform's ad server sends about them.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) bytes: Bytes,
    pub(crate) request: BidRequest,
    pub(crate) keys: RequestKeys,
}

impl Person {
    pub(crate) fn new(number: u32, keyring: &Keyring) -> anyhow::Result<Self> {
        let bytes = body(number);
        let request = BidRequest::read(&bytes)?;
        let keys = RequestKeys {
            account: Some(keyring.account(&account_id(number))),
            device: Some(keyring.device(&device_id(number))),
            browser: None,
        };
        Ok(Self { bytes, request, keys })
    }

    /// Returns the state of a person whose sharing is as said, as a fresh view has it.
    pub(crate) fn state(&self, sharing: Choice, boot: BootMillis) -> SubjectState {
        let standing = |key: SubjectKey, sharing| {
            let stamp = KeyStamp { key, revision: Revision { shard: 3, version: 17 } };
            Standing { sharing, ..Standing::untouched(stamp) }
        };
        SubjectState {
            account: self.keys.account.map(|key| standing(key, Some(sharing))),
            device: self.keys.device.map(|key| standing(key, None)),
            browser: None,
            account_country: self.request.country(),
            protection_age: Some(ForSecurity::new(29)),
            demographics: Demographics {
                gender: Some(Sourced { value: Gender::Male, source: Source::Declared }),
                age_band: Some(Sourced { value: AgeBand::From25To34, source: Source::Inferred }),
            },
            view: ViewState::Complete { as_of: boot, bound: Duration::from_hours(1) },
        }
    }
}

/// Returns what the platform's ad server sends about a person.
pub(crate) fn body(number: u32) -> Bytes {
    Bytes::from(request(number).to_string())
}

/// Returns what the gateway would tell each partner about a returning person.
pub(crate) fn told_to_partners() -> anyhow::Result<Vec<Bytes>> {
    let clock = MachineClock::new();
    let surroundings = Surroundings::new(&clock)?;
    let person = Person::new(1, &Keyring::new(Secret::new([7; 16])))?;
    let subject = person.state(Choice::On, clock.boot());
    let signals = person.request.signals();
    let asked =
        Asked { request: &person.request, subject: &subject, signals: &signals, clock: &clock };
    let shared = asked.shared();
    let permits = surroundings.permits(asked)?.into_iter();
    permits
        .map(|permit| {
            Ok(surroundings.project(permit, (asked, &shared), &MachineDice)?.body().clone())
        })
        .collect()
}

/// Returns the id by which the platform knows the person.
pub(crate) fn account_id(number: u32) -> String {
    format!("account-{number:08}")
}

/// Returns the advertising id of the person's device.
pub(crate) fn device_id(number: u32) -> String {
    format!("6d92078a-8246-4ba4-ae5b-{number:012x}")
}

/// A bid request from an app of about two and a half kilobytes, with a banner and a video.
fn request(number: u32) -> Value {
    json!({
        "id": format!("request-{number}"), "at": 1, "tmax": 1000, "cur": ["USD"], "bcat": ["IAB25", "IAB26"],
        "badv": ["blocked.example", "rival.example"],
        "imp": [{
            "id": "slot-1", "tagid": "feed-top", "bidfloor": 0.5, "bidfloorcur": "USD", "secure": 1, "instl": 0,
            "banner": { "w": 320, "h": 50, "pos": 1, "api": [5, 7], "btype": [4], "battr": [1, 2, 3],
                "format": [{ "w": 320, "h": 50 }, { "w": 300, "h": 250 }, { "w": 320, "h": 100 }] },
            "video": { "mimes": ["video/mp4", "video/webm"], "minduration": 5, "maxduration": 30, "w": 640, "h": 360,
                "protocols": [2, 3, 5, 6, 7, 8], "plcmt": 1, "playbackmethod": [2, 6], "delivery": [2], "skip": 1 },
            "ext": { "gpid": "/1234/reader/feed-top", "skadn": { "version": "4.0", "sourceapp": "1000000001",
                "skadnetids": ["a1.skadnetwork", "b2.skadnetwork", "c3.skadnetwork", "d4.skadnetwork"] } },
        }],
        "app": { "id": "reader", "name": "Reader", "bundle": "com.example.reader", "domain": "reader.example",
            "storeurl": "https://store.example/apps/reader", "cat": ["IAB12", "IAB12-2"], "ver": "5.1.0", "paid": 0,
            "publisher": { "id": "publisher", "name": "Publisher", "domain": "publisher.example" },
            "content": { "id": "article-77", "title": "Ten ways to water a garden", "language": "en", "genre": "news" } },
        "device": { "ifa": device_id(number), "lmt": 0, "dnt": 0, "os": "iOS", "osv": "18.2", "make": "Apple",
            "model": "iPhone15,3", "hwv": "15,3", "w": 1179, "h": 2556, "pxratio": 3, "language": "en", "js": 1,
            "carrier": "Example Mobile", "connectiontype": 6, "devicetype": 4, "ip": "203.0.113.77",
            "ua": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "geo": { "country": "USA", "region": "CA", "city": "Springfield", "zip": "90000", "type": 2, "utcoffset": -480 },
            "ext": { "atts": 3, "ifv": "00000000-0000-4000-8000-000000000001" } },
        "user": { "id": account_id(number), "yob": 1990, "gender": "M", "keywords": "gardening,running,cooking",
            "data": [{ "id": "1", "name": "segments.example", "segment": [{ "id": "a" }, { "id": "b" }, { "id": "c" }] }],
            "eids": [{ "source": "ids.example", "uids": [{ "id": "5f0c9a7e-1111-4222-8333-444455556666", "atype": 1 }] }] },
        "source": { "tid": "1e0b7a52-7777-4888-9999-aaaabbbbcccc", "fd": 0 },
        "regs": { "coppa": 0, "gdpr": 0 },
    })
}

/// Everything that is the same for all people: the edition, and its inventory as partners are told of it.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) edition: Edition,
    context: Arc<WrittenContext>,
    placements: BTreeSet<String>,
    platform: Platform,
}

impl Surroundings {
    pub(crate) fn new(clock: &dyn Clock) -> anyhow::Result<Self> {
        let urls = PARTNERS.map(|id| format!("https://{id}.example/bid"));
        let publisher = Publisher {
            id: String::from("publisher"),
            name: String::from("Publisher"),
            domain: String::from("publisher.example"),
        };
        let app = AppContext {
            id: String::from("reader"),
            name: String::from("Reader"),
            bundle: String::from("com.example.reader"),
            domain: Some(String::from("reader.example")),
            storeurl: Some(String::from("https://store.example/apps/reader")),
            cat: vec![String::from("IAB12")],
            paid: Some(0),
            privacypolicy: Some(1),
            publisher: Some(publisher),
            ..AppContext::default()
        };
        Ok(Self {
            edition: edition(&urls, clock.now())?,
            context: Arc::new(WrittenContext::from(&Context::App(app))),
            placements: BTreeSet::from([String::from("feed-top")]),
            platform: Platform {
                domain: String::from("publisher.example"),
                seller_id: String::from("publisher"),
            },
        })
    }

    /// Returns what the gate is asked about a bid request.
    pub(crate) fn question<'a>(
        &'a self,
        partnership: &'a Partnership,
        asked: Asked<'a>,
    ) -> Question<'a> {
        Question {
            terms: &partnership.terms,
            edition: self.edition.hash(),
            subject: asked.subject,
            memberships: &[],
            signals: asked.signals,
            country: asked.request.country(),
            surface: asked.request.surface(),
            identifier: asked.request.identifier(),
            opportunity: Opportunity::Bid,
            now: asked.clock.now(),
            boot: asked.clock.boot(),
        }
    }

    /// Returns a permit for each partnership, in the edition's order.
    pub(crate) fn permits(&self, asked: Asked<'_>) -> anyhow::Result<Vec<Permit>> {
        let partnerships = self.edition.partnerships().iter();
        let answers = partnerships.map(|one| match decide(&self.question(one, asked)) {
            Decision::Permit(permit) => Ok(permit),
            Decision::Withheld(withheld) => Err(anyhow::anyhow!("withheld: {:?}", withheld.losses)),
        });
        answers.collect()
    }

    /// Everything of the request, as to a partner that can bid on everything.
    fn lot(request: &BidRequest) -> Lot {
        let imps = request.imps.iter().enumerate().map(|(index, imp)| LotImp {
            index,
            formats: imp.formats,
            banner: imp.banner.clone(),
            floor: imp.floor,
            lengths: imp.lengths.clone(),
            deals: Vec::new(),
        });
        Lot {
            imps: imps.collect(),
            currency: Currency::USD,
            currencies: vec![Currency::USD],
            allowed_seats: Vec::new(),
            blocked_seats: Vec::new(),
            are_all_imps: request.all_imps,
            is_decided_upstream: request.source.decided_upstream,
        }
    }

    /// Builds and writes the request of one partner.
    pub(crate) fn project(
        &self,
        permit: Permit,
        (asked, shared): (Asked<'_>, &Shared<'_>),
        dice: &dyn Dice,
    ) -> anyhow::Result<Envelope> {
        let projection = Projection {
            shared,
            lot: &Self::lot(asked.request),
            signals: asked.signals,
            context: Some(&self.context),
            placements: &self.placements,
            platform: &self.platform,
            disclosure: DisclosureId(dice.roll()),
            pairwise_user_id: Some("0123456789abcdef0123456789abcdef"),
            tmax_ms: Some(980),
        };
        let sealed =
            permit.seal::<BidRequestFamily>(|grants| OutRequest::build(grants, &projection));
        Ok(sealed.into_envelope()?)
    }
}

/// Whom a question is about, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a BidRequest,
    pub(crate) subject: &'a SubjectState,
    pub(crate) signals: &'a Signals<'a>,
    pub(crate) clock: &'a dyn Clock,
}

impl<'a> Asked<'a> {
    /// Returns what all partners of the request share.
    pub(crate) fn shared(&self) -> Shared<'a> {
        Shared::of(self.request, self.request.country())
    }
}
