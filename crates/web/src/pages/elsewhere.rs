//! On the data page: the lists that partners and advertisers put the person on, what the person did off the
//! platform, and `POST /settings/data/removals`, which removes one of them or all.

use super::{
    Pages,
    answer::{Refusal, refuse, see_other},
    guard::{Content, Fields, Form},
    language::{Language, Message},
    when::Moment,
    words,
};
use crate::session::Note;
use axum::{extract::State, response::Response};
use sluicegate_gate::{AdvertiserId, Choice, PartnershipId, time::UnixMillis};
use sluicegate_register::Edition;
use sluicegate_settings::{Active, FromElsewhere, Keeping, ListName, Listed, Profile, Removal};
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
    pub(super) what: Message,
    pub(super) last: Moment,
}

/// The names of the edition in force, and the language of the rest.
struct Names<'a> {
    language: Language,
    edition: Option<&'a Edition>,
}

impl OnList {
    /// Returns where the list of partners has it.
    pub(super) fn href(&self) -> String {
        format!("/partners#{}", self.partnership)
    }
}

impl Elsewhere {
    pub(super) fn of(
        language: Language,
        profile: &Profile,
        chosen: Option<Choice>,
        edition: Option<&Edition>,
        now: UnixMillis,
    ) -> Self {
        let said = &profile.elsewhere;
        let names = Names { language, edition };
        Self {
            keeping: profile.keeping(chosen),
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

impl Names<'_> {
    fn partner(&self, id: &PartnershipId) -> String {
        let partnership = self.edition.and_then(|edition| edition.partnership(id));
        partnership.map_or_else(|| id.to_string(), |known| known.partner.name.clone())
    }

    fn advertiser(&self, id: &AdvertiserId) -> String {
        let advertiser = self.edition.and_then(|edition| edition.advertiser(id));
        advertiser.map_or_else(|| id.to_string(), |known| known.name.clone())
    }

    /// Returns what a list is called, and for whom it is kept.
    fn list(&self, list: &ListName) -> (String, Option<String>) {
        let partnership = self.edition.and_then(|edition| edition.partnership(&list.partnership));
        match partnership.and_then(|partnership| partnership.audience(&list.audience)) {
            Some(known) => {
                let advertiser = known.advertiser.as_ref().map(|id| self.advertiser(id));
                (known.name.clone(), advertiser)
            }
            None => (self.language.say("list-unknown").plain(), None),
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
            let what = words::activity(self.language, active.activity);
            let done = Done { what, last: Moment::of(active.at) };
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
            self.removed_list(name, &list.partnership)
        });
        let advertisers = said.removed_advertisers().iter().map(|id| {
            let name = self.advertiser(id);
            self.language.say("removed-activity").with("advertiser", name).plain()
        });
        lists.chain(advertisers).collect()
    }

    fn removed_list(&self, name: String, partnership: &PartnershipId) -> String {
        let said = self.language.say("removed-list").with("list", name);
        said.with("partner", self.partner(partnership)).plain()
    }

    /// Returns what the history calls a removal; `None` for what neither the register nor the person's own
    /// page names.
    fn words(&self, removal: &Removal, said: &FromElsewhere, now: UnixMillis) -> Option<String> {
        match removal {
            Removal::Everything => Some(String::new()),
            Removal::List(list) => {
                let partnership =
                    self.edition.and_then(|edition| edition.partnership(&list.partnership));
                let is_known =
                    partnership.is_some_and(|one| one.audience(&list.audience).is_some());
                let is_on = said.lists(now).any(|listed| listed.list == *list);
                let (name, _) = self.list(list);
                let words = self.removed_list(name, &list.partnership);
                (is_known || is_on).then_some(words)
            }
            Removal::Activity(id) => {
                let is_known = self.edition.is_some_and(|edition| edition.advertiser(id).is_some());
                let is_on = said.activity(now).any(|active| active.advertiser == *id);
                (is_known || is_on).then(|| self.advertiser(id))
            }
        }
    }
}

/// Returns what the history calls a removal; `None` for what neither the register nor the person's own page
/// names.
pub(crate) fn removal_words(
    removal: &Removal,
    said: &FromElsewhere,
    edition: Option<&Edition>,
    now: UnixMillis,
) -> Option<String> {
    Names { language: Language::English, edition }.words(removal, said, now)
}

/// Removes something for good, and leads back to the page.
#[expect(clippy::cognitive_complexity, reason = "each refusal in its place")]
pub(crate) async fn remove(
    State(pages): State<Arc<Pages>>,
    Form { person, content: removal }: Form<Removal>,
) -> Response {
    let parts = &pages.parts;
    let Ok(profile) = parts.settings.profile(person.account()).await else {
        tracing::error!("a person's profile could not be read for a removal");
        return refuse(&pages, person.asker, Refusal::Failed);
    };
    let said = profile.unwrap_or_default().elsewhere;
    let edition = parts.current.load();
    let names = Names { language: person.language(), edition: edition.as_deref() };
    let Some(shown) = names.words(&removal, &said, parts.clock.now()) else {
        return refuse(&pages, person.asker, Refusal::Content);
    };
    match parts.settings.remove(person.account(), removal, shown).await {
        Ok(changed) => {
            person.session().leave(Note::Demographics { saved: changed.at });
            see_other("/settings/data")
        }
        Err(error) => {
            tracing::error!(error = %error, "a person's removal could not be put in force");
            refuse(&pages, person.asker, Refusal::Failed)
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
