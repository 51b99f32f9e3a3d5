//! A conversion, as a partner reports it and as it is kept.

use crate::{
    IfaType, Touch, Windows,
    attribution::{Converted, Event, OtherTouch},
    exposure::Said,
    fields::{FieldError, Fields, Vocabulary},
    lookup::money::Money,
    tree::Object,
};
use serde::{Deserialize, Serialize};
use sluicegate_gate::{Personal, time::UnixMillis};
use std::time::Duration;

/// A conversion that was read. It serializes into sealed rows and nowhere else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Conversion {
    pub(crate) data_set_id: String,
    pub(crate) id: String,
    pub(crate) at: UnixMillis,
    pub(crate) kind: Kind,
    pub(crate) money: Option<Money>,
    pub(crate) app_id: String,
    pub(crate) os: Option<String>,
    /// What stands for the device or browser with this partner, in hex.
    #[serde(with = "crate::lookup::sealed_text")]
    pub(crate) known_as: Personal<String>,
    pub(crate) said: Said,
    pub(crate) install_begin: Option<UnixMillis>,
    pub(crate) windows: Asked,
    pub(crate) other: Option<OtherTouch>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Something that is credited to a touch of its own.
    Attributed(Event),
    /// Something later in the app, credited with the install.
    InApp(String),
}

/// How far back the partner looks, where it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    click_days: Option<u32>,
    engaged_view_hours: Option<u32>,
    view_hours: Option<u32>,
}

impl Asked {
    /// Returns a campaign's windows, shortened to what the partner asked for.
    pub(crate) fn within(self, windows: Windows) -> Windows {
        let hours = |asked: Option<u32>, each: u64, own: Duration| {
            asked.map_or(own, |asked| Duration::from_hours(u64::from(asked) * each))
        };
        windows.within(Windows {
            click: hours(self.click_days, 24, windows.click),
            engaged_view: hours(self.engaged_view_hours, 1, windows.engaged_view),
            view: hours(self.view_hours, 1, windows.view),
            ..windows
        })
    }
}

/// Which interface it came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// `POST /v1/partners/{id}/conversions`.
    Lookup,
    /// `POST /v1/partners/{id}/events`.
    InApp,
}

/// How a partner's id of a device is made of what it sends.
pub(crate) type Hash<'a> = &'a dyn Fn(&str) -> String;

impl Conversion {
    /// Reads one. Whatever nobody asked for, at any depth, refuses it. `hash` makes the id of a raw
    /// advertising id, for partnerships that are told those.
    pub(crate) fn read(
        object: Object<'_>,
        by: By,
        hash: Hash<'_>,
        now: UnixMillis,
    ) -> Result<Self, FieldError> {
        let mut fields = Fields::of("", object);
        let data_set_id = fields.required_id("data_set_id")?;
        let id = fields.required_id("id")?;
        let at = happened(&mut fields, now)?;
        let event_type = fields.required_id("event_type")?;
        let custom = fields.id("custom_event")?;
        let money = Money::take(&mut fields)?;
        let _source =
            fields.word("source", |word| SOURCES.contains(&word).then_some(()), NOT_A_SOURCE)?;
        let mut user =
            fields.object("user_data", "user_data.")?.unwrap_or_else(|| none("user_data."));
        let known_as = known_as(&mut user, hash)?;
        let said = said(&mut user)?;
        user.end()?;
        let mut properties =
            fields.object("properties", "properties.")?.unwrap_or_else(|| none("properties."));
        let app_id = properties.required_registered_id("app_id")?;
        let os = properties.id("os")?;
        let install_begin = seconds(&mut properties, "install_begin_time")?;
        // Partners' own records have these. Nothing is made of them, so they are looked at and not kept.
        properties.id("app_version")?;
        seconds(&mut properties, "referrer_click_time")?;
        let again = properties.notice_flag("is_redownload")?;
        properties.end()?;
        let windows = windows(&mut fields)?;
        let other = other(&mut fields)?;
        let is_purchase = event_type == "purchase";
        let kind = kind(&fields, by, event_type, custom, again.is_present())?;
        if money.as_ref().is_some_and(Money::is_refund) && !is_purchase {
            return Err(fields.wrong("value", "below zero: only a `purchase` can be a refund"));
        }
        fields.end()?;
        Ok(Self {
            data_set_id,
            id,
            at,
            kind,
            money,
            app_id,
            os,
            known_as,
            said,
            install_begin,
            windows,
            other,
        })
    }

    /// Returns what there is to be credited; `None` for what happens later in the app.
    pub(crate) fn converted(&self, earlier_install: Option<UnixMillis>) -> Option<Converted> {
        match self.kind {
            Kind::Attributed(event) => Some(Converted {
                event,
                at: self.at,
                install_begin: self.install_begin,
                earlier_install,
                other: self.other,
            }),
            Kind::InApp(_) => None,
        }
    }
}

