//! The registered inventory of one edition, in the form in which partners are told of it, its deals, and what
//! bidding partners can do.

use crate::lot::formats;
use sluicegate_gate::{EditionHash, PartnershipId, time::UnixMillis};
use sluicegate_openrtb::{
    money::{Currency, Micros},
    request::{
        BidRequest, Channel, ChannelKind, Compared, Deal, DealPrice, Formats, Imp, LengthFloors,
        Listed,
    },
    write::{AppContext, Context, DoohContext, Platform, Publisher, SiteContext, WrittenContext},
};
use sluicegate_register::{
    AdChannel, App, Bidding, Day, DealTerms, Edition, Inventory, Screen, Site, limits,
};
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
    apps: HashMap<String, Arc<WrittenContext>>,
    screens: HashMap<String, Arc<WrittenContext>>,
    deals: HashMap<String, ShelvedDeal>,
    terms: HashMap<PartnershipId, Terms>,
    nothing: Terms,
}

/// What one bidding partnership is asked for.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) seats: Vec<String>,
    pub(crate) formats: Formats,
    /// Of banners, in pixels; empty means all.
    pub(crate) sizes: Vec<(u32, u32)>,
    pub(crate) channels: Vec<ChannelKind>,
    pub(crate) currency: Option<Currency>,
    pub(crate) imps_max: usize,
    pub(crate) bids_per_imp_max: usize,
}

#[derive(Debug)]
struct ShelvedDeal {
    deal: Deal,
    partnerships: Vec<PartnershipId>,
    placements: Vec<String>,
    start: Option<UnixMillis>,
    end: Option<UnixMillis>,
}

#[derive(Debug)]
struct ShelvedSite {
    bare: Arc<WrittenContext>,
    domain: String,
    /// Route templates, cut at the slashes, with the context that names them.
    pages: Vec<(Vec<String>, Arc<WrittenContext>)>,
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
            let context = written(&Context::App(app_context(inventory, app)));
            apps.insert(app.id.clone(), Arc::clone(&context));
            apps.insert(app.bundle.clone(), context);
        }
        let screens = inventory.screens.iter().map(|screen| {
            let context = Context::Dooh(screen_context(inventory, screen));
            (screen.id.clone(), written(&context))
        });
        let bidding = edition
            .partnerships()
            .iter()
            .filter_map(|one| Some((one.terms.id.clone(), Terms::of(one.bidding.as_ref()?))));
        Self {
            edition: edition.hash(),
            placements: inventory.placements.iter().map(|one| one.id.clone()).collect(),
            platform: Platform {
                domain: inventory.publisher.domain.clone(),
                seller_id: inventory.publisher.id.clone(),
            },
            sites,
            apps,
            screens: screens.collect(),
            deals: edition.deals().iter().filter_map(shelved_deal).collect(),
            terms: bidding.collect(),
            nothing: Terms::nothing(),
        }
    }

    /// Returns the registered site, app or screen that the request names; every name it gives must be of the
    /// same one.
    pub(crate) fn find(&self, request: &BidRequest) -> Option<&Arc<WrittenContext>> {
        match &request.channel {
            Channel::Site { id, domain, page } => {
                let site = agreed(&self.sites, [id.as_deref(), domain.as_deref()])?;
                let page = page.as_ref().and_then(|page| site.page(page.open()));
                Some(page.unwrap_or(&site.bare))
            }
            Channel::App { id, bundle } => agreed(&self.apps, [id.as_deref(), bundle.as_deref()]),
            Channel::Dooh { id } => self.screens.get(id.as_deref()?),
        }
    }

    /// Returns what a partnership is asked for: nothing where the register does not say that it bids.
    pub(crate) fn terms(&self, partnership: &PartnershipId) -> &Terms {
        self.terms.get(partnership).unwrap_or(&self.nothing)
    }

    /// Returns the deal of that id, if the partnership may be told of it for this impression now.
    pub(crate) fn deal(
        &self,
        id: &str,
        partnership: &PartnershipId,
        imp: &Imp,
        now: UnixMillis,
    ) -> Option<&Deal> {
        let shelved = self.deals.get(id)?;
        let is_placed = shelved.placements.is_empty()
            || imp.tag_id.as_ref().is_some_and(|tag| shelved.placements.contains(tag));
        let has_begun = shelved.start.is_none_or(|start| start <= now);
        let is_over = shelved.end.is_some_and(|end| end <= now);
        let is_theirs = shelved.partnerships.contains(partnership);
        (is_theirs && is_placed && has_begun && !is_over).then_some(&shelved.deal)
    }
}

