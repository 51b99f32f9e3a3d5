//! A bid request as the platform's clients send it, read into our own types.
//!
//! Unknown keys and unknown enumeration values are not read. What is used is read strictly: a wrong
//! type, a negative size or a missing required field is an error that names the field. `user` is not
//! read beyond its id and consent string: demographics never come from a request. The 2.5 places of
//! consent and regulation fields (`regs.ext`, `user.ext`) are accepted.

mod banner;
mod device;
mod imp;
mod languages;
mod lengths;
mod listed;
mod media;
mod pod;
mod pods;

pub use banner::{BannerSize, BannerSlot};
pub use device::{Brand, BrowserHints, Device, Geo, Place};
pub use imp::{Deal, DealPrice, Format, Formats, Imp};
pub use languages::Languages;
pub use lengths::{LengthFloors, Lengths};
pub use listed::{Compared, LISTED_MAX, Listed};
pub use pod::{Differ, Pod, PodRule, Position};

use crate::{
    dsa::Dsa,
    fields::{Fault, Fields},
    json::{self, JsonError, Limits},
    money::Currency,
};
use sluicegate_gate::{Country, Identifier, Personal, Surface};
use sluicegate_signals::{
    Att, Coppa, Gdpr, Gpc, GppReading, Lmt, Reading, Signals, TcString, Unreadable, UsPrivacy,
};
use std::collections::BTreeSet;

/// A request that cannot be used. Neither part repeats a value of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct RequestError {
    /// The field, for example `imp[0].banner.w`; `$` is the whole request.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl From<Fault> for RequestError {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field, problem: fault.problem.to_owned() }
    }
}

impl From<JsonError> for RequestError {
    fn from(error: JsonError) -> Self {
        Self { field: error.path, problem: error.problem.to_string() }
    }
}

/// How the winner pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AuctionType {
    /// `1`: what it bid.
    FirstPrice,
    /// `2`, and what an absent `at` means: a little more than the next.
    #[default]
    SecondPricePlus,
}

impl AuctionType {
    /// Returns the number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::FirstPrice => 1,
            Self::SecondPricePlus => 2,
        }
    }
}

/// Where the ad will be, as the request names it. It is matched with the registered inventory, and
/// only the registered names go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `site`.
    Site {
        /// `site.id`.
        id: Option<String>,
        /// `site.domain`.
        domain: Option<String>,
        /// `site.page`: may name a person.
        page: Option<Personal<String>>,
    },
    /// `app`.
    App {
        /// `app.id`.
        id: Option<String>,
        /// `app.bundle`.
        bundle: Option<String>,
    },
    /// `dooh`: a screen in a public place.
    Dooh {
        /// `dooh.id`.
        id: Option<String>,
    },
}

/// Where an ad is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// On a web site.
    Site,
    /// In an app.
    App,
    /// On a public screen.
    Dooh,
}

impl Channel {
    /// Returns which of the three it is.
    pub fn kind(&self) -> ChannelKind {
        match self {
            Self::Site { .. } => ChannelKind::Site,
            Self::App { .. } => ChannelKind::App,
            Self::Dooh { .. } => ChannelKind::Dooh,
        }
    }
}

/// What is read of `user`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// `user.id`: the platform's account, believed only from callers with a platform key.
    pub id: Option<Personal<String>>,
    /// `user.consent`, or `user.ext.consent`.
    pub consent: Stated,
    /// `user.ext.sluicegate.browser_id`: the browser, believed only from callers with a platform key.
    pub browser: Option<Personal<String>>,
}

/// What is read of `regs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regs {
    /// `regs.coppa`.
    pub coppa: Option<i64>,
    /// `regs.gdpr`, or `regs.ext.gdpr`; the more protective where both are there.
    pub gdpr: Option<i64>,
    /// `regs.us_privacy`, or `regs.ext.us_privacy`.
    pub us_privacy: Stated,
    /// `regs.gpp`, or `regs.ext.gpp`.
    pub gpp: Stated,
    /// `regs.gpp_sid`, or `regs.ext.gpp_sid`; where both are there, in order, and each section once.
    pub gpp_sid: Vec<i64>,
    /// `regs.dsa`, or `regs.ext.dsa`.
    pub dsa: Option<Dsa>,
    /// `regs.ext.gpc`: the value of the `Sec-GPC` header; one that cannot be read counts as `On`.
    pub gpc: Gpc,
}

/// A consent string that may stand in its place of 2.6 and in that of 2.5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stated {
    /// It stands in neither.
    #[default]
    Absent,
    /// This is it.
    Text(Personal<String>),
    /// The two places do not say the same: nobody can tell which holds.
    Contradictory([Personal<String>; 2]),
}

