//! The allow-list of an impression: which keys pass, and what each may hold.

use crate::{
    fields::{Fault, Fields},
    grammar,
    kept::{
        LIST_MAX,
        Rule::{
            Amount, Code, Codes, Count, Counts, Flag, Inside, Many, Numbered, One, Text, Texts,
            Within,
        },
        Schema, anything, requires_list, requires_positive,
    },
    money::Micros,
};
use std::collections::BTreeSet;

/// The largest side of an ad, in pixels.
pub(super) const SIDE_MAX: i64 = 16_384;
/// The longest time, in seconds.
pub(super) const SECONDS_MAX: i64 = 86_400;
/// The highest bit rate, in kilobits a second.
const RATE_MAX: i64 = 1_000_000;

/// `imp`, but for its formats and what is read by name: id, tagid, floors, secure, quantity, time, deals and pods.
pub(super) const IMP: Schema = Schema {
    fields: &[
        ("instl", Flag),
        ("clickbrowser", Flag),
        ("rwdd", Flag),
        ("ssai", Code),
        ("exp", Count(SECONDS_MAX)),
        ("refresh", One(&REFRESH)),
    ],
    check: imp,
};

fn imp(fields: &Fields<'_>) -> Result<(), Fault> {
    if let Some(banner) = fields.object("banner")? {
        let has_sizes = !banner.list("format")?.is_empty();
        let has_size = banner.size("w")?.is_some() && banner.size("h")?.is_some();
        let fills_the_screen = fields.flag("instl")? == Some(true);
        if !has_sizes && !has_size && !fills_the_screen {
            return Err(fields.fault("banner", "needs `w` and `h`, or `format`"));
        }
    }
    if ["banner", "video", "audio", "native"].iter().any(|format| fields.has(format)) {
        return Ok(());
    }
    Err(fields.fault_of_all("needs at least one of `banner`, `video`, `audio` and `native`"))
}

pub(super) const QTY: Schema = Schema {
    fields: &[
        ("multiplier", Amount(1_000_000)),
        ("sourcetype", Code),
        ("vendor", Text(grammar::domain)),
    ],
    check: quantity,
};

fn quantity(fields: &Fields<'_>) -> Result<(), Fault> {
    match fields.amount("multiplier")? {
        None => Err(fields.fault("multiplier", "is missing")),
        Some(Micros::ZERO) => Err(fields.fault("multiplier", "must be above zero")),
        Some(_) => Ok(()),
    }
}

const REFRESH: Schema = Schema {
    fields: &[("refsettings", Many(&REFRESH_SETTING)), ("count", Count(10_000))],
    check: anything,
};

const REFRESH_SETTING: Schema =
    Schema { fields: &[("reftype", Code), ("minint", Count(SECONDS_MAX))], check: anything };

/// `banner`; its sizes are left out where the platform offers it, since not every partner is asked for all.
pub(super) const BANNER: Schema = Schema {
    fields: &[
        ("format", Many(&FORMAT)),
        ("w", Count(SIDE_MAX)),
        ("h", Count(SIDE_MAX)),
        ("btype", Codes),
        ("battr", Codes),
        ("pos", Code),
        ("mimes", Texts(grammar::mime)),
        ("topframe", Flag),
        ("expdir", Codes),
        ("api", Codes),
        ("vcm", Flag),
    ],
    check: anything,
};

const FORMAT: Schema = Schema {
    fields: &[
        ("w", Count(SIDE_MAX)),
        ("h", Count(SIDE_MAX)),
        ("wratio", Count(SIDE_MAX)),
        ("hratio", Count(SIDE_MAX)),
        ("wmin", Count(SIDE_MAX)),
    ],
    check: format,
};

fn format(fields: &Fields<'_>) -> Result<(), Fault> {
    sides(fields).map(drop)
}

/// The keys of a format.
pub(super) const SIDES: [&str; 5] = ["w", "h", "wratio", "hratio", "wmin"];

