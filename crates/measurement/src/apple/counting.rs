//! Counting postbacks in the report of the advertiser whose app it is.

use super::{Postback, PostbackError, Says, Signer, read};
use crate::{
    Keys,
    lookup::{Conversions, ConversionsError, Count, CountKey, Counting},
};
use parking_lot::Mutex;
use sluicegate_gate::time::Clock;
use sluicegate_ledger::Day;
use sluicegate_register::Current;
use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

/// What postbacks are counted with. Clones share everything.
#[derive(Clone, Debug)]
pub struct PostbacksParts {
    /// Whose app it is.
    pub current: Arc<Current>,
    /// Where it is counted.
    pub conversions: Arc<dyn Conversions>,
    /// The keys.
    pub keys: Keys,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// The platform's own ids as an ad network, as Apple gave them. Others' postbacks are not counted.
    pub ad_networks: BTreeSet<String>,
}

/// Counts postbacks, each once.
#[derive(Clone, Debug)]
pub struct Postbacks {
    parts: PostbacksParts,
    latest: Arc<Mutex<Latest>>,
}

/// The postbacks that were counted last: one that comes again is not written down again. What is forgotten here the
/// store knows, and counts no second time.
#[derive(Debug, Default)]
struct Latest {
    known: HashSet<CountKey>,
    order: VecDeque<CountKey>,
}

impl Latest {
    fn knows(&self, once: CountKey) -> bool {
        self.known.contains(&once)
    }

    fn enter(&mut self, once: CountKey) {
        if !self.known.insert(once) {
            return;
        }
        self.order.push_back(once);
        if self.order.len() > LATEST_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// What became of a postback that Apple signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is counted, durably; or was before.
    Yes,
    /// It is not for this platform, of no registered app, or of a device under development.
    No,
}

/// A postback could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// It is not one of Apple's.
    #[error(transparent)]
    Postback(#[from] PostbackError),
    /// No edition is in force. Apple's devices send it again.
    #[error("no edition of the register is in force")]
    NoEdition,
    /// The store failed. Apple's devices send it again.
    #[error(transparent)]
    Conversions(#[from] ConversionsError),
}

impl Postbacks {
    /// Makes it of its parts.
    pub fn new(parts: PostbacksParts) -> Self {
        Self { parts, latest: Arc::default() }
    }

    /// Checks a postback and counts it.
    pub async fn accept(&self, body: &[u8]) -> Result<Counted, CountError> {
        let postback = read(body)?;
        let Some(count) = self.count(&postback)? else { return Ok(Counted::No) };
        let once = CountKey(self.parts.keys.digest("apple postback", postback.id.as_bytes()));
        if self.latest.lock().knows(once) {
            return Ok(Counted::Yes);
        }
        let at = count.day.start().plus(KNOWN_FOR_LONGER);
        let counting = Counting { once, at, counts: vec![count], active: None };
        self.parts.conversions.count(vec![counting]).await?;
        self.latest.lock().enter(once);
        Ok(Counted::Yes)
    }

    fn count(&self, postback: &Postback) -> Result<Option<Count>, CountError> {
        let ours = postback.signer == Signer::Production
            && self.parts.ad_networks.contains(&postback.ad_network);
        if !ours {
            return Ok(None);
        }
        let edition = self.parts.current.load().ok_or(CountError::NoEdition)?;
        let app = postback.app.to_string();
        let mut advertisers = edition.advertisers().iter();
        let Some(owner) = advertisers.find(|one| one.apps.iter().any(|own| own.id == app)) else {
            return Ok(None);
        };
        let measure = match (postback.sequence, postback.says) {
            (_, Says::Assisted) => "apple_assists",
            (0, Says::Installed) => "apple_installs",
            (0, Says::InstalledAgain) => "apple_reinstalls",
            (0, Says::ReEngaged) => "apple_re_engagements",
            // A later postback is about a conversion that is counted already.
            (_, Says::Installed | Says::InstalledAgain | Says::ReEngaged) => {
                "apple_later_postbacks"
            }
        };
        let parts = [app.as_str(), "ios", "", &postback.source, "", ""];
        Ok(Some(Count {
            advertiser: owner.id.clone(),
            day: Day::of(self.parts.clock.now()),
            line: serde_json::to_string(&parts).unwrap_or_default(),
            measure: measure.to_owned(),
            amount: 1,
        }))
    }
}

/// Postbacks that are known without asking the store: some 3 MB.
const LATEST_MAX: usize = 65_536;
/// A postback says nothing of when it was made, so a copy of one can come at any time. Its digest, which is about no
/// person, is known for this much longer than that of a conversion: ten years.
const KNOWN_FOR_LONGER: Duration = Duration::from_hours(10 * 365 * 24);
