//! What changed from one edition to another, for people.

use crate::{Advertiser, Day, Edition, Partnership, canonical, flatten::flatten};
use serde::Serialize;
use serde_json::Value;
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The fields of a partnership whose changes the public is shown.
const PUBLIC_FIELDS: [&str; 23] = [
    "via",
    "categories",
    "countries",
    "start",
    "end",
    "suspended",
    "when_withheld",
    "title",
    "summary",
    "role",
    "purposes",
    "retention_days",
    "tcf_vendor.id",
    "tcf_vendor.list_version",
    "tcf_vendor.purposes",
    "tcf_vendor.leg_int_purposes",
    "tcf_vendor.flexible_purposes",
    "tcf_vendor.special_features",
    "linking.signed_on",
    "linking.expires_on",
    "device_id",
    "recall.window_days",
    "recall.lapse_hours",
];

/// What changed from one edition to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The number of the earlier edition.
    pub from: u32,
    /// The number of the later edition.
    pub to: u32,
    /// When the later edition was published.
    pub published_at: UnixMillis,
    /// What the sharing setting controls now and did not before, or the other way round.
    pub scope: Vec<ScopeNote>,
    /// Partnerships.
    pub partnerships: Vec<Change>,
    /// Advertisers.
    pub advertisers: Vec<Change>,
    /// The publisher, sites, apps, screens, placements and deals.
    pub inventory: Vec<Change>,
}

/// What happened to one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added {
        /// Its id.
        id: String,
        /// Its title or name.
        title: String,
    },
    /// It is gone.
    Removed {
        /// Its id.
        id: String,
        /// The title or name it had.
        title: String,
    },
    /// Some of its fields say something else.
    Changed {
        /// Its id.
        id: String,
        /// Its title or name now.
        title: String,
        /// The fields.
        fields: Vec<FieldChange>,
    },
}

/// One field that says something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, for example `endpoint.timeout_ms`.
    pub field: String,
    /// What it said; `None` where it said nothing.
    pub from: Option<String>,
    /// What it says; `None` where it says nothing.
    pub to: Option<String>,
}

/// A change of what the sharing setting controls. A person's `off` stays `off` in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum ScopeNote {
    /// The setting controls a partnership more.
    Entered {
        /// The partnership.
        partnership: PartnershipId,
    },
    /// The setting controls a partnership less.
    Left {
        /// The partnership.
        partnership: PartnershipId,
        /// New arrangements with the same partner that the setting does not control.
        instead: Vec<PartnershipId>,
    },
}

impl Diff {
    /// Compares two editions.
    pub fn between(earlier: &Edition, later: &Edition) -> Self {
        Self {
            from: earlier.number(),
            to: later.number(),
            published_at: later.published_at(),
            scope: scope(earlier, later),
            partnerships: changes(&partnerships(earlier), &partnerships(later)),
            advertisers: changes(&advertisers(earlier), &advertisers(later)),
            inventory: changes(&inventory(earlier), &inventory(later)),
        }
    }

    /// Returns whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.partnerships.is_empty() && self.advertisers.is_empty() && self.inventory.is_empty()
    }

    /// Returns what of it the public is shown: partnerships, without endpoints and evidence.
    #[must_use]
    pub fn public(&self) -> Self {
        let partnerships = self.partnerships.iter().filter_map(Change::public).collect();
        Self { partnerships, advertisers: Vec::new(), inventory: Vec::new(), ..self.clone() }
    }
}

impl Change {
    fn public(&self) -> Option<Self> {
        let Self::Changed { id, title, fields } = self else { return Some(self.clone()) };
        let is_public = |field: &str| {
            PUBLIC_FIELDS.contains(&field)
                || field.starts_with("partner.")
                || field.starts_with("texts[")
                || field.starts_with("audiences[") && !field.ends_with(".advertiser")
        };
        let mut fields = fields.clone();
        fields.retain(|change| is_public(&change.field));
        let changed = !fields.is_empty();
        changed.then(|| Self::Changed { id: id.clone(), title: title.clone(), fields })
    }
}

/// An entry as it is compared: its title, and its fields as lines.
type Entries = BTreeMap<String, (String, BTreeMap<String, String>)>;

fn partnerships(edition: &Edition) -> Entries {
    let entry = |partnership: &Partnership| {
        let mut lines = flatten(&canonical::partnership(partnership));
        lines.remove("listed_since_ms");
        (partnership.terms.id.to_string(), (partnership.title.clone(), lines))
    };
    edition.partnerships().iter().map(entry).collect()
}

fn advertisers(edition: &Edition) -> Entries {
    let entry = |advertiser: &Advertiser| {
        let mut lines = lines(advertiser);
        lines.retain(|field, _| !field.starts_with("linked_since"));
        (advertiser.id.to_string(), (advertiser.name.clone(), lines))
    };
    edition.advertisers().iter().map(entry).collect()
}

