//! The table `recall` of a partnership.

use super::{
    section::Section,
    values::{endpoint, one_of, whole},
};
use crate::{Acknowledge, Recalling, limits};

const ACKNOWLEDGE: [(&str, Acknowledge); 2] =
    [("answer", Acknowledge::Answer), ("call", Acknowledge::Call)];

pub(super) fn read(mut section: Section<'_>) -> Option<Recalling> {
    let url = section.required("url", endpoint);
    let window_days = section.optional("window_days", whole(limits::RECALL_WINDOW_DAYS));
    let lapse_hours = section.optional("lapse_hours", whole(limits::RECALL_LAPSE_HOURS));
    let acknowledge = section.optional("acknowledge", one_of(&ACKNOWLEDGE));
    let dsrdelete_url = section.optional("dsrdelete_url", endpoint);
    section.finish();
    Some(Recalling {
        url: url?,
        window_days: window_days.unwrap_or(limits::RECALL_WINDOW_DAYS_DEFAULT),
        lapse_hours: lapse_hours.unwrap_or(limits::RECALL_LAPSE_HOURS_DEFAULT),
        acknowledge: acknowledge.unwrap_or_default(),
        dsrdelete_url,
    })
}
