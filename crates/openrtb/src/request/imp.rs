//! Impressions: what the exchange needs by name, and the filtered rest.

use super::{
    banner::BannerSlot,
    lengths::{LengthFloors, Lengths, Play},
    listed::{Compared, Listed},
    media,
    pod::{Differ, Pod, PodRule, Position},
    pods::{Part, Pods, share_what_differs},
};
use crate::{
    fields::{Fault, Fields},
    grammar,
    kept::{self, Schema},
    money::{Currency, Micros},
    write::LotImp,
    written::Written,
};
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// An impression on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imp {
    /// `id`: the client's; partners get another.
    pub id: String,
    /// `tagid`: told only if it is a registered placement.
    pub tag_id: Option<String>,
    /// `bidfloor`, per thousand.
    pub floor: Micros,
    /// `bidfloorcur`.
    pub floor_currency: Currency,
    /// `secure`: whether everything must be loaded over HTTPS.
    pub secure: Option<bool>,
    /// `qty.multiplier`: how many impressions it counts as.
    pub quantity: Option<Micros>,
    /// Which formats are offered.
    pub formats: Formats,
    /// The sizes of `banner`, where it is offered.
    pub banner: Option<Arc<BannerSlot>>,
    /// `battr` of each format, in the order of [`Format::ALL`], each in ascending order.
    blocked_attributes: [Vec<i64>; 4],
    /// How long a video, and sound, may play.
    play: [Play; 2],
    /// What its videos must not share with others of their pod.
    pub(super) pod_rule: Option<PodRule>,
    /// The floors that depend on how long an ad plays.
    pub lengths: Lengths,
    /// `pmp.private_auction`: only the deals may bid.
    pub deals_only: bool,
    /// `pmp.deals`.
    pub deals: Vec<Deal>,
    /// `ext.prebid.bidder`: the partnerships that alone are asked for it, in ascending order; `None` means all.
    pub bidders: Option<Vec<String>>,
    /// Everything else that passed the allow-list.
    kept: Arc<Pieces>,
}

/// What is kept of an impression, written once for all partners.
#[derive(Debug, PartialEq, Eq)]
struct Pieces {
    /// Those of each format that it offers, in the order of [`Format::ALL`].
    formats: [Option<Written>; 4],
    rest: Written,
}

impl Imp {
    /// Returns whether an attribute of creatives is blocked (`battr`) for a format.
    pub fn blocks_attribute(&self, format: Format, attribute: i64) -> bool {
        let [banner, video, audio, native] = &self.blocked_attributes;
        let blocked = match format {
            Format::Banner => banner,
            Format::Video => video,
            Format::Audio => audio,
            Format::Native => native,
        };
        blocked.binary_search(&attribute).is_ok()
    }

    /// Returns whether a partnership may be asked for it: where it names bidders, only those.
    pub fn is_for(&self, partnership: &str) -> bool {
        let is_named = |named: &Vec<String>| {
            named.binary_search_by(|name| name.as_str().cmp(partnership)).is_ok()
        };
        self.bidders.as_ref().is_none_or(is_named)
    }

    /// Returns whether an ad of that format may play for so many seconds. What does not play takes any.
    pub fn takes_length(&self, format: Format, seconds: Option<u32>) -> bool {
        let [video, audio] = &self.play;
        match format {
            Format::Video => video.takes(seconds),
            Format::Audio => audio.takes(seconds),
            Format::Banner | Format::Native => true,
        }
    }

    /// Returns the dynamic pod that ads of that format fill, where it is one.
    pub fn pod(&self, format: Format) -> Option<&Pod> {
        let [video, audio] = &self.play;
        match format {
            Format::Video => video.pod.as_ref(),
            Format::Audio => audio.pod.as_ref(),
            Format::Banner | Format::Native => None,
        }
    }

    /// Returns what ads of that format must differ in from others of their pod, where they must in something. Sound has no
    /// such field.
    pub fn pod_rule(&self, format: Format) -> Option<PodRule> {
        self.pod_rule.filter(|_| format == Format::Video)
    }