fn inventory(edition: &Edition) -> Entries {
    let inventory = edition.inventory();
    let publisher = &inventory.publisher;
    let mut entries = Entries::new();
    entries.insert(String::from("publisher"), (publisher.name.clone(), lines(publisher)));
    for site in &inventory.sites {
        entries.insert(format!("site {}", site.id), (site.name.clone(), lines(site)));
    }
    for app in &inventory.apps {
        entries.insert(format!("app {}", app.id), (app.name.clone(), lines(app)));
    }
    for screen in &inventory.screens {
        entries.insert(format!("screen {}", screen.id), (screen.name.clone(), lines(screen)));
    }
    for placement in &inventory.placements {
        let entry = (placement.name.clone(), lines(placement));
        entries.insert(format!("placement {}", placement.id), entry);
    }
    for deal in edition.deals() {
        entries.insert(format!("deal {}", deal.id), (deal.name.clone(), lines(deal)));
    }
    entries
}

fn lines(entry: &impl Serialize) -> BTreeMap<String, String> {
    flatten(&serde_json::to_value(entry).unwrap_or(Value::Null))
}

fn changes(earlier: &Entries, later: &Entries) -> Vec<Change> {
    let ids: BTreeSet<&String> = earlier.keys().chain(later.keys()).collect();
    ids.into_iter().filter_map(|id| change(id, earlier.get(id), later.get(id))).collect()
}

type Entry = (String, BTreeMap<String, String>);

fn change(id: &str, earlier: Option<&Entry>, later: Option<&Entry>) -> Option<Change> {
    let id = id.to_owned();
    match (earlier, later) {
        (None, None) => None,
        (None, Some((title, _))) => Some(Change::Added { id, title: title.clone() }),
        (Some((title, _)), None) => Some(Change::Removed { id, title: title.clone() }),
        (Some((_, before)), Some((title, after))) => {
            let fields = field_changes(before, after);
            let changed = !fields.is_empty();
            changed.then(|| Change::Changed { id, title: title.clone(), fields })
        }
    }
}

fn field_changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<FieldChange> {
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = fields.into_iter().filter(|field| before.get(*field) != after.get(*field));
    changed
        .map(|field| FieldChange {
            field: field.clone(),
            from: before.get(field).cloned(),
            to: after.get(field).cloned(),
        })
        .collect()
}

fn scope(earlier: &Edition, later: &Edition) -> Vec<ScopeNote> {
    let controlled = |edition: &Edition, id: &PartnershipId| {
        edition.partnership(id).is_some_and(Partnership::is_controlled)
    };
    let left = earlier
        .partnerships()
        .iter()
        .filter(|before| before.is_controlled() && !controlled(later, &before.terms.id));
    let entered = later
        .partnerships()
        .iter()
        .filter(|after| after.is_controlled() && !controlled(earlier, &after.terms.id));
    let instead = |before: &Partnership| {
        let new = later.partnerships().iter().filter(|after| {
            after.partner.id == before.partner.id
                && !after.is_controlled()
                && earlier.partnership(&after.terms.id).is_none()
        });
        new.map(|after| after.terms.id.clone()).collect()
    };
    left.map(|before| ScopeNote::Left {
        partnership: before.terms.id.clone(),
        instead: instead(before),
    })
    .chain(entered.map(|after| ScopeNote::Entered { partnership: after.terms.id.clone() }))
    .collect()
}

impl fmt::Display for Diff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = Day::of(self.published_at);
        writeln!(formatter, "Edition {} to edition {} of {day}", self.from, self.to)?;
        if self.is_empty() {
            writeln!(formatter, "\nNothing changed.")?;
        }
        if !self.scope.is_empty() {
            writeln!(formatter, "\nScope of the sharing setting")?;
            self.scope.iter().try_for_each(|note| writeln!(formatter, "  ! {note}"))?;
        }
        for (title, changes) in [
            ("Partnerships", &self.partnerships),
            ("Advertisers", &self.advertisers),
            ("Inventory", &self.inventory),
        ] {
            if !changes.is_empty() {
                writeln!(formatter, "\n{title}")?;
                changes.iter().try_for_each(|change| write!(formatter, "{change}"))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { id, title } => writeln!(formatter, "  + {id}: {title}"),
            Self::Removed { id, title } => writeln!(formatter, "  - {id}: {title}"),
            Self::Changed { id, title, fields } => {
                writeln!(formatter, "  ~ {id}: {title}")?;
                fields.iter().try_for_each(|field| writeln!(formatter, "      {field}"))
            }
        }
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |text: &Option<String>| text.as_deref().unwrap_or("(nothing)").to_owned();
        write!(formatter, "{}: {} -> {}", self.field, said(&self.from), said(&self.to))
    }
}

impl fmt::Display for ScopeNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered { partnership } => {
                write!(formatter, "`{partnership}` is new in the scope of the setting")
            }
            Self::Left { partnership, instead } => {
                write!(formatter, "`{partnership}` left the scope of the setting")?;
                if instead.is_empty() {
                    return Ok(());
                }
                let ids: Vec<String> = instead.iter().map(|id| format!("`{id}`")).collect();
                let ids = ids.join(", ");
                write!(formatter, ", and {ids} with the same partner is new outside it")
            }
        }
    }
}
