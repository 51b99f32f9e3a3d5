//! The registered inventory of one edition, in the form in which partners are told of it.

use sluicegate_gate::EditionHash;
use sluicegate_openrtb::{
    request::{BidRequest, Channel},
    write::{AppContext, Context, Platform, Publisher, SiteContext},
};
use sluicegate_register::{App, Edition, Inventory, Site};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use url::Url;

/// Made once per edition, so that a request costs a look-up.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) edition: EditionHash,
    pub(crate) placements: BTreeSet<String>,
    pub(crate) platform: Platform,
    sites: HashMap<String, Arc<ShelvedSite>>,
    apps: HashMap<String, Arc<Context>>,
}

#[derive(Debug)]
struct ShelvedSite {
    bare: Arc<Context>,
    /// Route templates, cut at the slashes, with the context that names them.
    pages: Vec<(Vec<String>, Arc<Context>)>,
}

impl Shelf {
    pub(crate) fn of(edition: &Edition) -> Self {
        let inventory = edition.inventory();
        let mut sites = HashMap::new();
        for site in &inventory.sites {
            let shelved = Arc::new(shelved_site(inventory, site));
            sites.insert(site.id.clone(), Arc::clone(&shelved));
            sites.insert(site.domain.clone(), shelved);
        }
        let mut apps = HashMap::new();
        for app in &inventory.apps {
            let context = Arc::new(Context::App(app_context(inventory, app)));
            apps.insert(app.id.clone(), Arc::clone(&context));
            apps.insert(app.bundle.clone(), context);
        }
        Self {
            edition: edition.hash(),
            placements: inventory.placements.iter().map(|one| one.id.clone()).collect(),
            platform: Platform {
                domain: inventory.publisher.domain.clone(),
                seller_id: inventory.publisher.id.clone(),
            },
            sites,
            apps,
        }
    }

    /// Returns the registered site or app that the request names; every name it gives must be of the
    /// same one.
    pub(crate) fn find(&self, request: &BidRequest) -> Option<&Arc<Context>> {
        match &request.channel {
            Channel::Site { id, domain, page } => {
                let site = agreed(&self.sites, [id.as_deref(), domain.as_deref()])?;
                let page = page.as_ref().and_then(|page| site.page(page.open()));
                Some(page.unwrap_or(&site.bare))
            }
            Channel::App { id, bundle } => agreed(&self.apps, [id.as_deref(), bundle.as_deref()]),
            Channel::Dooh { .. } => None,
        }
    }
}

fn agreed<'a, T>(
    shelf: &'a HashMap<String, Arc<T>>,
    names: [Option<&str>; 2],
) -> Option<&'a Arc<T>> {
    let mut found: Option<&Arc<T>> = None;
    for name in names.into_iter().flatten() {
        let one = shelf.get(name).or_else(|| shelf.get(&name.to_ascii_lowercase()))?;
        if found.is_some_and(|other| !Arc::ptr_eq(other, one)) {
            return None;
        }
        found = Some(one);
    }
    found
}

impl ShelvedSite {
    /// Returns the context of the first template that the address fits.
    fn page(&self, address: &str) -> Option<&Arc<Context>> {
        let url = Url::parse(address).ok()?;
        let parts: Vec<&str> = url.path().trim_end_matches('/').split('/').collect();
        let fits = |template: &[String]| {
            template.len() == parts.len()
                && template.iter().zip(&parts).all(|(slot, part)| {
                    if slot.starts_with('{') { !part.is_empty() } else { slot == part }
                })
        };
        self.pages.iter().find(|(template, _)| fits(template)).map(|(_, context)| context)
    }
}

fn shelved_site(inventory: &Inventory, site: &Site) -> ShelvedSite {
    let bare = site_context(inventory, site, None);
    let pages = site.pages.iter().map(|route| {
        let cut = route.trim_end_matches('/').split('/').map(str::to_owned).collect();
        let page = format!("https://{}{route}", site.domain);
        (cut, Arc::new(Context::Site(site_context(inventory, site, Some(page)))))
    });
    ShelvedSite { pages: pages.collect(), bare: Arc::new(Context::Site(bare)) }
}

fn site_context(inventory: &Inventory, site: &Site, page: Option<String>) -> SiteContext {
    SiteContext {
        id: site.id.clone(),
        name: site.name.clone(),
        domain: site.domain.clone(),
        page,
        cat: site.categories.clone(),
        cattax: (!site.categories.is_empty()).then_some(CONTENT_TAXONOMY),
        privacypolicy: Some(u8::from(site.privacy_policy)),
        publisher: Some(publisher(inventory)),
    }
}

fn app_context(inventory: &Inventory, app: &App) -> AppContext {
    AppContext {
        id: app.id.clone(),
        name: app.name.clone(),
        bundle: app.bundle.clone(),
        domain: Some(app.domain.clone()),
        storeurl: Some(app.store_url.clone()),
        cat: app.categories.clone(),
        cattax: (!app.categories.is_empty()).then_some(CONTENT_TAXONOMY),
        privacypolicy: Some(u8::from(app.privacy_policy)),
        ver: None,
        paid: Some(u8::from(app.paid)),
        publisher: Some(publisher(inventory)),
    }
}

fn publisher(inventory: &Inventory) -> Publisher {
    Publisher {
        id: inventory.publisher.id.clone(),
        name: inventory.publisher.name.clone(),
        domain: inventory.publisher.domain.clone(),
    }
}

/// IAB Content Taxonomy 1.0.
const CONTENT_TAXONOMY: u16 = 1;