/// Reads a format: what each of [`SIDES`] says.
pub(super) fn sides(fields: &Fields<'_>) -> Result<[Option<u32>; 5], Fault> {
    let mut sides = [None; 5];
    for (side, key) in sides.iter_mut().zip(SIDES) {
        *side = fields.size(key)?;
    }
    match sides.map(|side| side.is_some_and(|side| side > 0)) {
        [true, true, false, false, false] | [false, false, true, true, true] => Ok(sides),
        _ => Err(fields
            .fault_of_all("needs positive `w` and `h`, or positive `wratio`, `hratio` and `wmin`")),
    }
}

pub(super) const VIDEO: Schema = Schema {
    fields: &[
        ("mimes", Texts(grammar::mime)),
        ("minduration", Count(SECONDS_MAX)),
        ("maxduration", Count(SECONDS_MAX)),
        ("startdelay", Within(-2, SECONDS_MAX)),
        ("maxseq", Count(1_000)),
        ("poddur", Count(SECONDS_MAX)),
        ("protocols", Codes),
        ("w", Count(SIDE_MAX)),
        ("h", Count(SIDE_MAX)),
        ("podseq", Within(-1, 1)),
        ("rqddurs", Counts(SECONDS_MAX)),
        ("placement", Code),
        ("plcmt", Code),
        ("linearity", Code),
        ("skip", Flag),
        ("skipmin", Count(SECONDS_MAX)),
        ("skipafter", Count(SECONDS_MAX)),
        ("slotinpod", Within(-1, 2)),
        ("battr", Codes),
        ("maxextended", Within(-1, SECONDS_MAX)),
        ("minbitrate", Count(RATE_MAX)),
        ("maxbitrate", Count(RATE_MAX)),
        ("boxingallowed", Flag),
        ("playbackmethod", Codes),
        ("playbackend", Code),
        ("delivery", Codes),
        ("pos", Code),
        ("companionad", Many(&BANNER)),
        ("api", Codes),
        ("companiontype", Codes),
        ("poddedupe", Codes),
    ],
    check: requires_mimes,
};

pub(super) const AUDIO: Schema = Schema {
    fields: &[
        ("mimes", Texts(grammar::mime)),
        ("minduration", Count(SECONDS_MAX)),
        ("maxduration", Count(SECONDS_MAX)),
        ("poddur", Count(SECONDS_MAX)),
        ("protocols", Codes),
        ("startdelay", Within(-2, SECONDS_MAX)),
        ("rqddurs", Counts(SECONDS_MAX)),
        ("podseq", Within(-1, 1)),
        ("slotinpod", Within(-1, 2)),
        ("battr", Codes),
        ("maxextended", Within(-1, SECONDS_MAX)),
        ("minbitrate", Count(RATE_MAX)),
        ("maxbitrate", Count(RATE_MAX)),
        ("delivery", Codes),
        ("companionad", Many(&BANNER)),
        ("api", Codes),
        ("companiontype", Codes),
        ("maxseq", Count(1_000)),
        ("feed", Code),
        ("stitched", Flag),
        ("nvol", Code),
    ],
    check: requires_mimes,
};

fn requires_mimes(fields: &Fields<'_>) -> Result<(), Fault> {
    requires_list(fields, "mimes")?;
    let fitting = fields.find("mimes").map(|mimes| mimes.fit_any(grammar::mime)).transpose()?;
    if fitting == Some(true) {
        return Ok(());
    }
    Err(fields.fault("mimes", "must hold at least one media type"))
}

pub(super) const NATIVE: Schema = Schema {
    fields: &[
        ("request", Inside(&NATIVE_REQUEST, "native")),
        ("ver", Text(grammar::version)),
        ("api", Codes),
        ("battr", Codes),
    ],
    check: requires_request,
};

fn requires_request(fields: &Fields<'_>) -> Result<(), Fault> {
    fields.required_text("request").map(drop)
}