impl Stated {
    fn of(here: Option<Personal<String>>, there: Option<Personal<String>>) -> Self {
        match (here, there) {
            (None, None) => Self::Absent,
            (Some(text), None) | (None, Some(text)) => Self::Text(text),
            (Some(here), Some(there)) if here == there => Self::Text(here),
            (Some(here), Some(there)) => Self::Contradictory([here, there]),
        }
    }

    /// Returns the text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.open()),
            Self::Absent | Self::Contradictory(_) => None,
        }
    }

    fn read<'a, T>(&'a self, read: impl FnOnce(Option<&'a str>) -> Reading<T>) -> Reading<T> {
        match self {
            Self::Contradictory(_) => Reading::Unreadable(Unreadable::Contradiction),
            Self::Absent | Self::Text(_) => read(self.text()),
        }
    }

    fn gpp(&self, sections: &[i64]) -> GppReading<'_> {
        match self {
            Self::Contradictory([here, there]) => {
                GppReading::contradictory([here.open(), there.open()], sections)
            }
            Self::Absent | Self::Text(_) => GppReading::of(self.text(), sections),
        }
    }
}

/// What may bid, and with what. Every entry holds, also one that fits no grammar and is told to nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// `bcat`: categories that may not advertise.
    pub categories: Listed,
    /// `acat`: categories that alone may advertise; empty means all. Those of a vendor's own taxonomy are compared as they are.
    pub allowed_categories: Listed,
    /// `cattax`: the taxonomy of both; 1 if not said. A number that no list has, such as one of a vendor's, is kept.
    pub taxonomy: u32,
    /// `badv`: advertisers' domains that may not advertise.
    pub advertisers: Listed,
    /// `bapp`: apps that may not be advertised.
    pub apps: Listed,
    /// `wseat`: seats that alone may bid; empty means all. Only registered ones are told.
    pub allowed_seats: Listed,
    /// `bseat`: seats that may not bid. Only registered ones are told.
    pub seats: Listed,
    /// `wlang` and `wlangb`: languages of ads that alone may be shown; empty means all.
    pub languages: Languages,
}

/// What is read of `source`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `fd`: whether the client, or somebody before it, decides about the impression.
    pub decided_upstream: bool,
    /// Whether others have sold it before: `schain`, `ext.schain` or one of `ext.prebid.schains` of the request has nodes or
    /// cannot be read.
    pub sold_before: bool,
}

/// A bid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidRequest {
    /// `id`: the client's; partners get another.
    pub id: String,
    /// `imp`: at least one, each with an id of its own.
    pub imps: Vec<Imp>,
    /// `at`.
    pub auction: AuctionType,
    /// `tmax`: how long the client waits, in milliseconds.
    pub tmax_ms: Option<u32>,
    /// `cur`: the currencies bids may be in; empty means not said.
    pub currencies: Vec<Currency>,
    /// `test`: not billable.
    pub test: bool,
    /// `site`, `app` or `dooh`.
    pub channel: Channel,
    /// `device`.
    pub device: Device,
    /// `user`.
    pub user: User,
    /// `regs`.
    pub regs: Regs,
    /// Block and allow lists.
    pub blocks: Blocks,
    /// `allimps`: whether the impressions are all that there are in that place.
    pub all_imps: bool,
    /// `source`.
    pub source: Source,
}

/// No more currencies are in use.
const CURRENCIES_MAX: usize = 200;
/// Ids longer than this are refused.
const ID_BYTES_MAX: usize = 256;

impl BidRequest {
    /// Checks and reads a request of at most 256 KiB and 32 levels.
    pub fn read(bytes: &[u8]) -> Result<Self, RequestError> {
        let document = json::parse(bytes, &Limits::REQUEST)?;
        let root = Fields::root(&document)?;
        Ok(Self::of(&root)?)
    }

    fn of(root: &Fields<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: id(root)?,
            imps: imp::read_all(root)?,
            auction: auction(root)?,
            tmax_ms: root.size("tmax")?,
            currencies: currencies(root)?,
            test: root.flag("test")? == Some(true),
            channel: channel(root)?,
            device: Device::of(root)?,
            user: user(root)?,
            regs: regs(root)?,
            blocks: blocks(root)?,
            all_imps: root.flag("allimps").ok().flatten() == Some(true),
            source: Source::of(root)?,
        })
    }

    /// Returns what the request says about privacy. `dnt=1` counts as `lmt=1`. The `Sec-GPC` header of
    /// the HTTP request is for the caller to add.
    pub fn signals(&self) -> Signals<'_> {
        let (regs, lmt) = (&self.regs, Lmt::read(self.device.lmt));
        Signals {
            lmt: if self.device.dnt.is_some_and(|dnt| dnt != 0) { Lmt::On } else { lmt },
            att: Att::read(self.device.atts),
            gpc: self.regs.gpc,
            coppa: Coppa::read(self.regs.coppa),
            gdpr: Gdpr::read(self.regs.gdpr),
            us_privacy: regs.us_privacy.read(|text| Reading::of(text, UsPrivacy::read)),
            gpp: regs.gpp.gpp(&regs.gpp_sid),
            tcf: self.user.consent.read(|text| Reading::of(text, TcString::read_valid)),
        }
    }

    /// Returns where the ad is, for the decision. A public screen is judged like an app: silence about
    /// tracking counts as a limit.
    pub fn surface(&self) -> Surface {
        match self.channel {
            Channel::Site { .. } => Surface::Web,
            Channel::App { .. } | Channel::Dooh { .. } => Surface::App,
        }
    }

    /// Returns what the request says of the advertising id.
    pub fn identifier(&self) -> Identifier {
        let ifa = self.device.ifa.as_ref();
        Identifier::of_advertising_id(ifa.map(|ifa| ifa.open().as_str()))
    }

    /// Returns the country of the device, if the request names one.
    pub fn country(&self) -> Option<Country> {
        self.device.geo.country
    }
}

