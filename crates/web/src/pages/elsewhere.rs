//! On the data page: the lists that partners and advertisers put the person on, what the person did off the
//! platform, and `POST /settings/data/removals`, which removes one of them or all.

use super::{
    Pages,
    answer::{Refusal, refuse, see_other},
    cards::Protection,
    guard::{Content, Fields, Form},
    when::Moment,
    words,
};
use crate::session::Note;
use axum::{extract::State, response::Response};
use sluicegate_gate::{AdvertiserId, Choice, Jurisdiction, PartnershipId, time::UnixMillis};
use sluicegate_register::Edition;
use sluicegate_settings::{Active, FromElsewhere, ListName, Listed, Profile, Removal};
use std::sync::Arc;

/// What others said of the person, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Elsewhere {
    pub(super) keeping: Keeping,
    pub(super) lists: Vec<OnList>,
    pub(super) activity: Vec<ActiveWith>,
    /// What the person removed, by name.
    pub(super) removed: Vec<String>,
}

/// Whether anything is kept at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// What comes in is kept.
    Open,
    /// "Personalize ads" is off.
    Off,
    /// The person is not known to be an adult.
    Age,
}

/// One list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OnList {
    pub(super) partnership: String,
    pub(super) audience: String,
    pub(super) name: String,
    pub(super) partner: String,
    pub(super) advertiser: Option<String>,
    pub(super) since: Moment,
    pub(super) until: Moment,
}

/// What the person did with one advertiser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ActiveWith {
    pub(super) advertiser: String,
    pub(super) name: String,
    pub(super) done: Vec<Done>,
    pub(super) until: Moment,
}

/// One thing, with when it was last done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) what: &'static str,
    pub(super) last: Moment,
}

/// The names of the edition in force.
struct Names<'a>(Option<&'a Edition>);

impl Elsewhere {
    pub(super) fn of(
        profile: &Profile,
        chosen: Option<Choice>,
        edition: Option<&Edition>,
        now: UnixMillis,
    ) -> Self {
        let said = &profile.elsewhere;
        let names = Names(edition);
        Self {
            keeping: Keeping::of(profile, chosen),
            lists: said.lists(now).map(|listed| names.on_list(listed)).collect(),
            activity: names.activity(said, now),
            removed: names.removed(said),
        }
    }

    /// Whether one button for everything is worth having.
    pub(super) fn is_plural(&self) -> bool {
        self.lists.len() + self.activity.len() > 1
    }
}

impl Keeping {
    fn of(profile: &Profile, chosen: Option<Choice>) -> Self {
        let choice = chosen.unwrap_or_else(|| Jurisdiction::of(profile.country).default);
        match (choice, Protection::of(profile)) {
            (Choice::Off, _) => Self::Off,
            (Choice::On, Protection::None) => Self::Open,
            (Choice::On, Protection::AgeUnknown | Protection::Under18 | Protection::Child) => {
                Self::Age
            }
        }
    }
}

