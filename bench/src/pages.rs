//! A person's pages, over a year of data of somebody who is shown a lot of ads.
//!
//! The floor is the same page about somebody of whom nothing is kept: frame, words and markup stay, what is read
//! goes.

use crate::{
    harness::{Effort, alternate, measured},
    house::{self, runtime},
    machine::MachineDice,
    sample::{Asked, Person, Surroundings, edition},
    table::{Goal, Row},
};
use anyhow::Context;
use axum::Router;
use futures_util::future::join_all;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use sluicegate_gate::{
    Choice, Secret, SubjectKey,
    time::{Clock, UnixMillis},
};
use sluicegate_ledger::{Ledger, LedgerStore};
use sluicegate_register::Current;
use sluicegate_settings::{Actor, Change, Keyring, Settings};
use sluicegate_store::Sqlite;
use sluicegate_testkit::ManualClock;
use sluicegate_web::{
    Rates,
    pages::{CookieRule, Next, NextMessage, Pages, PagesState, SignIn, TokenKey, router},
};
use std::{path::Path, sync::Arc, time::Duration};
use tower::ServiceExt;

/// Disclosures about the heavy account in its year.
const DISCLOSURES: u32 = 1_000_000;
/// Different sets of values that a day has for each of the three partners.
const SETS: u32 = 40;
/// Recorded at once.
const AT_ONCE: usize = 256;
/// Pages in a round.
const OPERATIONS: u32 = 24;
/// How long an answer may take.
const BELOW_NS: f64 = 50e6;
/// A day after the year that is recorded.
const NOW: UnixMillis = UnixMillis(1_795_442_527_000);
const YEAR: Duration = Duration::from_hours(24 * 365);

const AUDIENCE: &str = "https://gate.example";
const HEAVY: &str = "heavy";
const NEW: &str = "new";
/// Made for this measurement, and used nowhere else.
const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIOSkS/dwDNQ1FqWtbpUZMh4KRT3IJOtqgjuTDTtVJSZL
-----END PRIVATE KEY-----
";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAvHSUXqXE+HyLl3ckfPLsx3huOX8rcnBDTfWRZH+E404=
-----END PUBLIC KEY-----
";

/// The pages that are measured.
const LOADS: [(&str, &str); 4] = [
    ("pages: shared, 7 days", "/settings/shared"),
    ("pages: shared, a month", "/settings/shared?range=2026-03"),
    ("pages: shared, page 2", "/settings/shared?range=2026-03&partner=bidder-east&page=1"),
    ("pages: settings", "/settings"),
];

pub(crate) fn measure(effort: Effort) -> anyhow::Result<Vec<Row>> {
    let runtime = runtime()?;
    let dir = house::directory()?;
    let disclosures = effort.operations(DISCLOSURES);
    let site = runtime.block_on(Site::open(dir.path(), disclosures))?;
    let heavy = runtime.block_on(site.sign_in(HEAVY))?;
    let new = runtime.block_on(site.sign_in(NEW))?;
    let operations = effort.operations(OPERATIONS);
    let mut rows = Vec::new();
    for (name, path) in LOADS {
        let mut bytes = 0;
        let mut look = |cookie: &str| {
            measured(operations, || {
                runtime.block_on(async {
                    for _ in 0..operations {
                        bytes = site.get(path, cookie).await?.1;
                    }
                    anyhow::Ok(())
                })
            })
        };
        let floor = look(&new)?;
        let pair = alternate(effort, || Ok(floor), || look(&heavy))?;
        let notes = vec![format!(
            "{bytes} bytes; {disclosures} disclosures in a year, in {SETS} sets of values a day and partner"
        )];
        rows.push(Row { name, pair, goal: Goal::Wall { below_ns: BELOW_NS }, notes });
    }
    runtime.block_on(site.close())?;
    Ok(rows)
}

/// The pages over a store on the disk.
struct Site {
    router: Router,
    clock: Arc<ManualClock>,
    ledger: Arc<Ledger>,
    store: Sqlite,
}

/// What would be said next costs the same for everybody, and is measured as a projection.
#[derive(Debug)]
struct NothingNext;

impl Next for NothingNext {
    fn next(&self, _key: SubjectKey, _headers: &HeaderMap) -> Vec<NextMessage> {
        Vec::new()
    }
}