impl Source {
    fn of(root: &Fields<'_>) -> Result<Self, Fault> {
        let source = root.object("source")?;
        let ext = source.as_ref().and_then(|source| source.object("ext").ok().flatten());
        let is_chained = [&source, &ext].into_iter().flatten().any(has_chain);
        let flag = source.as_ref().and_then(|source| source.flag("fd").ok().flatten());
        Ok(Self {
            decided_upstream: flag == Some(true),
            sold_before: is_chained || has_chains_of_bidders(root),
        })
    }
}

/// Returns whether others are in a chain. One that cannot be read is one that somebody wrote.
fn has_chain(of: &Fields<'_>) -> bool {
    match of.object("schain") {
        Ok(Some(chain)) => chain.list("nodes").map_or(true, |nodes| !nodes.is_empty()),
        Ok(None) => false,
        Err(_wrong) => true,
    }
}

/// The same of `ext.prebid.schains`, where Prebid.js has those of single bidders, and before version 11 all.
fn has_chains_of_bidders(root: &Fields<'_>) -> bool {
    let Ok(Some(ext)) = root.object("ext") else { return false };
    let Ok(Some(prebid)) = ext.object("prebid") else { return false };
    prebid.has("schains")
        && prebid.objects("schains").map_or(true, |chains| chains.iter().any(has_chain))
}

fn id(root: &Fields<'_>) -> Result<String, Fault> {
    let id = root.required_text("id")?;
    if id.len() > ID_BYTES_MAX {
        return Err(root.fault("id", "is too long"));
    }
    Ok(id.to_owned())
}

fn auction(root: &Fields<'_>) -> Result<AuctionType, Fault> {
    match root.integer("at")? {
        None | Some(2) => Ok(AuctionType::SecondPricePlus),
        Some(1) => Ok(AuctionType::FirstPrice),
        Some(_) => Err(root.fault("at", "must be 1 or 2")),
    }
}

fn currencies(root: &Fields<'_>) -> Result<Vec<Currency>, Fault> {
    let texts = root.texts("cur")?;
    if texts.len() > CURRENCIES_MAX {
        return Err(root.fault("cur", "holds too many currencies"));
    }
    let read = |(index, text): (usize, &str)| {
        let problem = "must be a currency code of three capital letters";
        text.parse().map_err(|_wrong| root.fault(&format!("cur[{index}]"), problem))
    };
    texts.into_iter().enumerate().map(read).collect()
}

