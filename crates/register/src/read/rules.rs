//! What the fields of one partnership must be to each other.

use super::partner::{Draft, Part};
use sluicegate_gate::{Categories, Category, Kind, Via, WhenWithheld};
use std::borrow::Cow;

type Complaint = (&'static str, Cow<'static, str>);
type Rule = fn(&Draft) -> Option<Complaint>;

/// Every rule is asked, with whatever fields could be read.
const RULES: [Rule; 14] = [
    via_fits_kind,
    plumbing_listed,
    events_have_what_they_tell,
    contextual_has_context,
    linking_attested,
    linking_only_for_bidding,
    linking_expires_after_it_was_signed,
    endpoint_only_where_data_goes,
    recall_only_where_data_goes,
    ends_after_its_start,
    device_id_only_for_events,
    endpoint_fields_fit_via,
    audiences_only_where_bids_are_asked,
    bidding_only_via_openrtb,
];

pub(super) fn complaints(draft: &Draft) -> impl Iterator<Item = Complaint> {
    RULES.into_iter().filter_map(|rule| rule(draft))
}

fn via_fits_kind(draft: &Draft) -> Option<Complaint> {
    match (draft.kind?, draft.via?) {
        (_, Via::None)
        | (Kind::RealTimeBidding, Via::Openrtb)
        | (Kind::ConversionTracking | Kind::ServiceProvider | Kind::Other, Via::Events) => None,
        (Kind::RealTimeBidding, Via::Events) => {
            Some(("via", "must be openrtb or none for the kind real_time_bidding".into()))
        }
        (kind, Via::Openrtb) => {
            Some(("via", format!("must be events or none for the kind {}", kind.name()).into()))
        }
    }
}

fn plumbing_listed(draft: &Draft) -> Option<Complaint> {
    let goes = draft.via? != Via::None;
    let listed = draft.categories?.contains(Category::Plumbing);
    if !goes || listed {
        return None;
    }
    Some(("categories", "must list plumbing, without which no message can be exchanged".into()))
}

fn events_have_what_they_tell(draft: &Draft) -> Option<Complaint> {
    let needed = Categories::of(&[Category::Exposure, Category::DeviceIdentifier]);
    if draft.via? != Via::Events || draft.categories?.includes(needed) {
        return None;
    }
    Some(("categories", "must list exposure and device_identifier, or no event can ever go".into()))
}

fn contextual_has_context(draft: &Draft) -> Option<Complaint> {
    if draft.when_withheld != WhenWithheld::Contextual {
        return None;
    }
    if draft.via? != Via::Openrtb {
        return Some(("when_withheld", "can be contextual only where via is openrtb".into()));
    }
    if draft.categories?.contains(Category::Context) {
        return None;
    }
    Some(("categories", "must list context, because when_withheld is contextual".into()))
}

fn linking_attested(draft: &Draft) -> Option<Complaint> {
    if draft.kind? != Kind::RealTimeBidding || draft.linking.is_given() {
        return None;
    }
    Some((
        "linking",
        "is missing: a bidding partner must promise to get consent before linking data to a person"
            .into(),
    ))
}

fn linking_only_for_bidding(draft: &Draft) -> Option<Complaint> {
    if draft.kind? == Kind::RealTimeBidding || !draft.linking.is_given() {
        return None;
    }
    Some(("linking", "belongs only to the kind real_time_bidding".into()))
}

fn linking_expires_after_it_was_signed(draft: &Draft) -> Option<Complaint> {
    let Part::Read(linking) = &draft.linking else { return None };
    if linking.signed_on < linking.expires_on {
        return None;
    }
    Some(("linking.expires_on", "must be later than signed_on".into()))
}

fn endpoint_only_where_data_goes(draft: &Draft) -> Option<Complaint> {
    match (draft.via?, draft.endpoint.is_given()) {
        (Via::None, false) | (Via::Openrtb | Via::Events, true) => None,
        (Via::None, true) => Some(("endpoint", "must not be there where via is none".into())),
        (Via::Openrtb | Via::Events, false) => {
            Some(("endpoint", "is missing: there must be one unless via is none".into()))
        }
    }
}

fn recall_only_where_data_goes(draft: &Draft) -> Option<Complaint> {
    if draft.via? != Via::None || !draft.recall.is_given() {
        return None;
    }
    Some(("recall", "belongs only where via is openrtb or events".into()))
}

fn ends_after_its_start(draft: &Draft) -> Option<Complaint> {
    if draft.start? < draft.end? {
        return None;
    }
    Some(("end", "must be later than start".into()))
}

fn device_id_only_for_events(draft: &Draft) -> Option<Complaint> {
    if draft.via? == Via::Events || draft.device_id.is_none() {
        return None;
    }
    Some(("device_id", "belongs only where via is events".into()))
}

fn endpoint_fields_fit_via(draft: &Draft) -> Option<Complaint> {
    let is_given = |name: &str| draft.endpoint_fields.contains(&name);
    match draft.via? {
        Via::Openrtb if is_given("batch_events") => {
            Some(("endpoint.batch_events", "belongs only where via is events".into()))
        }
        Via::Events if is_given("notice_hosts") => {
            Some(("endpoint.notice_hosts", "belongs only where via is openrtb".into()))
        }
        Via::Events if is_given("compression") => {
            Some(("endpoint.compression", "belongs only where via is openrtb".into()))
        }
        Via::Openrtb | Via::Events | Via::None => None,
    }
}

/// A list goes back to the partner that made it in bid requests, or nowhere.
fn audiences_only_where_bids_are_asked(draft: &Draft) -> Option<Complaint> {
    if draft.via? == Via::Openrtb || draft.audiences.as_ref()?.is_empty() {
        return None;
    }
    Some(("audience", "belongs only where via is openrtb".into()))
}

fn bidding_only_via_openrtb(draft: &Draft) -> Option<Complaint> {
    match (draft.kind?, draft.via?) {
        (_, Via::Openrtb) | (Kind::RealTimeBidding, Via::Events) => None,
        (_, Via::Events | Via::None) => draft
            .bidding
            .is_given()
            .then(|| ("bidding", Cow::from("belongs only where via is openrtb"))),
    }
}
