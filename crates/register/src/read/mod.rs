//! From the files that people review to a checked register.
//!
//! | file | table | fields |
//! | --- | --- | --- |
//! | any other name | the file itself | `id` `name` `legal_name` `country` `privacy_url` `contact` |
//! | | `[[partnership]]` | `id` `title` `summary` `kind` `via` `role` `purposes` `categories` `retention_days` `start`; where wanted `end` `countries` `suspended` `when_withheld` `device_id` `tcf_vendor_id` |
//! | | `[partnership.linking]` | `evidence` `signed_on` `expires_on` |
//! | | `[partnership.endpoint]` | `url` `timeout_ms` `concurrency` `per_second`; where wanted `batch_events` (events) or `notice_hosts` `compression` (openrtb) |
//! | | `[partnership.recall]` | `url`; where wanted `window_days` `lapse_hours` `acknowledge` `dsrdelete_url` |
//! | | `[partnership.bidding]` | where wanted `seats` `formats` `sizes` `channels` `currency` `imps_max` `bids_per_imp_max` |
//! | | `[[partnership.text]]` | `language` `title` `summary` `purposes` |
//! | | `[[partnership.audience]]` | `id` `name` `segtax` `segment`; where wanted `advertiser` |
//! | `vendor-list.json` | | the Global Vendor List (version 3), as it is published; needed where a partnership has a `tcf_vendor_id` |
//! | `advertisers.toml` | `[[advertiser]]` | `id` `name`; where wanted `measurement` `activity` |
//! | | `[[advertiser.app]]` | `id` `name` `store_url` |
//! | | `[[advertiser.campaign]]` | `id` `name`; where wanted `click_days` `engaged_view_hours` `view_hours` `engaged_view_ms` |
//! | `inventory.toml` | `[publisher]` | `id` `name` `domain` |
//! | | `[[site]]` | `id` `name` `domain` `privacy_policy`; where wanted `categories` `pages` |
//! | | `[[app]]` | `id` `name` `bundle` `domain` `store_url` `privacy_policy` `paid`; where wanted `categories` |
//! | | `[[screen]]` | `id` `name` `venue_types`; where wanted `venue_taxonomy` `domain` |
//! | | `[[placement]]` | `id` `name` |
//! | `deals.toml` | `[[deal]]` | `id` `name` `partnerships` `floor` `currency`; where wanted `seats` `advertisers` `price` `guaranteed` `start` `end` `placements` |
//!
//! Days are local dates, meant in UTC. `end` and `expires_on` are the first day on which something no
//! longer holds. How much is allowed at most stands in [`crate::limits`].

mod advertisers;
mod audiences;
mod bidding;
mod deals;
mod inventory;
mod partner;
mod recalling;
mod rules;
mod section;
mod texts;
mod values;
mod vendors;

use crate::{Advertiser, Deal, Inventory, Partnership, Problem, problem::Report};
use partner::Outline;
use section::Section;
use sluicegate_gate::{AdvertiserId, Kind, PartnershipId};
use std::collections::{HashMap, HashSet};

/// The file of the advertisers. It may be missing.
const ADVERTISERS: &str = "advertisers.toml";
/// The file of the deals. It may be missing.
const DEALS: &str = "deals.toml";
/// The file of the inventory.
const INVENTORY: &str = "inventory.toml";
/// The file of the Global Vendor List. It may be missing where nobody is a vendor.
pub const VENDOR_LIST: &str = "vendor-list.json";

/// Partnerships, advertisers and inventory, checked but not yet published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    pub(crate) partnerships: Vec<Partnership>,
    pub(crate) advertisers: Vec<Advertiser>,
    pub(crate) inventory: Inventory,
    pub(crate) deals: Vec<Deal>,
}