fn channel(root: &Fields<'_>) -> Result<Channel, Fault> {
    let owned = |fields: &Fields<'_>, key: &str| -> Result<Option<String>, Fault> {
        Ok(fields.text(key)?.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    match (root.object("site")?, root.object("app")?, root.object("dooh")?) {
        (Some(site), None, None) => Ok(Channel::Site {
            id: owned(&site, "id")?,
            domain: owned(&site, "domain")?,
            page: owned(&site, "page")?.map(Personal::new),
        }),
        (None, Some(app), None) => {
            Ok(Channel::App { id: owned(&app, "id")?, bundle: owned(&app, "bundle")? })
        }
        (None, None, Some(dooh)) => Ok(Channel::Dooh { id: owned(&dooh, "id")? }),
        (None, None, None) => Err(root.fault("site", "or `app` or `dooh` is needed")),
        (Some(_), ..) => {
            Err(root.fault("site", "must be the only one of `site`, `app` and `dooh`"))
        }
        (None, ..) => Err(root.fault("app", "must be the only one of `site`, `app` and `dooh`")),
    }
}

fn personal(text: Option<&str>) -> Option<Personal<String>> {
    text.filter(|text| !text.is_empty()).map(|text| Personal::new(text.to_owned()))
}

/// An id under which somebody can choose, and no longer one.
fn identifier(fields: &Fields<'_>, key: &str) -> Result<Option<Personal<String>>, Fault> {
    let text = fields.text(key)?;
    if text.is_some_and(|text| text.len() > ID_BYTES_MAX) {
        return Err(fields.fault(key, "is too long"));
    }
    Ok(personal(text))
}

fn user(root: &Fields<'_>) -> Result<User, Fault> {
    let Some(user) = root.object("user")? else { return Ok(User::default()) };
    let (lifted, browser) = match user.object("ext")? {
        Some(ext) => (personal(ext.text("consent")?), browser(&ext)?),
        None => (None, None),
    };
    let consent = Stated::of(personal(user.text("consent")?), lifted);
    Ok(User { id: identifier(&user, "id")?, consent, browser })
}

/// Reads our own part of `user.ext`. Nothing else may stand in it: a browser under a misspelt name would be nobody's,
/// and its `off` would not count.
fn browser(ext: &Fields<'_>) -> Result<Option<Personal<String>>, Fault> {
    let Some(found) = ext.find("sluicegate") else { return Ok(None) };
    let own = found.object()?;
    if found.keys()?.any(|key| key != "browser_id") {
        return Err(found.fault("has a field that is not known"));
    }
    match own.text("browser_id")? {
        Some(id) if !(1..=ID_BYTES_MAX).contains(&id.len()) => {
            Err(own.fault("browser_id", "must have 1 to 256 bytes"))
        }
        id => Ok(personal(id)),
    }
}

fn regs(root: &Fields<'_>) -> Result<Regs, Fault> {
    let Some(regs) = root.object("regs")? else { return Ok(Regs::default()) };
    let here = Regulations::of(&regs)?;
    let ext = regs.object("ext")?;
    let there = ext.as_ref().map(Regulations::of).transpose()?.unwrap_or_default();
    Ok(Regs {
        coppa: stricter(here.coppa, there.coppa),
        gdpr: stricter(here.gdpr, there.gdpr),
        us_privacy: Stated::of(here.us_privacy, there.us_privacy),
        gpp: Stated::of(here.gpp, there.gpp),
        gpp_sid: sections(here.gpp_sid, there.gpp_sid),
        dsa: Dsa::of(&regs)?,
        gpc: ext.as_ref().map_or(Ok(Gpc::Absent), gpc)?,
    })
}

/// Of what both places say the one that is not no.
fn stricter(here: Option<i64>, there: Option<i64>) -> Option<i64> {
    match (here, there) {
        (Some(0), Some(other)) => Some(other),
        (here, there) => here.or(there),
    }
}

/// Where both places list sections, those of either are in force: each once, so that the same list twice is that list.
/// None (-1) beside others stays in the list, which then contradicts itself.
fn sections(here: Vec<i64>, there: Vec<i64>) -> Vec<i64> {
    if here.is_empty() || there.is_empty() {
        return if here.is_empty() { there } else { here };
    }
    let union: BTreeSet<i64> = here.into_iter().chain(there).collect();
    union.into_iter().collect()
}

/// What stands in `regs` since 2.6, and stood in `regs.ext` before.
#[derive(Default)]
struct Regulations {
    coppa: Option<i64>,
    gdpr: Option<i64>,
    us_privacy: Option<Personal<String>>,
    gpp: Option<Personal<String>>,
    gpp_sid: Vec<i64>,
}

impl Regulations {
    fn of(fields: &Fields<'_>) -> Result<Self, Fault> {
        Ok(Self {
            coppa: fields.integer("coppa")?,
            gdpr: fields.integer("gdpr")?,
            us_privacy: personal(fields.text("us_privacy")?),
            gpp: personal(fields.text("gpp")?),
            gpp_sid: fields.integers("gpp_sid")?,
        })
    }
}

/// The string `"1"` by the specification. What is neither that nor plainly a no cannot be read, and counts as a refusal.
fn gpc(ext: &Fields<'_>) -> Result<Gpc, Fault> {
    Ok(match ext.find("gpc") {
        Some(found) if !found.says_no()? => Gpc::On,
        Some(_) | None => Gpc::Absent,
    })
}

fn blocks(root: &Fields<'_>) -> Result<Blocks, Fault> {
    Ok(Blocks {
        categories: Listed::read(root, "bcat", Compared::InEitherCase)?,
        allowed_categories: Listed::read(root, "acat", Compared::InEitherCase)?,
        taxonomy: root.size("cattax")?.unwrap_or(1),
        advertisers: Listed::read(root, "badv", Compared::AsDomains)?,
        apps: Listed::read(root, "bapp", Compared::InEitherCase)?,
        allowed_seats: Listed::read(root, "wseat", Compared::Exactly)?,
        seats: Listed::read(root, "bseat", Compared::Exactly)?,
        languages: Languages::of(root)?,
    })
}
