//! The file of the platform's own inventory.

use super::{
    section::Section,
    values::{
        bundle, content_category, domain, filled, flag, identifier, list, page, route, text,
        venue_type, whole,
    },
};
use crate::{App, Inventory, Placement, Publisher, Screen, Site, limits};

pub(super) fn read(mut file: Section<'_>) -> Option<Inventory> {
    if !file.has("publisher") {
        file.complain("publisher", "is missing");
    }
    let publisher = file.section("publisher").and_then(publisher);
    let sites: Vec<Option<Site>> = file.sections("site").into_iter().map(site).collect();
    let apps: Vec<Option<App>> = file.sections("app").into_iter().map(app).collect();
    let screens: Vec<Option<Screen>> = file.sections("screen").into_iter().map(screen).collect();
    let placements: Vec<Option<Placement>> =
        file.sections("placement").into_iter().map(placement).collect();
    file.finish();
    Some(Inventory {
        publisher: publisher?,
        sites: sites.into_iter().collect::<Option<_>>()?,
        apps: apps.into_iter().collect::<Option<_>>()?,
        screens: screens.into_iter().collect::<Option<_>>()?,
        placements: placements.into_iter().collect::<Option<_>>()?,
    })
}

fn publisher(mut section: Section<'_>) -> Option<Publisher> {
    let id = section.required("id", identifier);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let domain = section.required("domain", domain);
    section.finish();
    Some(Publisher { id: id?, name: name?, domain: domain? })
}

fn site(mut section: Section<'_>) -> Option<Site> {
    let id = section.required("id", identifier);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let domain = section.required("domain", domain);
    let categories = section.optional("categories", list(limits::LIST_MAX, content_category));
    let privacy_policy = section.required("privacy_policy", flag);
    let pages = section.optional("pages", list(limits::LIST_MAX, route));
    section.finish();
    Some(Site {
        id: id?,
        name: name?,
        domain: domain?,
        categories: categories.unwrap_or_default(),
        privacy_policy: privacy_policy?,
        pages: pages.unwrap_or_default(),
    })
}

fn app(mut section: Section<'_>) -> Option<App> {
    let id = section.required("id", identifier);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let bundle = section.required("bundle", bundle);
    let domain = section.required("domain", domain);
    let store_url = section.required("store_url", page);
    let categories = section.optional("categories", list(limits::LIST_MAX, content_category));
    let privacy_policy = section.required("privacy_policy", flag);
    let paid = section.required("paid", flag);
    section.finish();
    Some(App {
        id: id?,
        name: name?,
        bundle: bundle?,
        domain: domain?,
        store_url: store_url?,
        categories: categories.unwrap_or_default(),
        privacy_policy: privacy_policy?,
        paid: paid?,
    })
}

fn screen(mut section: Section<'_>) -> Option<Screen> {
    let id = section.required("id", identifier);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    let venue_types = section.required("venue_types", filled(limits::LIST_MAX, venue_type));
    let venue_taxonomy = section.optional("venue_taxonomy", whole(limits::VENUE_TAXONOMY));
    let domain = section.optional("domain", domain);
    section.finish();
    Some(Screen {
        id: id?,
        name: name?,
        venue_types: venue_types?,
        venue_taxonomy: venue_taxonomy.unwrap_or(limits::VENUE_TAXONOMY_DEFAULT),
        domain,
    })
}

fn placement(mut section: Section<'_>) -> Option<Placement> {
    let id = section.required("id", identifier);
    let name = section.required("name", text(limits::NAME_CHARS_MAX));
    section.finish();
    Some(Placement { id: id?, name: name? })
}