impl Register {
    /// Reads the files of a register, each given as its name and text: `advertisers.toml`, `deals.toml`,
    /// `inventory.toml`, `vendor-list.json`, and one file per partner under any other name that ends in `.toml`.
    ///
    /// Fails with every problem of every file. The order of files and entries makes no difference.
    pub fn read(files: &[(String, String)]) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        for (name, text) in files {
            reading.file(name, text);
        }
        reading.finish()
    }

    /// Suspends a partnership, or lifts its suspension. Returns whether that changes anything; what is not
    /// listed stays so.
    pub fn set_suspended(&mut self, id: &PartnershipId, suspended: bool) -> bool {
        let listed = self.partnerships.iter_mut().find(|one| one.terms.id == *id);
        listed
            .is_some_and(|one| std::mem::replace(&mut one.terms.suspended, suspended) != suspended)
    }

    /// Returns the partnerships, in the order of their ids.
    pub fn partnerships(&self) -> &[Partnership] {
        &self.partnerships
    }

    /// Returns the advertisers, in the order of their ids.
    pub fn advertisers(&self) -> &[Advertiser] {
        &self.advertisers
    }

    /// Returns the deals, in the order of their ids.
    pub fn deals(&self) -> &[Deal] {
        &self.deals
    }

    /// Returns the inventory.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    problems: Vec<Problem>,
    partners: Vec<(String, String)>,
    outlines: Vec<(String, Outline)>,
    partnerships: Vec<Partnership>,
    advertisers: Vec<(String, Advertiser)>,
    inventory: Option<(String, Option<Inventory>)>,
    deals: Vec<(String, Deal)>,
    vendors: vendors::Found,
    unreadable: bool,
}

impl Reading {
    fn file(&mut self, name: &str, text: &str) {
        let report = Report::new(name);
        if name.rsplit('/').next() == Some(VENDOR_LIST) {
            self.vendors.read(&report, text);
            self.problems.extend(report.into_problems());
            return;
        }
        match toml::from_str::<toml::Table>(text) {
            Ok(table) => self.table(name, Section::new(&report, String::new(), table), &report),
            Err(problem) => {
                let before = problem.span().and_then(|span| text.get(..span.start));
                let line = before.map_or(1, |before| before.matches('\n').count() + 1);
                report.add("", format!("line {line} is not TOML: {}", problem.message()));
                self.unreadable = true;
            }
        }
        self.problems.extend(report.into_problems());
    }

    fn table(&mut self, name: &str, section: Section<'_>, report: &Report) {
        let short = name.rsplit('/').next().unwrap_or(name);
        match short {
            ADVERTISERS => {
                let read = advertisers::read(section);
                self.advertisers.extend(read.into_iter().map(|one| (name.to_owned(), one)));
            }
            DEALS => {
                let read = deals::read(section);
                self.deals.extend(read.into_iter().map(|one| (name.to_owned(), one)));
            }
            INVENTORY if self.inventory.is_some() => report.add("", "there are two inventories"),
            INVENTORY => self.inventory = Some((name.to_owned(), inventory::read(section))),
            _ if short.strip_suffix(".toml").is_some() => {
                let file = partner::read(section);
                self.partners.extend(file.partner_id.map(|id| (name.to_owned(), id)));
                for (outline, partnership) in file.partnerships {
                    self.outlines.push((name.to_owned(), outline));
                    self.partnerships.extend(partnership);
                }
            }
            _ => report.add("", "the name of a partner's file must end in .toml"),
        }
    }

    fn finish(mut self) -> Result<Register, Vec<Problem>> {
        self.unique_ids();
        self.unique_inventory();
        if !self.unreadable {
            self.measurement_links();
            self.audience_links();
            let inventory = self.inventory.as_ref().and_then(|(_, inventory)| inventory.as_ref());
            let found =
                deals::complaints(&self.deals, &self.outlines, &self.partnerships, inventory);
            self.problems.extend(found);
        }
        let outlines = &self.outlines;
        self.problems.extend(self.vendors.fill(outlines, &mut self.partnerships));
        let inventory = match self.inventory {
            Some((_, inventory)) => inventory,
            None if self.unreadable => None,
            None => {
                self.problems.push(problem(INVENTORY, "", "the file is missing"));
                None
            }
        };
        let (true, Some(mut inventory)) = (self.problems.is_empty(), inventory) else {
            return Err(self.problems);
        };
        let mut advertisers: Vec<_> = self.advertisers.into_iter().map(|(_, one)| one).collect();
        self.partnerships.sort_by(|one, other| one.terms.id.cmp(&other.terms.id));
        advertisers.sort_by(|one, other| one.id.cmp(&other.id));
        inventory.sites.sort_by(|one, other| one.id.cmp(&other.id));
        inventory.apps.sort_by(|one, other| one.id.cmp(&other.id));
        inventory.screens.sort_by(|one, other| one.id.cmp(&other.id));
        inventory.placements.sort_by(|one, other| one.id.cmp(&other.id));
        let mut deals: Vec<_> = self.deals.into_iter().map(|(_, one)| one).collect();
        deals.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(Register { partnerships: self.partnerships, advertisers, inventory, deals })
    }