    /// Returns which position in its pod an ad of that format gets that is for one (`slotinpod`); `None` where the impression
    /// does not guarantee it.
    pub fn position(&self, format: Format, code: Option<i64>) -> Option<Position> {
        let [video, audio] = &self.play;
        match format {
            Format::Video => video.position(code),
            Format::Audio => audio.position(code),
            Format::Banner | Format::Native => Some(Position::Any),
        }
    }

    /// Writes what is kept of it as one partner is asked for it.
    pub(crate) fn write(&self, put_up: &LotImp, out: &mut Written) {
        for (format, piece) in Format::ALL.into_iter().zip(&self.kept.formats) {
            if let Some(fields) = piece.as_ref().filter(|_| put_up.formats.offer(format)) {
                out.object(format.key(), |object| {
                    object.join(fields);
                    put_up.lengths.write(format, object);
                    if let Some(slot) = put_up.banner.as_ref().filter(|_| format == Format::Banner)
                    {
                        slot.write(object);
                    }
                });
            }
        }
        out.join(&self.kept.rest);
    }
}

/// Room made for what is kept of a format: most take less.
const USUAL_BYTES: usize = 256;

/// A format of ads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A banner.
    Banner,
    /// A video.
    Video,
    /// Sound alone.
    Audio,
    /// A native ad.
    Native,
}

impl Format {
    /// Every format, by its code as a type of markup.
    pub const ALL: [Self; 4] = [Self::Banner, Self::Video, Self::Audio, Self::Native];

    /// Returns the format of a bid's `mtype` (AdCOM: 1 banner, 2 video, 3 audio, 4 native).
    pub fn of_markup_type(code: u16) -> Option<Self> {
        let index = usize::from(code).checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// Returns its code as a bid's `mtype`.
    pub fn markup_type(self) -> u16 {
        match self {
            Self::Banner => 1,
            Self::Video => 2,
            Self::Audio => 3,
            Self::Native => 4,
        }
    }

    /// Returns its key in an impression, which is its name for Prebid, too.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Banner => "banner",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Native => "native",
        }
    }
}

/// The formats an impression offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats(u8);

impl Formats {
    fn of(fields: &Fields<'_>) -> Self {
        let offered = Format::ALL.into_iter().filter(|format| fields.has(format.key()));
        Self(offered.fold(0, |bits, format| bits | bit(format)))
    }

    /// Returns those that are also among others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Returns those but one.
    #[must_use]
    pub fn without(self, format: Format) -> Self {
        Self(self.0 & !bit(format))
    }

    /// Returns whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the format is offered.
    pub fn offer(self, format: Format) -> bool {
        self.0 & bit(format) != 0
    }

    /// Returns the format if only one is offered.
    pub fn only(self) -> Option<Format> {
        Format::ALL.into_iter().find(|format| self.0 == bit(*format))
    }
}

impl FromIterator<Format> for Formats {
    fn from_iter<T: IntoIterator<Item = Format>>(formats: T) -> Self {
        Self(formats.into_iter().fold(0, |bits, format| bits | bit(format)))
    }
}

fn bit(format: Format) -> u8 {
    match format {
        Format::Banner => 1,
        Format::Video => 2,
        Format::Audio => 4,
        Format::Native => 8,
    }
}

/// A deal made beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// `id`.
    pub id: String,
    /// `bidfloor`, per thousand.
    pub floor: Micros,
    /// `bidfloorcur`; USD where absent, whatever the impression says.
    pub floor_currency: Currency,
    /// `at`, where it says something of its own.
    pub price: Option<DealPrice>,
    /// `durfloors` or `mincpmpersec`, in the same currency.
    pub lengths: LengthFloors,
    /// `wseat`: seats that may use it; empty means all. Only registered ones are told.
    pub seats: Listed,
    /// `wadomain`: advertisers that may use it; empty means all.
    pub advertisers: Listed,
    /// `guar`: whether the deal is guaranteed.
    pub guaranteed: bool,
}

