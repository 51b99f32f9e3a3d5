//! An exposure, as it is kept.

use crate::record::Consent;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    AdvertiserId, Country, Identifier, KeyKind, Personal, SubjectKey, Surface, time::UnixMillis,
};
use sluicegate_settings::RequestKeys;
use sluicegate_signals::{
    Att, Coppa, Gdpr, GdprScope, Gpc, GppReading, Lmt, Reading, Signals, TcString, UsPrivacy,
};
use std::{borrow::Cow, time::Duration};

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $text)] $word,)*
        }

        impl $name {
            /// All words.
            pub const ALL: &'static [Self] = &[$(Self::$word),*];

            /// Returns the word on every wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                }
            }

            /// Returns the word of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl $crate::fields::Vocabulary for $name {
            const NOT_ONE: &'static str = concat!("not one of", $(" `", $text, "`"),*);
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// What the browser or device did with the ad.
    Interaction {
        /// The ad was served into view.
        Impression = "impression",
        /// The ad met the viewability standard.
        ViewableImpression = "viewable_impression",
        /// The video began.
        VideoStart = "video_start",
        /// A quarter was played.
        VideoFirstQuartile = "video_first_quartile",
        /// Half was played.
        VideoMidpoint = "video_midpoint",
        /// Three quarters were played.
        VideoThirdQuartile = "video_third_quartile",
        /// All was played.
        VideoComplete = "video_complete",
        /// It was watched as long as the threshold asks, without a click.
        EngagedView = "engaged_view",
        /// It was clicked.
        Click = "click",
        /// Another interaction with the ad.
        Engagement = "engagement",
        /// The app's store page was opened from it.
        StoreOpen = "store_open",
    }
}

vocabulary! {
    /// The classes of touch that measurement partners rank: click before engaged view before impression.
    Touch {
        /// Seen.
        Impression = "impression",
        /// Watched or interacted with, without a click.
        EngagedView = "engaged_view",
        /// Clicked.
        Click = "click",
    }
}

vocabulary! {
    /// The kind of advertising id.
    IfaType {
        /// Apple's advertising id.
        Idfa = "idfa",
        /// Apple's id per vendor.
        Idfv = "idfv",
        /// Google's advertising id.
        Gaid = "gaid",
        /// The open anonymous device id.
        Oaid = "oaid",
        /// There is none.
        None = "none",
    }
}

vocabulary! {
    /// The form of the ad.
    AdFormat {
        /// A banner.
        Banner = "banner",
        /// A picture.
        Image = "image",
        /// A video.
        Video = "video",
        /// Sound only.
        Audio = "audio",
        /// Assembled from parts in the style of the platform.
        Native = "native",
        /// Several cards in a row.
        Carousel = "carousel",
        /// Text only.
        Text = "text",
    }
}

impl Interaction {
    /// Returns the class of touch that it counts as where nothing is known of how long the ad was in view.
    pub fn touch(self) -> Touch {
        match self {
            Self::Click | Self::StoreOpen => Touch::Click,
            Self::EngagedView | Self::Engagement => Touch::EngagedView,
            Self::Impression
            | Self::ViewableImpression
            | Self::VideoStart
            | Self::VideoFirstQuartile
            | Self::VideoMidpoint
            | Self::VideoThirdQuartile
            | Self::VideoComplete => Touch::Impression,
        }
    }

    /// Returns whether a video played.
    pub(crate) fn is_of_video(self) -> bool {
        match self {
            Self::VideoStart
            | Self::VideoFirstQuartile
            | Self::VideoMidpoint
            | Self::VideoThirdQuartile
            | Self::VideoComplete => true,
            Self::Impression
            | Self::ViewableImpression
            | Self::EngagedView
            | Self::Click
            | Self::Engagement
            | Self::StoreOpen => false,
        }
    }
}

/// An exposure as the journal keeps it: everything that a decision and a delivery need, and nothing else.
///
/// The account is kept as a keyed hash only. It serializes into sealed packs and nowhere else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Exposure {
    pub(crate) id: String,
    pub(crate) happened: UnixMillis,
    pub(crate) interaction: Interaction,
    pub(crate) advertiser: AdvertiserId,
    pub(crate) campaign_id: String,
    pub(crate) line_item_id: String,
    pub(crate) creative_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) app_id: Option<String>,
    pub(crate) ad_format: AdFormat,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) view_duration_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) video_duration_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) viewable_pct: Option<u8>,
    pub(crate) subject: Subject,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) country: Option<Country>,
    pub(crate) said: Said,
}

impl Exposure {
    /// Returns for how long the ad was in view, where that is known.
    pub(crate) fn viewed(&self) -> Option<Duration> {
        self.view_duration_ms.map(|ms| Duration::from_millis(u64::from(ms)))
    }
}

