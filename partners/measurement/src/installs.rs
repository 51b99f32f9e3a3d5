//! Installs that apps report, and the ads that they are credited to: the latest answer of the platform
//! counts, so that what may no longer be told is no longer credited.

use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The installs of all apps, bounded: the oldest is forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Installs {
    by_id: BTreeMap<String, Install>,
    order: std::collections::VecDeque<String>,
}

/// One install.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    /// Its id, chosen by the app.
    pub(crate) id: String,
    /// The app.
    pub(crate) app_id: String,
    /// What stands for the device.
    pub(crate) known_as: String,
    /// When, in seconds since 1970.
    pub(crate) at_s: i64,
    /// What it is credited to.
    pub(crate) credited: Option<Credited>,
}

/// What an install is credited to, and under which disclosure that was told.
#[derive(Clone, Debug)]
pub(crate) struct Credited {
    /// The ad.
    pub(crate) to: Credit,
    disclosure: String,
}

/// The ad that an install is credited to, as the platform told it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Credit {
    /// Who ran the ad.
    pub(crate) advertiser: String,
    /// The campaign.
    pub(crate) campaign: String,
    /// `click`, `engaged_view` or `impression`.
    pub(crate) touch: String,
}

impl Credited {
    /// Reads the answer of the platform; nothing where it tells nothing.
    pub(crate) fn of(answer: &Value) -> Option<Self> {
        let touch = answer.get("attribution").filter(|touch| touch.is_object())?;
        let text = |pointer: &str| touch.pointer(pointer)?.as_str().map(str::to_owned);
        let to = Credit {
            advertiser: text("/permitted_recipients/0")?,
            campaign: text("/campaign_id")?,
            touch: text("/touch_type")?,
        };
        // Why there must be one: what cannot be called back must not be kept.
        Some(Self { to, disclosure: text("/disclosure_id")? })
    }
}

impl Installs {
    /// Enters an install, or finds the one of that id, and returns it.
    pub(crate) fn enter(&mut self, install: Install) -> Install {
        if let Some(known) = self.by_id.get(&install.id) {
            return known.clone();
        }
        if self.order.len() >= INSTALLS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back(install.id.clone());
        self.by_id.insert(install.id.clone(), install.clone());
        install
    }

    /// Credits an install to what the platform told last.
    pub(crate) fn credit(&mut self, id: &str, credited: Option<Credited>) {
        if let Some(install) = self.by_id.get_mut(id) {
            install.credited = credited;
        }
    }

    /// Takes back what was credited under these disclosures. That the app was installed its own library said.
    pub(crate) fn forget(&mut self, disclosures: &BTreeSet<String>) {
        for install in self.by_id.values_mut() {
            install.credited.take_if(|credited| disclosures.contains(&credited.disclosure));
        }
    }

    /// Returns how many there are, and how many are credited.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let credited = self.by_id.values().filter(|install| install.credited.is_some()).count();
        (self.by_id.len(), credited)
    }

    /// Returns how many are credited to each ad.
    pub(crate) fn credits(&self) -> BTreeMap<&Credit, u64> {
        let mut credits = BTreeMap::new();
        for credited in self.by_id.values().filter_map(|install| install.credited.as_ref()) {
            *credits.entry(&credited.to).or_insert(0) += 1;
        }
        credits
    }

    /// Returns the installs on a device, newest last.
    pub(crate) fn on(&self, known_as: &str) -> impl Iterator<Item = &Install> {
        self.by_id.values().filter(move |install| install.known_as == known_as)
    }

    /// Returns them as JSON.
    pub(crate) fn json(&self) -> Value {
        let (reported, credited) = self.counts();
        let credits: Vec<Value> = self
            .credits()
            .into_iter()
            .map(|(credit, count)| json!({ "to": credit, "count": count }))
            .collect();
        json!({ "reported": reported, "credited": credited, "credits": credits })
    }
}

const INSTALLS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn install(id: &str) -> Install {
        let (id, app_id) = (id.to_owned(), String::from("app"));
        Install { id, app_id, known_as: String::from("c0ffee"), at_s: 1, credited: None }
    }

    fn answer(campaign: &str) -> Value {
        json!({ "attribution": {
            "permitted_recipients": ["adv-1"], "campaign_id": campaign, "touch_type": "click",
            "disclosure_id": format!("d-{campaign}"),
        } })
    }

    #[test]
    fn the_last_answer_counts() {
        let mut installs = Installs::default();
        installs.enter(install("i-1"));
        installs.enter(install("i-1"));
        installs.credit("i-1", Credited::of(&answer("c-1")));
        assert_eq!(installs.counts(), (1, 1));
        assert_eq!(installs.json()["credits"][0]["to"]["campaign"], "c-1");
        installs.credit("i-1", Credited::of(&json!({ "attribution": null })));
        assert_eq!((installs.counts(), installs.on("c0ffee").count()), ((1, 0), 1));
    }

    #[test]
    fn a_credit_goes_with_its_disclosure_and_the_install_stays() {
        let mut installs = Installs::default();
        for campaign in ["c-1", "c-2"] {
            installs.enter(install(campaign));
            installs.credit(campaign, Credited::of(&answer(campaign)));
        }
        installs.forget(&BTreeSet::from([String::from("d-c-1")]));
        assert_eq!(installs.counts(), (2, 1));
        assert_eq!(installs.json()["credits"][0]["to"]["campaign"], "c-2");
    }

    #[test]
    fn the_oldest_install_is_forgotten_first() {
        let mut installs = Installs::default();
        for number in 0..=INSTALLS_MAX {
            installs.enter(install(&number.to_string()));
        }
        assert_eq!(installs.counts().0, INSTALLS_MAX);
        assert!(!installs.by_id.contains_key("0"));
    }
}