/// What the winner of a deal pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DealPrice {
    /// `at` 1: what it bid.
    First,
    /// `at` 2: more than the next bid or the floor.
    SecondPlus,
    /// `at` 3: the floor.
    Floor,
}

impl DealPrice {
    /// Returns the code on the wire.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::First => 1,
            Self::SecondPlus => 2,
            Self::Floor => 3,
        }
    }
}

/// Impressions past this many are refused.
const IMPS_MAX: usize = 100;

pub(super) fn read_all(root: &Fields<'_>) -> Result<Vec<Imp>, Fault> {
    let all = root.objects("imp")?;
    if all.is_empty() {
        let problem = if root.has("imp") { "must not be empty" } else { "is missing" };
        return Err(root.fault("imp", problem));
    }
    if all.len() > IMPS_MAX {
        return Err(root.fault("imp", "holds too many impressions"));
    }
    let mut imps: Vec<Imp> = Vec::with_capacity(all.len());
    let mut pods = Pods::default();
    let is_on_a_screen = root.has("dooh");
    for (index, fields) in all.iter().enumerate() {
        let imp = read(fields, is_on_a_screen, (index, &mut pods))?;
        if imps.iter().any(|other| other.id == imp.id) {
            return Err(fields.fault("id", "must be unique in the request"));
        }
        imps.push(imp);
    }
    share_what_differs(&mut imps);
    Ok(imps)
}

fn read(fields: &Fields<'_>, is_on_a_screen: bool, pods: (usize, &mut Pods)) -> Result<Imp, Fault> {
    let id = fields.required_text("id")?;
    if id.len() > super::ID_BYTES_MAX {
        return Err(fields.fault("id", "is too long"));
    }
    let formats = Formats::of(fields);
    let mut rest = Written::default();
    kept::write(fields, &media::IMP, &mut rest)?;
    if !fields.has("rwdd") && is_rewarded(fields) {
        rest.integer("rwdd", 1);
    }
    write_quantity(fields, &mut rest)?;
    if let Some(shown_ms) = showing(fields)?.filter(|_| is_on_a_screen) {
        rest.integer("dt", shown_ms);
    }
    let offers = Offers::of(fields, pods)?;
    let (deals_only, deals) = match fields.object("pmp")? {
        Some(pmp) => {
            let have_prices =
                |floors: &LengthFloors| offers.lengths.all_have_prices(floors, formats);
            (pmp.flag("private_auction")? == Some(true), deals(&pmp, have_prices)?)
        }
        None => (false, Vec::new()),
    };
    Ok(Imp {
        id: id.to_owned(),
        tag_id: fields.text("tagid")?.map(str::to_owned),
        floor: floor(fields)?,
        floor_currency: currency(fields)?,
        secure: fields.flag("secure")?,
        quantity: match fields.object("qty")? {
            Some(quantity) => quantity.amount("multiplier")?,
            None => None,
        },
        formats,
        banner: offers.banner,
        blocked_attributes: offers.blocked_attributes,
        play: offers.play,
        pod_rule: offers.pod_rule,
        lengths: offers.lengths,
        deals_only,
        deals,
        bidders: bidders(fields)?,
        kept: Arc::new(Pieces { formats: offers.pieces, rest }),
    })
}

/// Returns whether the places of 2.5 say that whoever watches the ad is rewarded (`rwdd` of 2.6).
fn is_rewarded(imp: &Fields<'_>) -> bool {
    let inside = |path: &[&str], key: &str| flag_inside(imp, path, key) == Some(true);
    inside(&["ext", "prebid"], "is_rewarded_inventory") || inside(&["video", "ext"], "rewarded")
}

/// A flag in objects one in another; `None` where any of them is not there or is wrong.
fn flag_inside(fields: &Fields<'_>, path: &[&str], key: &str) -> Option<bool> {
    match path {
        [] => fields.flag(key).ok().flatten(),
        [outer, inner @ ..] => flag_inside(&fields.object(outer).ok().flatten()?, inner, key),
    }
}