/// Whose exposure it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// Keyed hash of the account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) account: Option<u128>,
    /// Keyed hash of the advertising id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) device: Option<u128>,
    /// Keyed hash of the browser's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) browser: Option<u128>,
    /// The advertising id, in lower case.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "sealed_text")]
    pub(crate) ifa: Option<Personal<String>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) ifa_type: Option<IfaType>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) os: Option<String>,
    /// The browser's id.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "sealed_text")]
    pub(crate) browser_id: Option<Personal<String>>,
}

/// What the exposure says about privacy, in the numbers and strings of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lmt: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) atts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coppa: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gdpr: Option<i64>,
    pub(crate) gpc: Presence,
    #[serde(skip_serializing_if = "Option::is_none", with = "sealed_text")]
    pub(crate) us_privacy: Option<Personal<String>>,
    #[serde(skip_serializing_if = "Option::is_none", with = "sealed_text")]
    pub(crate) gpp: Option<Personal<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) gpp_sid: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "sealed_text")]
    pub(crate) tcf: Option<Personal<String>>,
}

/// Whether a signal is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Presence {
    /// It is not there.
    #[default]
    Absent,
    /// It is there.
    Present,
}

impl Presence {
    /// Returns whether it is there.
    pub(crate) fn is_present(self) -> bool {
        match self {
            Self::Absent => false,
            Self::Present => true,
        }
    }
}

impl Said {
    pub(crate) fn signals(&self) -> Signals<'_> {
        Signals {
            lmt: Lmt::read(self.lmt),
            att: Att::read(self.atts),
            gpc: match self.gpc {
                Presence::Absent => Gpc::Absent,
                Presence::Present => Gpc::On,
            },
            coppa: Coppa::read(self.coppa),
            gdpr: Gdpr::read(self.gdpr),
            us_privacy: Reading::of(opened(self.us_privacy.as_ref()), UsPrivacy::read),
            gpp: GppReading::of(opened(self.gpp.as_ref()), &self.gpp_sid),
            tcf: Reading::of(opened(self.tcf.as_ref()), TcString::read_valid),
        }
    }
}

impl Said {
    /// Returns the same with what was said later in the place of what was said first.
    pub(crate) fn overlaid(&self, later: &Self) -> Self {
        let gpp = later.gpp.is_some();
        let gpc = if later.gpc.is_present() { later.gpc } else { self.gpc };
        Self {
            lmt: later.lmt.or(self.lmt),
            atts: later.atts.or(self.atts),
            coppa: later.coppa.or(self.coppa),
            gdpr: later.gdpr.or(self.gdpr),
            gpc,
            us_privacy: later.us_privacy.clone().or_else(|| self.us_privacy.clone()),
            gpp: later.gpp.clone().or_else(|| self.gpp.clone()),
            gpp_sid: if gpp { later.gpp_sid.clone() } else { self.gpp_sid.clone() },
            tcf: later.tcf.clone().or_else(|| self.tcf.clone()),
        }
    }

    /// Returns what may be passed on.
    pub(crate) fn passed_on(&self, scope: GdprScope) -> Consent {
        let passed_on = self.signals().passed_on(&self.gpp_sid, scope);
        Consent {
            gdpr: passed_on.gdpr,
            tc_string: passed_on.tcf.map(Cow::into_owned),
            gpp_string: passed_on.gpp.map(Cow::into_owned),
            gpp_sid: passed_on.gpp_sid,
            us_privacy: passed_on.us_privacy.map(|string| string.to_string()),
        }
    }
}

fn opened(text: Option<&Personal<String>>) -> Option<&str> {
    text.map(|text| text.open().as_str())
}

impl Subject {
    /// Returns the keys on which a choice can hang.
    pub(crate) fn keys(&self) -> RequestKeys {
        let key = |kind, hash: Option<u128>| hash.map(|hash| SubjectKey { kind, hash });
        RequestKeys {
            account: key(KeyKind::Account, self.account),
            device: key(KeyKind::Device, self.device),
            browser: key(KeyKind::Browser, self.browser),
        }
    }

    /// Returns where the ad was: what says nothing of a browser counts as an app, where silence about
    /// ad tracking is a limit.
    pub(crate) fn surface(&self) -> Surface {
        if self.browser_id.is_some() && self.ifa.is_none() { Surface::Web } else { Surface::App }
    }

    /// Returns what is there to recognize the device or browser by.
    pub(crate) fn identifier(&self) -> Identifier {
        let ifa = self.ifa.as_ref().map(|ifa| ifa.open().as_str());
        match (Identifier::of_advertising_id(ifa), &self.browser_id) {
            (Identifier::Absent, Some(_)) => Identifier::Present,
            (of_device, _) => of_device,
        }
    }
}

/// Opens and wraps personal text inside a sealed pack; nothing else may serialize it.
mod sealed_text {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use sluicegate_gate::Personal;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        text: &Option<Personal<String>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        text.as_ref().map(Personal::open).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Personal<String>>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Personal::new))
    }
}