impl Terms {
    fn of(bidding: &Bidding) -> Self {
        let kind = |channel: &AdChannel| match channel {
            AdChannel::Site => ChannelKind::Site,
            AdChannel::App => ChannelKind::App,
            AdChannel::Dooh => ChannelKind::Dooh,
        };
        Self {
            seats: bidding.seats.clone(),
            formats: formats(&bidding.formats),
            sizes: bidding.sizes.iter().map(|size| (size.width, size.height)).collect(),
            channels: bidding.channels.iter().map(kind).collect(),
            currency: bidding.currency.as_ref().and_then(|code| code.parse().ok()),
            imps_max: bidding.imps_max,
            bids_per_imp_max: bidding.bids_per_imp_max,
        }
    }

    fn nothing() -> Self {
        Self {
            seats: Vec::new(),
            formats: Formats::default(),
            sizes: Vec::new(),
            channels: Vec::new(),
            currency: None,
            imps_max: 0,
            bids_per_imp_max: limits::BIDS_PER_IMP_DEFAULT,
        }
    }
}

fn shelved_deal(deal: &sluicegate_register::Deal) -> Option<(String, ShelvedDeal)> {
    let terms = Deal {
        id: deal.id.clone(),
        floor: Micros(deal.floor_micros),
        floor_currency: deal.currency.parse().ok()?,
        price: deal.price.map(|price| match price {
            DealTerms::FirstPrice => DealPrice::First,
            DealTerms::SecondPricePlus => DealPrice::SecondPlus,
            DealTerms::Fixed => DealPrice::Floor,
        }),
        lengths: LengthFloors::default(),
        seats: Listed::of(deal.seats.iter().cloned(), Compared::Exactly),
        advertisers: Listed::of(deal.advertisers.iter().cloned(), Compared::AsDomains),
        guaranteed: deal.guaranteed,
    };
    let shelved = ShelvedDeal {
        deal: terms,
        partnerships: deal.partnerships.clone(),
        placements: deal.placements.clone(),
        start: deal.start.map(Day::start),
        end: deal.end.map(Day::start),
    };
    Some((deal.id.clone(), shelved))
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
    /// Returns the context of the first template that the address fits. One of another host is none of its pages.
    fn page(&self, address: &str) -> Option<&Arc<WrittenContext>> {
        let url = Url::parse(address).ok()?;
        let below = url.host_str()?.trim_end_matches('.').strip_suffix(&*self.domain)?;
        if !below.is_empty() && !below.ends_with('.') {
            return None;
        }
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
        (cut, written(&Context::Site(site_context(inventory, site, Some(page)))))
    });
    let domain = site.domain.clone();
    ShelvedSite { domain, pages: pages.collect(), bare: written(&Context::Site(bare)) }
}

fn written(context: &Context) -> Arc<WrittenContext> {
    Arc::new(WrittenContext::from(context))
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

fn screen_context(inventory: &Inventory, screen: &Screen) -> DoohContext {
    DoohContext {
        id: screen.id.clone(),
        name: screen.name.clone(),
        venuetype: screen.venue_types.clone(),
        venuetypetax: screen.venue_taxonomy,
        publisher: Some(publisher(inventory)),
        domain: screen.domain.clone(),
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
