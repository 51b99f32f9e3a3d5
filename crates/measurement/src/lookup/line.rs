//! Which line and column of an advertiser's report something is counted in.

use crate::{
    ConversionType, Interaction, RejectReason, Touch,
    attribution::Winner,
    exposure::Exposure,
    lookup::{conversion::Conversion, money::Money, store::Count},
};
use sluicegate_gate::time::UnixMillis;
use sluicegate_ledger::Day;

/// Returns the line of an app and of an exposure's campaign and ad, as text: a JSON list of app, system, country,
/// campaign, line item and creative. The app is the conversion's: an ad may be for none in particular.
pub(crate) fn line(exposure: &Exposure, app: &str) -> String {
    let parts = [
        app,
        exposure.subject.os.as_deref().unwrap_or_default(),
        &exposure.country.map(|country| country.to_string()).unwrap_or_default(),
        &exposure.campaign_id,
        &exposure.line_item_id,
        &exposure.creative_id,
    ];
    serde_json::to_string(&parts).unwrap_or_default()
}

/// Returns the campaign of a line.
pub(crate) fn campaign_of(line: &str) -> String {
    let parts: Vec<String> = serde_json::from_str(line).unwrap_or_default();
    parts.into_iter().nth(3).unwrap_or_default()
}

/// Returns what an exposure adds.
pub(crate) fn of_exposure(exposure: &Exposure) -> Option<Count> {
    let measure = match exposure.interaction {
        Interaction::Impression => "impressions",
        Interaction::ViewableImpression => "viewable_impressions",
        Interaction::VideoStart => "video_views",
        Interaction::VideoComplete => "video_completions",
        Interaction::Click => "clicks",
        Interaction::EngagedView => "engaged_views",
        Interaction::VideoFirstQuartile
        | Interaction::VideoMidpoint
        | Interaction::VideoThirdQuartile
        | Interaction::Engagement
        | Interaction::StoreOpen => return None,
    };
    let (app, at) = (exposure.app_id.as_deref().unwrap_or_default(), exposure.happened);
    Some(count(exposure, (app, at), measure.to_owned(), 1))
}

/// Returns what a credited conversion adds.
pub(crate) fn of_conversion(
    exposure: &Exposure,
    conversion: &Conversion,
    winner: Winner,
    assists: usize,
) -> Vec<Count> {
    let measure = match winner.counts_as {
        ConversionType::Install => match winner.touch {
            Touch::Click => INSTALLS[0],
            Touch::EngagedView => INSTALLS[1],
            Touch::Impression => INSTALLS[2],
        },
        ConversionType::ReAttribution => RE_ATTRIBUTIONS,
        ConversionType::ReEngagement => "re_engagements",
    };
    let mut counts = vec![one(exposure, conversion, measure)];
    if assists > 0 {
        let assists = i64::try_from(assists).unwrap_or(i64::MAX);
        counts.push(Count { amount: assists, ..one(exposure, conversion, "assists") });
    }
    counts.extend(revenue(exposure, conversion));
    counts.push(converted(exposure, conversion, winner));
    counts
}

/// Returns what an install adds that comes after an earlier one nobody knew of who reported it. What else is counted of it
/// stays.
pub(crate) fn again(count: Count) -> Count {
    let again = ConversionType::ReAttribution.name();
    let of_first = format!("{CONVERTED}{}:", ConversionType::Install.name());
    let measure = match count.measure.strip_prefix(&of_first) {
        Some(rest) => format!("{CONVERTED}{again}:{rest}"),
        None if INSTALLS.contains(&count.measure.as_str()) => String::from(RE_ATTRIBUTIONS),
        None => count.measure,
    };
    Count { measure, ..count }
}

/// Returns what a touch adds that cannot have led to the conversion. It stands on the touch's own line.
pub(crate) fn of_rejected(
    exposure: &Exposure,
    conversion: &Conversion,
    reason: RejectReason,
) -> Count {
    one(exposure, conversion, &format!("{REJECTED_TOUCHES}{}", reason.name()))
}

/// Returns what a credited conversion adds to the conversions by days since the touch. They are kept by app and
/// campaign alone, so that no finer line of them can be asked for.
fn converted(exposure: &Exposure, conversion: &Conversion, winner: Winner) -> Count {
    let after = conversion.at.0.saturating_sub(exposure.happened.0).max(0);
    let days = after / DAY_MS;
    let measure = format!("{CONVERTED}{}:{}:{days}", winner.counts_as.name(), winner.touch.name());
    let parts = [conversion.app_id.as_str(), "", "", exposure.campaign_id.as_str(), "", ""];
    let line = serde_json::to_string(&parts).unwrap_or_default();
    Count { line, ..one(exposure, conversion, &measure) }
}

/// Returns what a later event in the app adds.
pub(crate) fn of_event(exposure: &Exposure, event: &Conversion) -> Vec<Count> {
    let mut counts = vec![one(exposure, event, "events")];
    counts.extend(revenue(exposure, event));
    counts
}

/// Returns what adds one to a column on the day and for the app of a conversion.
pub(crate) fn one(exposure: &Exposure, conversion: &Conversion, measure: &str) -> Count {
    count(exposure, (&conversion.app_id, conversion.at), measure.to_owned(), 1)
}

fn revenue(exposure: &Exposure, conversion: &Conversion) -> Option<Count> {
    let Money { micros, currency } = conversion.money.as_ref()?;
    let one = one(exposure, conversion, &format!("{REVENUE}{currency}"));
    Some(Count { amount: *micros, ..one })
}

fn count(
    exposure: &Exposure,
    (app, at): (&str, UnixMillis),
    measure: String,
    amount: i64,
) -> Count {
    let (advertiser, line) = (exposure.advertiser.clone(), line(exposure, app));
    Count { advertiser, day: Day::of(at), line, measure, amount }
}

/// The columns of installs by what they are credited to: click, engaged view, impression.
pub(crate) const INSTALLS: [&str; 3] = ["installs_click", "installs_engaged_view", "installs_view"];
const RE_ATTRIBUTIONS: &str = "re_attributions";
/// Before the reason in the name of a column of touches that were rejected.
pub(crate) const REJECTED_TOUCHES: &str = "rejected_touches:";
/// Before the currency in the name of a column of money, in millionths.
pub(crate) const REVENUE: &str = "revenue_micros:";
/// Before the conversion type, the touch type and the whole days between the two, in the name of a column of
/// conversions: `converted:install:click:3`.
pub(crate) const CONVERTED: &str = "converted:";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
