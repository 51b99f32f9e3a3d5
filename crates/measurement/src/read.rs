//! Reading one exposure from the platform's wire.

use crate::{
    exposure::{AdFormat, Exposure, IfaType, Interaction, Said, Subject, Touch},
    fields::{FieldError, Fields, Vocabulary, is_id},
    tree::{Node, Object},
};
use sluicegate_gate::{Identifier, Personal, time::UnixMillis};
use sluicegate_settings::Keyring;
use std::time::Duration;

/// Reads one exposure. Whatever nobody asked for, at any depth, refuses it, and so does what contradicts itself.
pub(crate) fn read(
    object: Object<'_>,
    keyring: &Keyring,
    now: UnixMillis,
) -> Result<Exposure, FieldError> {
    let mut fields = Fields::of("", object);
    let id = fields.required_id("id")?;
    let happened = happened(&mut fields, now)?;
    let said = said(&mut fields)?;
    let (subject, said) = subject(&mut fields, said, keyring)?;
    let exposure = Exposure {
        id,
        happened,
        interaction: fields.required_word(
            "interaction_type",
            Interaction::from_name,
            Interaction::NOT_ONE,
        )?,
        advertiser: fields.required_parsed("advertiser_id", NOT_AN_ADVERTISER)?,
        campaign_id: fields.required_registered_id("campaign_id")?,
        line_item_id: fields.required_id("line_item_id")?,
        creative_id: fields.required_id("creative_id")?,
        app_id: fields.registered_id("app_id")?,
        ad_format: fields.required_word("ad_format", AdFormat::from_name, AdFormat::NOT_ONE)?,
        view_duration_ms: fields.up_to("view_duration_ms", DAY_MS)?,
        video_duration_ms: fields.up_to("video_duration_ms", DAY_MS)?,
        viewable_pct: fields.up_to("viewable_pct", 100)?,
        subject,
        country: fields.parsed("country", "not a country code")?,
        said,
    };
    let aside = Aside::take(&mut fields)?;
    agrees(&fields, &exposure, &aside)?;
    fields.end()?;
    Ok(exposure)
}

/// What an ad server's own record has and nothing here is made of: it is looked at, and not kept.
struct Aside {
    click_id: Option<String>,
    engaged_after_ms: Option<u32>,
}

impl Aside {
    fn take(fields: &mut Fields<'_>) -> Result<Self, FieldError> {
        for name in ["impression_id", "placement", "engagement_name"] {
            fields.id(name)?;
        }
        Ok(Self {
            click_id: fields.id("click_id")?,
            engaged_after_ms: fields.up_to("engaged_view_threshold_ms", DAY_MS)?,
        })
    }
}

/// Refuses an exposure that says two things of which one cannot be.
fn agrees(fields: &Fields<'_>, exposure: &Exposure, aside: &Aside) -> Result<(), FieldError> {
    let is_short = || {
        let lengths = exposure.view_duration_ms.zip(aside.engaged_after_ms);
        lengths.is_some_and(|(viewed, engaged_after)| viewed < engaged_after)
    };
    match exposure.interaction {
        Interaction::ViewableImpression if exposure.viewable_pct == Some(0) => {
            return Err(fields.wrong("viewable_pct", "0 of a `viewable_impression`"));
        }
        Interaction::EngagedView if is_short() => {
            return Err(fields.wrong(
                "view_duration_ms",
                "less than the `engaged_view_threshold_ms` of an `engaged_view`",
            ));
        }
        _ => {}
    }
    let has_no_video =
        matches!(exposure.ad_format, AdFormat::Banner | AdFormat::Image | AdFormat::Text);
    if exposure.interaction.is_of_video() && has_no_video {
        return Err(fields.wrong("ad_format", "a form without a video, of which one played"));
    }
    let is_view = exposure.interaction == Interaction::EngagedView
        || exposure.interaction.touch() == Touch::Impression;
    if is_view && aside.click_id.is_some() {
        return Err(fields.wrong("click_id", "of an exposure without a click"));
    }
    Ok(())
}

/// Returns the id of an item, if it has one that can be repeated in an answer.
pub(crate) fn id_of(object: &Object<'_>) -> Option<String> {
    match object.get("id") {
        Some(Node::Text(id)) if is_id(id) => Some(String::from(id.as_ref())),
        _ => None,
    }
}

fn happened(fields: &mut Fields<'_>, now: UnixMillis) -> Result<UnixMillis, FieldError> {
    let happened = UnixMillis(fields.required_number("timestamp_ms")?);
    if happened < now.minus(AGE_MAX) {
        return Err(fields.wrong("timestamp_ms", "more than 37 days ago"));
    }
    if happened > now.plus(AHEAD_MAX) {
        return Err(fields.wrong("timestamp_ms", "more than 5 minutes ahead"));
    }
    Ok(happened)
}

fn said(fields: &mut Fields<'_>) -> Result<Said, FieldError> {
    Ok(Said {
        lmt: None,
        atts: None,
        coppa: fields.number("coppa")?,
        gdpr: fields.number("gdpr")?,
        gpc: fields.notice_flag("gpc")?,
        us_privacy: fields.consent("us_privacy")?,
        gpp: fields.consent("gpp_string")?,
        gpp_sid: fields.sections("gpp_sid")?,
        tcf: fields.consent("tc_string")?,
    })
}

fn subject(
    fields: &mut Fields<'_>,
    mut said: Said,
    keyring: &Keyring,
) -> Result<(Subject, Said), FieldError> {
    let account = fields.person_id("account_id")?;
    let browser_id = fields.person_id("browser_id")?;
    let mut subject = Subject {
        account: account.map(|account| keyring.account(account.open()).hash),
        browser: browser_id.as_ref().map(|browser| keyring.browser(browser.open()).hash),
        browser_id,
        ..Subject::default()
    };
    let Some(mut device) = fields.object("device", "device.")? else { return Ok((subject, said)) };
    let ifa_type = device.word("ifa_type", IfaType::from_name, IfaType::NOT_ONE)?;
    let ifa = device.advertising_id("ifa")?;
    if ifa.is_some() && ifa_type.is_none() {
        return Err(device.wrong("ifa_type", "missing beside `device.ifa`"));
    }
    // The all-zero id is what every device that hides its id sends; it is no device.
    let is_device = |ifa: &&String| Identifier::of_advertising_id(Some(ifa)) == Identifier::Present;
    let device_id = ifa.as_ref().filter(is_device);
    subject.device = device_id.map(|ifa| keyring.device(ifa).hash);
    // An id that is said to be none is none to a partner; a choice made under it still counts.
    subject.ifa = ifa.filter(|_| ifa_type != Some(IfaType::None)).map(Personal::new);
    subject.ifa_type = ifa_type;
    subject.os = device.id("os")?;
    said.lmt = device.number("lmt")?;
    said.atts = device.number("atts")?;
    device.end()?;
    Ok((subject, said))
}

/// Older exposures are refused: no partner attributes to them any more.
pub(crate) const AGE_MAX: Duration = Duration::from_hours(37 * 24);
/// How long it is remembered who was erased, at least: so long, and a day in which a clock may have jumped twelve times.
pub(crate) const REMEMBERED_FOR: Duration = AGE_MAX.saturating_add(Duration::from_hours(24));
/// How far the platform's clock may be ahead of ours.
const AHEAD_MAX: Duration = Duration::from_mins(5);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
pub(crate) const NOT_AN_ADVERTISER: &str = "not an advertiser id: 1 to 64 of a-z, 0-9, hyphen and underscore, beginning with a letter or digit";