/// The markup request of the `OpenRTB` Dynamic Native Ads API 1.2.
const NATIVE_REQUEST: Schema = Schema {
    fields: &[
        ("ver", Text(grammar::version)),
        ("context", Code),
        ("contextsubtype", Code),
        ("plcmttype", Code),
        ("plcmtcnt", Count(1_000)),
        ("seq", Count(1_000)),
        ("assets", Numbered(&ASSET)),
        ("aurlsupport", Flag),
        ("durlsupport", Flag),
        ("eventtrackers", Many(&EVENT_TRACKER)),
        ("privacy", Flag),
    ],
    check: requires_assets,
};

fn requires_assets(fields: &Fields<'_>) -> Result<(), Fault> {
    if fields.integer("contextsubtype")?.is_some_and(|code| code < 0) {
        return Err(fields.fault("contextsubtype", "must not be negative"));
    }
    requires_list(fields, "assets")?;
    let assets = fields.objects("assets")?;
    if assets.len() > LIST_MAX {
        return Err(fields.fault("assets", "holds too many assets"));
    }
    requires_ids(&assets)
}

/// Each asset has an id of its own, by which the ad names it. Where none has any they are numbered from 0 in their order,
/// as Prebid Server does: by Native 1.2 it is the exchange that assigns them.
fn requires_ids(assets: &[Fields<'_>]) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    if !assets.iter().any(|asset| asset.has("id")) {
        return Ok(());
    }
    for asset in assets {
        match asset.integer("id")? {
            None => return Err(asset.fault("id", "is missing")),
            Some(id) if !(0..=ASSET_ID_MAX).contains(&id) => {
                return Err(asset.fault("id", "must be an integer from 0 to 999999999"));
            }
            Some(id) if !ids.insert(id) => {
                return Err(asset.fault("id", "must be unique among the assets"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Nine digits: a telephone number has more.
const ASSET_ID_MAX: i64 = 999_999_999;

const ASSET: Schema = Schema {
    fields: &[
        ("id", Count(ASSET_ID_MAX)),
        ("required", Flag),
        ("title", One(&TITLE)),
        ("img", One(&IMAGE)),
        ("video", One(&ASSET_VIDEO)),
        ("data", One(&ASSET_DATA)),
    ],
    check: asset,
};

fn asset(fields: &Fields<'_>) -> Result<(), Fault> {
    let kinds = ["title", "img", "video", "data"];
    if kinds.iter().filter(|kind| fields.has(kind)).count() <= 1 {
        return Ok(());
    }
    Err(fields.fault_of_all("must be only one of `title`, `img`, `video` and `data`"))
}

const TITLE: Schema =
    Schema { fields: &[("len", Count(10_000))], check: |fields| requires_positive(fields, "len") };

const IMAGE: Schema = Schema {
    fields: &[
        ("type", Code),
        ("w", Count(SIDE_MAX)),
        ("wmin", Count(SIDE_MAX)),
        ("h", Count(SIDE_MAX)),
        ("hmin", Count(SIDE_MAX)),
        ("mimes", Texts(grammar::mime)),
    ],
    check: anything,
};

const ASSET_VIDEO: Schema = Schema {
    fields: &[
        ("mimes", Texts(grammar::mime)),
        ("minduration", Count(SECONDS_MAX)),
        ("maxduration", Count(SECONDS_MAX)),
        ("protocols", Codes),
    ],
    check: asset_video,
};

fn asset_video(fields: &Fields<'_>) -> Result<(), Fault> {
    requires_mimes(fields)?;
    requires_positive(fields, "minduration")?;
    requires_positive(fields, "maxduration")?;
    requires_list(fields, "protocols")
}

const ASSET_DATA: Schema = Schema {
    fields: &[("type", Code), ("len", Count(10_000))],
    check: |fields| requires_positive(fields, "type"),
};

const EVENT_TRACKER: Schema =
    Schema { fields: &[("event", Code), ("methods", Codes)], check: event_tracker };

fn event_tracker(fields: &Fields<'_>) -> Result<(), Fault> {
    requires_positive(fields, "event")?;
    requires_list(fields, "methods")
}
