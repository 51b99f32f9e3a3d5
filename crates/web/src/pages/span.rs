//! Which part of a record somebody looks at, as the address says it.

use super::when::Moment;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use sluicegate_gate::{PartnershipId, time::UnixMillis};
use sluicegate_register::Day;
use std::{ops::Range, time::Duration};

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) span: Span,
    pub(super) partnership: Option<PartnershipId>,
    pub(super) show: Show,
    /// Which page of sets, the latest being 0.
    pub(super) page: usize,
}

/// Which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Since midnight.
    Today,
    /// Today and the six days before.
    Week,
    /// Today and the 29 days before.
    Month,
    /// A month of the calendar, by its first day.
    Calendar {
        /// That day.
        first: Date,
    },
}

/// Which records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// All.
    Everything,
    /// What was told.
    Told,
    /// What was withheld.
    Withheld,
}

/// Pages beyond this one have nothing that the download does not show better.
const PAGE_MAX: usize = 10_000;

impl View {
    /// Reads the query; what it does not say, or says in no way that we know, is everything of a week.
    pub(super) fn of(query: Option<&str>) -> Self {
        let fields: Vec<_> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
        let value = |name: &str| {
            fields.iter().find_map(|(field, value)| (field == name).then_some(value.as_ref()))
        };
        let page: Option<usize> = value("page").and_then(|page| page.parse().ok());
        Self {
            span: value("range").and_then(Span::from_name).unwrap_or(Span::Week),
            partnership: value("partner").and_then(|id| id.parse().ok()),
            show: value("show")
                .and_then(|name| Show::ALL.into_iter().find(|show| show.name() == name))
                .unwrap_or(Show::Everything),
            page: page.unwrap_or_default().min(PAGE_MAX),
        }
    }

    /// Returns the query of an address.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("range", &self.span.name());
        if let Some(partnership) = &self.partnership {
            query.append_pair("partner", partnership.as_str());
        }
        if self.show != Show::Everything {
            query.append_pair("show", self.show.name());
        }
        if self.page > 0 {
            query.append_pair("page", &self.page.to_string());
        }
        query.finish()
    }

    /// Returns the same of another time, from the latest on.
    pub(super) fn of_span(&self, span: Span) -> Self {
        Self { span, page: 0, ..self.clone() }
    }

    /// Returns the same from the latest on.
    pub(super) fn first(&self) -> Self {
        self.of_span(self.span)
    }

    pub(super) fn is_of(&self, partnership: &str) -> bool {
        self.partnership.as_ref().is_some_and(|id| id.as_str() == partnership)
    }
}

impl Show {
    /// In the order of the page.
    pub(super) const ALL: [Self; 3] = [Self::Everything, Self::Told, Self::Withheld];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Told => "told",
            Self::Withheld => "withheld",
        }
    }

    /// Returns the message that names it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Everything => "show-everything",
            Self::Told => "show-told",
            Self::Withheld => "show-withheld",
        }
    }
}

impl Span {
    /// Those that end now, in the order of the page.
    pub(super) const LATEST: [Self; 3] = [Self::Today, Self::Week, Self::Month];

    fn from_name(name: &str) -> Option<Self> {
        let latest = Self::LATEST.into_iter().find(|span| span.name() == name);
        latest.or_else(|| {
            let first = format!("{name}-01").parse().ok()?;
            (YEARS.contains(&Date::year(first))).then_some(Self::Calendar { first })
        })
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Today => String::from("today"),
            Self::Week => String::from("7-days"),
            Self::Month => String::from("30-days"),
            Self::Calendar { first } => format!("{:04}-{:02}", first.year(), first.month()),
        }
    }

    /// Returns the time, up to and with `now` at most where it is not over.
    pub(super) fn range(self, now: UnixMillis) -> Range<UnixMillis> {
        let days_before = match self {
            Self::Today => 0,
            Self::Week => 6,
            Self::Month => 29,
            Self::Calendar { first } => return midnight(first)..midnight(after(first)),
        };
        let start = Day::of(now).start().minus(Duration::from_hours(24 * days_before));
        start..now.plus(Duration::from_millis(1))
    }

    /// Returns whether it is over.
    pub(super) fn ends_before(self, now: UnixMillis) -> bool {
        match self {
            Self::Today | Self::Week | Self::Month => false,
            Self::Calendar { first } => midnight(after(first)) <= now,
        }
    }

    /// Returns the first day of a month of the calendar, for its name.
    pub(super) fn first_day(self) -> Moment {
        match self {
            Self::Calendar { first } => Moment::of(midnight(first)),
            Self::Today | Self::Week | Self::Month => Moment::of(UnixMillis(0)),
        }
    }

    /// Returns the month of that time and the eleven before, the latest first.
    pub(super) fn year_before(now: UnixMillis) -> Vec<Self> {
        let today = Moment::of(now).civil().date();
        let first = today.first_of_month();
        let before = |months: i64| first.checked_sub(months.months()).ok();
        (0..12).filter_map(before).map(|first| Self::Calendar { first }).collect()
    }
}

/// Years that an address may name.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2999;

fn after(first: Date) -> Date {
    first.checked_add(1.month()).unwrap_or(Date::MAX)
}

fn midnight(day: Date) -> UnixMillis {
    let start = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    UnixMillis(start.map_or(i64::MAX, jiff::Timestamp::as_millisecond))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;

    #[test]
    fn the_range_is_whole_days_and_a_week_unless_said() {
        let span = |query| View::of(query).span;
        assert_eq!(span(Some("range=today")), Span::Today);
        assert_eq!(span(Some("a=b&range=30-days")), Span::Month);
        for other in
            ["", "range=forever", "range=%ff", "range=2026-13", "range=2026-1", "range=0001-01"]
        {
            assert_eq!(span(Some(other)), Span::Week, "{other}");
        }
        assert_eq!(span(None), Span::Week);
        let since = |query| Moment::of(span(Some(query)).range(START).start).iso();
        assert_eq!(since("range=today"), "2026-11-23T00:00:00Z");
        assert_eq!(since("range=7-days"), "2026-11-17T00:00:00Z");
        assert_eq!(since("range=30-days"), "2026-10-25T00:00:00Z");
        let month = span(Some("range=2026-02")).range(START);
        assert_eq!(Moment::of(month.start).iso(), "2026-02-01T00:00:00Z");
        assert_eq!(Moment::of(month.end).iso(), "2026-03-01T00:00:00Z");
    }

    #[test]
    fn an_address_reads_back() {
        for query in ["range=7-days", "range=2026-02&partner=a-b&show=told&page=3"] {
            assert_eq!(View::of(Some(query)).query(), query);
        }
        let months: Vec<String> = Span::year_before(START).into_iter().map(Span::name).collect();
        assert_eq!((months[0].as_str(), months[11].as_str()), ("2026-11", "2025-12"));
    }
}