impl Names<'_> {
    fn partner(&self, id: &PartnershipId) -> String {
        let partnership = self.0.and_then(|edition| edition.partnership(id));
        partnership.map_or_else(|| id.to_string(), |known| known.partner.name.clone())
    }

    fn advertiser(&self, id: &AdvertiserId) -> String {
        let advertiser = self.0.and_then(|edition| edition.advertiser(id));
        advertiser.map_or_else(|| id.to_string(), |known| known.name.clone())
    }

    /// Returns what a list is called, and for whom it is kept.
    fn list(&self, list: &ListName) -> (String, Option<String>) {
        let partnership = self.0.and_then(|edition| edition.partnership(&list.partnership));
        match partnership.and_then(|partnership| partnership.audience(&list.audience)) {
            Some(known) => {
                let advertiser = known.advertiser.as_ref().map(|id| self.advertiser(id));
                (known.name.clone(), advertiser)
            }
            None => (String::from("A list that may no longer be used"), None),
        }
    }

    fn on_list(&self, listed: &Listed) -> OnList {
        let (name, advertiser) = self.list(&listed.list);
        OnList {
            partnership: listed.list.partnership.to_string(),
            audience: listed.list.audience.to_string(),
            name,
            partner: self.partner(&listed.list.partnership),
            advertiser,
            since: Moment::of(listed.since),
            until: Moment::of(listed.until),
        }
    }

    fn activity(&self, said: &FromElsewhere, now: UnixMillis) -> Vec<ActiveWith> {
        let mut shown: Vec<ActiveWith> = Vec::new();
        let mut until = UnixMillis(i64::MIN);
        for active in said.activity(now) {
            let done = Done { what: words::activity(active.activity), last: Moment::of(active.at) };
            let advertiser = active.advertiser.to_string();
            if let Some(last) = shown.last_mut().filter(|last| last.advertiser == advertiser) {
                until = until.max(active.until());
                last.done.push(done);
                last.until = Moment::of(until);
            } else {
                until = active.until();
                shown.push(self.active_with(active, done));
            }
        }
        shown
    }

    fn active_with(&self, active: &Active, done: Done) -> ActiveWith {
        ActiveWith {
            advertiser: active.advertiser.to_string(),
            name: self.advertiser(&active.advertiser),
            done: vec![done],
            until: Moment::of(active.until()),
        }
    }

    fn removed(&self, said: &FromElsewhere) -> Vec<String> {
        let lists = said.removed_lists().iter().map(|list| {
            let (name, _) = self.list(list);
            format!("{name} ({})", self.partner(&list.partnership))
        });
        let advertisers = said.removed_advertisers().iter().map(|id| self.advertiser(id));
        lists.chain(advertisers.map(|name| format!("Activity with {name}"))).collect()
    }

    /// Returns what the history calls a removal; `None` for what neither the register nor the person's own
    /// page names.
    fn words(&self, removal: &Removal, said: &FromElsewhere, now: UnixMillis) -> Option<String> {
        match removal {
            Removal::Everything => Some(String::new()),
            Removal::List(list) => {
                let partnership = self.0.and_then(|edition| edition.partnership(&list.partnership));
                let is_known =
                    partnership.is_some_and(|one| one.audience(&list.audience).is_some());
                let is_on = said.lists(now).any(|listed| listed.list == *list);
                let (name, _) = self.list(list);
                let words = format!("{name} ({})", self.partner(&list.partnership));
                (is_known || is_on).then_some(words)
            }
            Removal::Activity(id) => {
                let is_known = self.0.is_some_and(|edition| edition.advertiser(id).is_some());
                let is_on = said.activity(now).any(|active| active.advertiser == *id);
                (is_known || is_on).then(|| self.advertiser(id))
            }
        }
    }
}

/// Removes something for good, and leads back to the page.
#[expect(clippy::cognitive_complexity, reason = "the macros of the log count as branches")]
pub(crate) async fn remove(
    State(pages): State<Arc<Pages>>,
    Form { person, content: removal }: Form<Removal>,
) -> Response {
    let parts = &pages.parts;
    let Ok(profile) = parts.settings.profile(person.account()).await else {
        tracing::error!("a person's profile could not be read for a removal");
        return refuse(&pages, Some(person.csrf), Refusal::Failed);
    };
    let said = profile.unwrap_or_default().elsewhere;
    let edition = parts.current.load();
    let Some(shown) = Names(edition.as_deref()).words(&removal, &said, parts.clock.now()) else {
        return refuse(&pages, Some(person.csrf), Refusal::Content);
    };
    match parts.settings.remove(person.account(), removal, shown).await {
        Ok(changed) => {
            person.session().leave(Note::Demographics { saved: changed.at });
            see_other("/settings/data")
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's removal could not be put in force");
            refuse(&pages, Some(person.csrf), Refusal::Failed)
        }
    }
}

impl Content for Removal {
    fn read(fields: &Fields) -> Option<Self> {
        match fields.value("what")? {
            "list" => Some(Self::List(ListName {
                partnership: fields.value("partnership")?.parse().ok()?,
                audience: fields.value("audience")?.parse().ok()?,
            })),
            "activity" => Some(Self::Activity(fields.value("advertiser")?.parse().ok()?)),
            "everything" => Some(Self::Everything),
            _ => None,
        }
    }
}
