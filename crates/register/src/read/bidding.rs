//! What a bidding partnership is asked for: the table `[partnership.bidding]`.

use super::{
    section::Section,
    values::{code, currency, filled, list, one_of, parsed, whole},
};
use crate::{AdChannel, AdFormat, Bidding, limits};

const FORMATS: [(&str, AdFormat); 4] = [
    ("banner", AdFormat::Banner),
    ("video", AdFormat::Video),
    ("audio", AdFormat::Audio),
    ("native", AdFormat::Native),
];
const CHANNELS: [(&str, AdChannel); 3] =
    [("site", AdChannel::Site), ("app", AdChannel::App), ("dooh", AdChannel::Dooh)];

pub(super) fn read(mut section: Section<'_>) -> Bidding {
    let silent = unsaid();
    let seats = section.optional("seats", list(limits::LIST_MAX, code));
    let formats = section.optional("formats", filled(FORMATS.len(), one_of(&FORMATS)));
    let sizes = section.optional("sizes", filled(limits::SIZES_MAX, parsed));
    let channels = section.optional("channels", filled(CHANNELS.len(), one_of(&CHANNELS)));
    let currency = section.optional("currency", currency);
    let imps_max = section.optional("imps_max", whole(limits::IMPS));
    let bids_per_imp_max = section.optional("bids_per_imp_max", whole(limits::BIDS_PER_IMP));
    section.finish();
    Bidding {
        seats: seats.unwrap_or_default(),
        formats: formats.unwrap_or(silent.formats),
        sizes: sizes.unwrap_or(silent.sizes),
        channels: channels.unwrap_or(silent.channels),
        currency,
        imps_max: imps_max.unwrap_or(silent.imps_max),
        bids_per_imp_max: bids_per_imp_max.unwrap_or(silent.bids_per_imp_max),
    }
}

/// Returns what holds where the file does not say.
pub(super) fn unsaid() -> Bidding {
    Bidding {
        seats: Vec::new(),
        formats: AdFormat::ALL.to_vec(),
        sizes: Vec::new(),
        channels: AdChannel::ALL.to_vec(),
        currency: None,
        imps_max: limits::IMPS_DEFAULT,
        bids_per_imp_max: limits::BIDS_PER_IMP_DEFAULT,
    }
}