impl Site {
    async fn open(dir: &Path, disclosures: u32) -> anyhow::Result<Self> {
        let clock = ManualClock::at(NOW.minus(YEAR));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let store = Sqlite::open(dir).await?;
        let within = Duration::from_secs(5);
        let settings = Settings::open(Arc::new(store.clone()), Arc::clone(&shared), within).await?;
        let records: Arc<dyn LedgerStore> = Arc::new(store.clone());
        let key = Secret::new([3; 32]);
        let ledger = Ledger::open(records, Arc::clone(&shared), Arc::new(MachineDice), key).await?;
        let current = Arc::new(Current::new());
        let urls = ["a", "b", "c"].map(|name| format!("http://127.0.0.1:9/{name}"));
        current.replace(Arc::new(edition(&urls, clock.now())?));
        let keyring = Arc::new(Keyring::new(Secret::new([7; 16])));
        let change = Change {
            key: keyring.account(HEAVY),
            setting: sluicegate_gate::Setting::Sharing,
            value: Choice::On,
            actor: Actor::Person,
            words: String::from("Turn sharing on"),
            language: String::from("en"),
        };
        settings.change(change).await?;
        fill(&clock, &ledger, &keyring, disclosures).await?;
        let rates = Rates { pages_per_minute: 60_000, forms_per_minute: 60_000, proxies: 0 };
        let state = PagesState {
            editions: Arc::new(store.clone()),
            feedback: Arc::new(store.clone()),
            domain: String::from("platform.example"),
            public_url: None,
            look: Arc::default(),
            rates,
            settings,
            current,
            ledger: Arc::clone(&ledger),
            recalls: Arc::new(store.clone()),
            keyring,
            clock: shared,
            dice: Arc::new(MachineDice),
            platform: String::from("Platform"),
            takes_effect_within: within,
            keep_days: 730,
            sign_in: SignIn {
                key: TokenKey::read(PUBLIC_KEY)?,
                audience: String::from(AUDIENCE),
                token_lifetime_max: Duration::from_mins(10),
                url: None,
                cookies: CookieRule::Loopback,
                provider: None,
            },
            next: Arc::new(NothingNext),
        };
        Ok(Self { router: router(Pages::new(state)), clock, ledger, store })
    }

    async fn sign_in(&self, account: &str) -> anyhow::Result<String> {
        let now = self.clock.now().0 / 1000;
        let claims =
            json!({ "sub": account, "aud": AUDIENCE, "iat": now, "exp": now + 60, "jti": account });
        let key = EncodingKey::from_ed_pem(PRIVATE_KEY.as_bytes())?;
        let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key)?;
        let request =
            Request::get(format!("/signin?token={token}")).body(axum::body::Body::empty())?;
        let answer = self.router.clone().oneshot(request).await?;
        let cookie = answer.headers().get(header::SET_COOKIE).context("no session was opened")?;
        let cookie = cookie.to_str()?;
        Ok(cookie.split(';').next().unwrap_or(cookie).to_owned())
    }

    async fn get(&self, path: &str, cookie: &str) -> anyhow::Result<(StatusCode, usize)> {
        let request =
            Request::get(path).header(header::COOKIE, cookie).body(axum::body::Body::empty())?;
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        anyhow::ensure!(status == StatusCode::OK, "{path} answered {status}");
        Ok((status, answer.into_body().collect().await?.to_bytes().len()))
    }

    async fn close(self) -> anyhow::Result<()> {
        self.ledger.close().await?;
        self.store.close().await;
        Ok(())
    }
}

/// Records a year of bid requests about the heavy account.
async fn fill(
    clock: &Arc<ManualClock>,
    ledger: &Ledger,
    keyring: &Keyring,
    disclosures: u32,
) -> anyhow::Result<()> {
    let surroundings = Surroundings::new(clock.as_ref())?;
    let people = (0..SETS).map(|number| {
        let mut person = Person::new(number, keyring)?;
        person.keys.account = Some(keyring.account(HEAVY));
        anyhow::Ok(person)
    });
    let people = people.collect::<Result<Vec<_>, _>>()?;
    let step = YEAR / disclosures.max(1);
    let mut people = people.iter().cycle();
    let mut recorded = 0;
    while recorded < disclosures {
        let mut batch = Vec::with_capacity(AT_ONCE);
        while batch.len() < AT_ONCE {
            let person = people.next().context("there are people")?;
            let subject = person.state(Choice::On, clock.boot());
            let signals = person.request.signals();
            let asked = Asked {
                request: &person.request,
                subject: &subject,
                signals: &signals,
                clock: clock.as_ref(),
            };
            let shared = asked.shared();
            for permit in surroundings.permits(asked)? {
                batch.push(surroundings.project(permit, (asked, &shared), &MachineDice)?);
            }
        }
        let count = u32::try_from(batch.len())?;
        recorded += count;
        let kept = join_all(batch.into_iter().map(|envelope| ledger.record(envelope))).await;
        kept.into_iter().collect::<Result<Vec<_>, _>>()?;
        clock.advance(step * count);
    }
    Ok(())
}