/// Writes `qty`. Where somebody measured it (`sourcetype` 1) who is not named, nobody is said to have.
fn write_quantity(fields: &Fields<'_>, out: &mut Written) -> Result<(), Fault> {
    let Some(quantity) = fields.object("qty")? else { return Ok(()) };
    let is_named = quantity.text("vendor")?.is_some_and(grammar::domain);
    let is_measured = quantity.integer("sourcetype")? == Some(1);
    let but: &[&str] = if is_measured && !is_named { &["sourcetype"] } else { &[] };
    out.try_object("qty", |object| kept::write_but(&quantity, &media::QTY, but, object))
}

/// Reads `dt`: when it will be shown, in milliseconds since 1970. What cannot be meant so, such as seconds, counts as
/// not said.
///
/// It is told of public screens alone. Why: elsewhere it is nearly one request's own and the same for every partner,
/// which would join what each of them knows of a person.
fn showing(fields: &Fields<'_>) -> Result<Option<i64>, Fault> {
    let whole = |Micros(millionths)| millionths / 1_000_000;
    let plausible = |shown_ms: &i64| SHOWN_MS.contains(shown_ms);
    Ok(fields.amount("dt")?.map(whole).filter(plausible))
}

/// From 2020 to before 2100.
const SHOWN_MS: Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// As Prebid names them. Without one of them the impression is for all.
fn bidders(fields: &Fields<'_>) -> Result<Option<Vec<String>>, Fault> {
    let Some(ext) = fields.object("ext")? else { return Ok(None) };
    let Some(prebid) = ext.object("prebid")? else { return Ok(None) };
    let Some(found) = prebid.find("bidder") else { return Ok(None) };
    let mut named: Vec<String> = found.keys()?.map(str::to_owned).collect();
    named.sort_unstable();
    Ok((!named.is_empty()).then_some(named))
}

/// What is read of the formats of one impression. Lists of four are in the order of [`Format::ALL`].
#[derive(Default)]
struct Offers {
    banner: Option<Arc<BannerSlot>>,
    blocked_attributes: [Vec<i64>; 4],
    play: [Play; 2],
    pod_rule: Option<PodRule>,
    lengths: Lengths,
    pieces: [Option<Written>; 4],
}

impl Offers {
    fn of(imp: &Fields<'_>, (index, pods): (usize, &mut Pods)) -> Result<Self, Fault> {
        let mut offers = Self::default();
        let [of_banner, of_video, of_audio, of_native] = &mut offers.pieces;
        let [banner_blocks, video_blocks, audio_blocks, native_blocks] =
            &mut offers.blocked_attributes;
        let [video_play, audio_play] = &mut offers.play;
        if let Some(banner) = imp.object("banner")? {
            *of_banner = Some(piece(&banner, &media::BANNER, &["w", "h", "format"])?);
            *banner_blocks = sorted(&banner, "battr")?;
            let is_interstitial = imp.flag("instl")? == Some(true);
            offers.banner = Some(Arc::new(BannerSlot::of(&banner, is_interstitial)?));
        }
        if let Some(video) = imp.object("video")? {
            *video_play = Play::of(&video)?;
            let part = pods.video(index, &video, video_play)?;
            *of_video = Some(playing(&video, &media::VIDEO, part)?);
            *video_blocks = sorted(&video, "battr")?;
            offers.pod_rule = Some(PodRule { pod: part.first, differ: Differ::of(&video)? });
            offers.lengths.video = LengthFloors::of_media(&video, video_play)?;
        }
        if let Some(audio) = imp.object("audio")? {
            *audio_play = Play::of(&audio)?;
            let part = pods.audio(index, &audio, audio_play)?;
            *of_audio = Some(playing(&audio, &media::AUDIO, part)?);
            *audio_blocks = sorted(&audio, "battr")?;
            offers.lengths.audio = LengthFloors::of_media(&audio, audio_play)?;
        }
        if let Some(native) = imp.object("native")? {
            *of_native = Some(piece(&native, &media::NATIVE, &[])?);
            *native_blocks = sorted(&native, "battr")?;
        }
        Ok(offers)
    }
}