fn none(prefix: &'static str) -> Fields<'static> {
    Fields::of(prefix, Object::default())
}

fn happened(fields: &mut Fields<'_>, now: UnixMillis) -> Result<UnixMillis, FieldError> {
    let at = UnixMillis(fields.required_number("timestamp")?.saturating_mul(1_000));
    if at < now.minus(AGE_MAX) {
        return Err(fields.wrong("timestamp", "more than 37 days ago"));
    }
    if at > now.plus(AHEAD_MAX) {
        return Err(fields.wrong("timestamp", "more than 5 minutes ahead"));
    }
    Ok(at)
}

fn seconds(fields: &mut Fields<'_>, name: &str) -> Result<Option<UnixMillis>, FieldError> {
    let seconds = fields.number(name)?.map(|seconds| UnixMillis(seconds.saturating_mul(1_000)));
    match seconds {
        Some(UnixMillis(..0)) => Err(fields.wrong(name, "out of range")),
        seconds => Ok(seconds),
    }
}

/// Reads by what the partner knows the device or browser: one of three.
fn known_as(user: &mut Fields<'_>, hash: Hash<'_>) -> Result<Personal<String>, FieldError> {
    let device = user.parsed("device_id_hash", NOT_A_HASH)?.map(|Hex(hash)| hash);
    let browser = user.parsed("browser_id_hash", NOT_A_HASH)?.map(|Hex(hash)| hash);
    let raw = user.advertising_id("ifa")?.map(|ifa| hash(&ifa));
    let _kind = user.word("ifa_type", IfaType::from_name, IfaType::NOT_ONE)?;
    let mut all = [device, browser, raw].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(Personal::new(one)),
        (None, _) => {
            Err(user.wrong("device_id_hash", "missing, and no `browser_id_hash` or `ifa`"))
        }
        (Some(_), Some(_)) => Err(user.wrong("device_id_hash", "more than one id")),
    }
}

fn said(user: &mut Fields<'_>) -> Result<Said, FieldError> {
    // Answers are for measurement only, whatever is asked.
    let _only = user.notice_flag("mmt_only")?;
    Ok(Said {
        lmt: user.number("lmt")?,
        atts: user.number("atts")?,
        gdpr: user.number("gdpr")?,
        gpp: user.consent("gpp_string")?,
        gpp_sid: user.sections("gpp_sid")?,
        tcf: user.consent("tc_string")?,
        us_privacy: user.consent("us_privacy")?,
        ..Said::default()
    })
}

fn windows(fields: &mut Fields<'_>) -> Result<Asked, FieldError> {
    let Some(mut asked) = fields.object("windows", "windows.")? else {
        return Ok(Asked::default());
    };
    let windows = Asked {
        click_days: asked.up_to("click_days", 30)?,
        engaged_view_hours: asked.up_to("engaged_view_hours", 30 * 24)?,
        view_hours: asked.up_to("view_hours", 24)?,
    };
    asked.end()?;
    Ok(windows)
}

fn other(fields: &mut Fields<'_>) -> Result<Option<OtherTouch>, FieldError> {
    let Some(mut other) = fields.object("other_touch", "other_touch.")? else { return Ok(None) };
    let touch = other.required_word("type", Touch::from_name, Touch::NOT_ONE)?;
    let at = UnixMillis(other.required_number("timestamp")?.saturating_mul(1_000));
    other.end()?;
    Ok(Some(OtherTouch { touch, at }))
}

fn kind(
    fields: &Fields<'_>,
    by: By,
    event_type: String,
    custom: Option<String>,
    again: bool,
) -> Result<Kind, FieldError> {
    let attributed = match event_type.as_str() {
        "install" if again => Some(Event::Reinstall),
        "install" => Some(Event::Install),
        "re_engagement" => Some(Event::ReEngagement),
        _ => None,
    };
    if (event_type == "custom") != custom.is_some() {
        return Err(
            fields.wrong("custom_event", "belongs to `event_type` `custom`, and there it must be")
        );
    }
    match (by, attributed) {
        (By::Lookup, Some(event)) => Ok(Kind::Attributed(event)),
        (By::Lookup, None) => {
            Err(fields
                .wrong("event_type", "neither `install` nor `re_engagement`; others are events"))
        }
        (By::InApp, None) => Ok(Kind::InApp(custom.unwrap_or(event_type))),
        (By::InApp, Some(_)) => {
            Err(fields.wrong("event_type", "`install` and `re_engagement` are conversions"))
        }
    }
}

/// 64 hexadecimal digits, in lower case.
struct Hex(String);

impl std::str::FromStr for Hex {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_lowercase())).ok_or(())
    }
}

const NOT_A_HASH: &str = "not 64 hexadecimal digits";
const SOURCES: [&str; 5] = ["app", "website", "offline", "email", "other"];
const NOT_A_SOURCE: &str = "not one of `app` `website` `offline` `email` `other`";
/// Older conversions are refused.
pub(super) const AGE_MAX: Duration = Duration::from_hours(37 * 24);
/// How far the partner's clock may be ahead of ours.
const AHEAD_MAX: Duration = Duration::from_mins(5);
