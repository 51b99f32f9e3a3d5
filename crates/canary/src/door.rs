//! A door that leads nowhere: what comes to it is looked at, answered as a partner might, and never sent.

use crate::{Run, Scope, Twin, Watch, canary::has_any};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sluicegate_gate::{PartnershipId, Path, time::UnixMillis};
use sluicegate_ledger::{Answer, Cleared, Door, SendError};
use sluicegate_register::{Current, Endpoint};
use std::{collections::BTreeSet, sync::Arc};

/// The price of a canary's bids, in units of the currency: above any floor.
const PRICE: f64 = 50_000.0;

/// The door of one run.
#[derive(Debug)]
pub struct BlindDoor {
    watch: Arc<Watch>,
    current: Arc<Current>,
    sights: Mutex<Sights>,
}

#[derive(Debug, Default)]
struct Sights {
    seen: BTreeSet<Path>,
    told: BTreeSet<Path>,
    leaked: BTreeSet<Path>,
    walking: Option<Twin>,
    /// By what partners know those that did not say yes.
    aliases: Vec<String>,
}

impl BlindDoor {
    /// Makes the door of one run, which has one edition throughout.
    pub fn new(watch: Arc<Watch>, current: Arc<Current>) -> Arc<Self> {
        Arc::new(Self { watch, current, sights: Mutex::default() })
    }

    /// Returns the edition of the run.
    pub fn current(&self) -> &Arc<Current> {
        &self.current
    }

    /// Says who walks from now on: what names nobody by its keys is judged by that.
    pub fn walks(&self, twin: Twin) {
        self.sights.lock().walking = Some(twin);
    }

    /// Says by what partners would know those that did not say yes: the ids that are made for each of them.
    pub fn knows(&self, aliases: impl IntoIterator<Item = String>) {
        let small = aliases.into_iter().map(|alias| alias.to_ascii_lowercase());
        self.sights.lock().aliases.extend(small);
    }

    /// Looks at a message. One byte about a canary that did not say yes closes the path. What goes to partnerships that
    /// the sharing setting does not control is no sign of anything.
    pub fn look(&self, cleared: &Cleared) {
        let path = cleared.path();
        if self.scope_of(cleared.partnership()) == Scope::Outside {
            return;
        }
        let canaries = self.watch.canaries();
        let texts =
            || cleared.url().map(str::as_bytes).into_iter().chain([cleared.body().as_ref()]);
        let aliases = self.sights.lock().aliases.clone();
        let gives_away = |text: &[u8]| {
            let mut silent = [&canaries.off, &canaries.unasked].into_iter();
            silent.any(|canary| canary.is_in(text)) || has_any(&aliases, text)
        };
        let about = self.watch.subject_of(cleared);
        if about.is_some_and(|twin| !twin.is_told_of()) || texts().any(gives_away) {
            self.sights.lock().leaked.insert(path);
            self.watch.leaked(path);
        }
        let mut sights = self.sights.lock();
        if about == Some(Twin::On) {
            sights.told.insert(path);
        }
        // What has no subject is seen when it goes out at all, while the other walks.
        if about == Some(Twin::On) || sights.walking == Some(Twin::On) {
            sights.seen.insert(path);
        }
    }

    fn scope_of(&self, partnership: &PartnershipId) -> Scope {
        Scope::of(self.current.load().as_deref(), partnership)
    }

    /// Closes a path: the record has something as told to a partnership about a canary that did not say yes, unless
    /// the sharing setting does not control it.
    pub fn recorded(&self, partnership: &PartnershipId, path: Path) {
        if self.scope_of(partnership) == Scope::Outside {
            return;
        }
        self.sights.lock().leaked.insert(path);
        self.watch.leaked(path);
    }

    /// Returns what was seen.
    pub(crate) fn run(&self, at: UnixMillis) -> Run {
        let sights = self.sights.lock();
        let (seen, told) = (sights.seen.clone(), sights.told.clone());
        Run { at, seen, told, leaked: sights.leaked.clone() }
    }

    fn answer(&self, cleared: &Cleared) -> Answer {
        let (status, body) = match cleared.path() {
            Path::BidRequest | Path::ContextualBidRequest => (200, self.bid(cleared)),
            Path::WinNotice
            | Path::BillingNotice
            | Path::LossNotice
            | Path::Exposures
            | Path::Touches
            | Path::Recall => (200, Bytes::new()),
            Path::DeletionRequest => (202, Bytes::new()),
        };
        Answer { status, body, retry_after: None, held: None }
    }

    /// Bids for the first impression, with all three notices.
    fn bid(&self, cleared: &Cleared) -> Bytes {
        let bid = self.bid_of(cleared).unwrap_or_else(|| json!({}));
        Bytes::from(bid.to_string())
    }

    fn bid_of(&self, cleared: &Cleared) -> Option<Value> {
        let request: Value = serde_json::from_slice(cleared.body()).ok()?;
        let edition = self.current.load()?;
        let endpoint = edition.partnership(cleared.partnership())?.endpoint.as_ref()?;
        let imp = request.pointer("/imp/0")?;
        let format = imp.pointer("/banner/format/0");
        let size = |name| format.and_then(|format| format.get(name)).cloned().unwrap_or(json!(1));
        Some(json!({
            "id": request.get("id")?,
            "cur": "USD",
            "seatbid": [{ "bid": [{
                "id": "canary",
                "impid": imp.get("id")?,
                "price": PRICE,
                "adm": "<p>canary</p>",
                "adomain": ["canary.example"],
                "crid": "canary",
                "mtype": 1,
                "w": size("w"),
                "h": size("h"),
                "nurl": notice(endpoint, "win"),
                "burl": notice(endpoint, "bill"),
                "lurl": notice(endpoint, "loss"),
            }]}],
        }))
    }
}

/// An address of the partner's own, which is never called.
fn notice(endpoint: &Endpoint, name: &str) -> String {
    let host = endpoint.notice_hosts.first().map(String::as_str).unwrap_or_default();
    format!("{}://{host}/canary/{name}?price=${{AUCTION_PRICE}}", endpoint.url.scheme())
}

impl Door for BlindDoor {
    fn refuses(&self, _partnership: &PartnershipId, _path: Path) -> Option<SendError> {
        None
    }

    fn send(&self, cleared: Cleared) -> BoxFuture<'_, Result<Answer, SendError>> {
        self.look(&cleared);
        let answer = self.answer(&cleared);
        Box::pin(std::future::ready(Ok(answer)))
    }
}