/// Reads integers that bids are looked up in.
pub(super) fn sorted(fields: &Fields<'_>, key: &str) -> Result<Vec<i64>, Fault> {
    let mut values = fields.integers(key)?;
    values.sort_unstable();
    Ok(values)
}

/// Writes what is kept of one format.
fn piece(fields: &Fields<'_>, schema: &Schema, but: &[&str]) -> Result<Written, Fault> {
    let mut piece = Written::with_capacity(USUAL_BYTES);
    kept::write_but(fields, schema, but, &mut piece)?;
    Ok(piece)
}

/// Writes the same of one that plays. Of contradicting lengths the exact ones are kept: where `rqddurs` is there,
/// `minduration` and `maxduration` must not be. Its pod has a number in the place of the name.
fn playing(fields: &Fields<'_>, schema: &Schema, part: Part) -> Result<Written, Fault> {
    let are_exact =
        fields.integers("rqddurs")?.into_iter().any(|length| length <= media::SECONDS_MAX);
    let but: &[&str] = if are_exact { &["minduration", "maxduration"] } else { &[] };
    let mut piece = piece(fields, schema, but)?;
    if let Some(pod) = part.number {
        piece.shown("podid", pod);
    }
    Ok(piece)
}

pub(super) fn floor(fields: &Fields<'_>) -> Result<Micros, Fault> {
    match fields.least("bidfloor")? {
        Some(floor) if floor > FLOOR_MAX => Err(fields.fault("bidfloor", "is out of range")),
        floor => Ok(floor.unwrap_or_default()),
    }
}

/// 100,000 units a thousand.
pub(super) const FLOOR_MAX: Micros = Micros(100_000_000_000);

fn currency(fields: &Fields<'_>) -> Result<Currency, Fault> {
    let Some(text) = fields.text("bidfloorcur")? else { return Ok(Currency::USD) };
    let problem = "must be a currency code of three capital letters";
    text.parse().map_err(|_wrong| fields.fault("bidfloorcur", problem))
}

/// `have_prices` says whether a deal's floors by length make a price for every bid that there can be.
fn deals(
    pmp: &Fields<'_>,
    have_prices: impl Fn(&LengthFloors) -> bool,
) -> Result<Vec<Deal>, Fault> {
    let all = pmp.objects("deals")?;
    if all.len() > DEALS_MAX {
        return Err(pmp.fault("deals", "holds too many deals"));
    }
    let mut ids = BTreeSet::new();
    let one = |fields: &Fields<'_>| {
        let deal = deal(fields, &have_prices)?;
        if !ids.insert(deal.id.clone()) {
            return Err(fields.fault("id", "must be unique in the impression"));
        }
        Ok(deal)
    };
    all.iter().map(one).collect()
}

/// Deals of one impression past this many are refused.
const DEALS_MAX: usize = 300;

fn deal(fields: &Fields<'_>, have_prices: impl Fn(&LengthFloors) -> bool) -> Result<Deal, Fault> {
    let id = fields.required_text("id")?;
    if !grammar::code(id) {
        return Err(fields.fault("id", "must be 1 to 64 letters, digits and `. _ : -`"));
    }
    let price = match fields.integer("at")? {
        Some(1) => Some(DealPrice::First),
        Some(2) => Some(DealPrice::SecondPlus),
        Some(3) => Some(DealPrice::Floor),
        _ => None,
    };
    let (floor, lengths) = (floor(fields)?, LengthFloors::of(fields)?);
    if price == Some(DealPrice::Floor) && floor == Micros::ZERO && !have_prices(&lengths) {
        return Err(fields.fault("bidfloor", "must be above zero where `at` is 3"));
    }
    Ok(Deal {
        id: id.to_owned(),
        floor,
        floor_currency: currency(fields)?,
        price,
        lengths,
        seats: Listed::read(fields, "wseat", Compared::Exactly)?,
        advertisers: Listed::narrowing(fields, "wadomain", grammar::domain, Compared::AsDomains)?,
        guaranteed: fields.flag("guar")? == Some(true),
    })
}