    fn unique_ids(&mut self) {
        let partners = self.partners.iter();
        let partners = partners.map(|(file, id)| (file.as_str(), String::from("id"), id.as_str()));
        let partnerships = self.outlines.iter().filter_map(|(file, outline)| {
            let id = outline.id.as_ref()?.as_str();
            Some((file.as_str(), format!("partnership[{id}].id"), id))
        });
        let advertisers = self.advertisers.iter().map(|(file, advertiser)| {
            let id = advertiser.id.as_str();
            (file.as_str(), format!("advertiser[{id}].id"), id)
        });
        let apps = self.advertisers.iter().flat_map(|(file, advertiser)| {
            let field = move |app: &str| format!("advertiser[{}].app[{app}].id", advertiser.id);
            advertiser.apps.iter().map(move |app| (file.as_str(), field(&app.id), app.id.as_str()))
        });
        let mut found = twice(partners);
        found.extend(twice(partnerships));
        let deals = self.deals.iter();
        let deals = deals
            .map(|(file, deal)| (file.as_str(), format!("deal[{}].id", deal.id), deal.id.as_str()));
        found.extend(twice(deals));
        found.extend(twice(advertisers));
        found.extend(twice(apps));
        self.problems.extend(found);
    }

    fn unique_inventory(&mut self) {
        let Some((file, Some(inventory))) = &self.inventory else { return };
        let file = file.as_str();
        let sites = inventory.sites.iter().flat_map(|site| {
            [("id", &site.id), ("domain", &site.domain)]
                .map(|(field, value)| (file, format!("site[{}].{field}", site.id), value.as_str()))
        });
        // An app may use its bundle as its id; two apps may not share either.
        let apps = inventory.apps.iter().flat_map(|app| {
            let bundle = (app.bundle != app.id).then_some(("bundle", &app.bundle));
            [("id", &app.id)]
                .into_iter()
                .chain(bundle)
                .map(|(field, value)| (file, format!("app[{}].{field}", app.id), value.as_str()))
        });
        let placements = inventory.placements.iter().map(|placement| {
            (file, format!("placement[{}].id", placement.id), placement.id.as_str())
        });
        let screens = inventory.screens.iter();
        let screens =
            screens.map(|screen| (file, format!("screen[{}].id", screen.id), screen.id.as_str()));
        let mut found = twice(sites);
        found.extend(twice(screens));
        found.extend(twice(apps));
        found.extend(twice(placements));
        self.problems.extend(found);
    }

    /// An advertiser can link only a conversion tracking partnership that is there.
    fn measurement_links(&mut self) {
        let kinds: HashMap<&PartnershipId, Option<Kind>> = self
            .outlines
            .iter()
            .filter_map(|(_, outline)| Some((outline.id.as_ref()?, outline.kind)))
            .collect();
        for (file, advertiser) in &self.advertisers {
            for linked in &advertiser.measurement {
                let wrong = match kinds.get(linked) {
                    Some(Some(Kind::ConversionTracking) | None) => continue,
                    Some(Some(_)) => "whose kind is not conversion_tracking",
                    None => "which is not in the register",
                };
                self.problems.push(problem(
                    file,
                    &format!("advertiser[{}].measurement", advertiser.id),
                    &format!("names the partnership `{linked}`, {wrong}"),
                ));
            }
        }
    }
}

/// A list can be kept only for an advertiser that is there.
impl Reading {
    fn audience_links(&mut self) {
        let known: HashSet<&AdvertiserId> =
            self.advertisers.iter().map(|(_, advertiser)| &advertiser.id).collect();
        for (file, outline) in &self.outlines {
            let Some(id) = &outline.id else { continue };
            for (audience, advertiser) in &outline.audiences_for {
                if !known.contains(advertiser) {
                    let field = format!("partnership[{id}].audience[{audience}].advertiser");
                    let wrong = format!("names `{advertiser}`, which is not in {ADVERTISERS}");
                    self.problems.push(problem(file, &field, &wrong));
                }
            }
        }
    }
}

/// Returns a problem for every value that an earlier one has already.
fn twice<'a>(values: impl Iterator<Item = (&'a str, String, &'a str)>) -> Vec<Problem> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut problems = Vec::new();
    for (file, field, value) in values {
        if let Some(earlier) = seen.insert(value, file) {
            let wrong = format!("repeats `{value}`, which {earlier} has already");
            problems.push(problem(file, &field, &wrong));
        }
    }
    problems
}

fn problem(file: &str, field: &str, problem: &str) -> Problem {
    Problem { file: file.to_owned(), field: field.to_owned(), problem: problem.to_owned() }
}
