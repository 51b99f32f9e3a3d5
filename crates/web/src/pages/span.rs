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

/// An address says something that no address of ours says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotOffered;

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

impl View {
    /// Reads the query; what it does not say is everything of a week.
    ///
    /// # Errors
    ///
    /// It says something in no way that we know. Why refused: whoever asks for one thing must not be shown
    /// another in its place, least of all of a record.
    pub(super) fn of(query: Option<&str>) -> Result<Self, NotOffered> {
        let fields: Vec<_> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
        let value = |name: &str| {
            let said = fields.iter().find_map(|(field, value)| (field == name).then_some(value));
            said.map(AsRef::as_ref)
        };
        // Why: the form sends an empty value for all partners.
        let partner = value("partner").filter(|id| !id.is_empty());
        Ok(Self {
            span: read(value("range"), Span::from_name)?.unwrap_or(Span::Week),
            partnership: read(partner, |id| id.parse().ok())?,
            show: read(value("show"), Show::from_name)?.unwrap_or(Show::Everything),
            page: read(value("page"), |page| page.parse().ok())?.unwrap_or_default(),
        })
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

    /// Returns the same of all partners, with whatever happened.
    pub(super) fn unfiltered(&self) -> Self {
        Self { partnership: None, show: Show::Everything, ..self.first() }
    }

    pub(super) fn is_of(&self, partnership: &str) -> bool {
        self.partnership.as_ref().is_some_and(|id| id.as_str() == partnership)
    }
}

impl Show {
    /// In the order of the page.
    pub(super) const ALL: [Self; 3] = [Self::Everything, Self::Told, Self::Withheld];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.name() == name)
    }

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

    /// Returns whether it began more than so many days ago.
    pub(super) fn is_older_than(self, days: u32, now: UnixMillis) -> bool {
        self.range(now).start < now.minus(Duration::from_hours(24) * days)
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

/// Reads a value where there is one.
fn read<T>(value: Option<&str>, known: fn(&str) -> Option<T>) -> Result<Option<T>, NotOffered> {
    value.map(|value| known(value).ok_or(NotOffered)).transpose()
}

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
        let span = |query| View::of(query).unwrap().span;
        assert_eq!(span(Some("range=today")), Span::Today);
        assert_eq!(span(Some("a=b&range=30-days")), Span::Month);
        assert_eq!(span(Some("")), Span::Week);
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
    fn what_no_address_of_ours_says_is_refused() {
        for other in [
            "range=forever",
            "range=%ff",
            "range=",
            "range=2026-13",
            "range=2026-1",
            "range=0001-01",
            "partner=Not%20an%20id",
            "show=nothing",
            "page=-1",
            "page=first",
        ] {
            assert_eq!(View::of(Some(other)), Err(NotOffered), "{other}");
        }
        let all = View::of(Some("partner=&other=1")).unwrap();
        assert_eq!((all.partnership, all.page), (None, 0));
    }

    #[test]
    fn an_address_reads_back() {
        for query in ["range=7-days", "range=2026-02&partner=a-b&show=told&page=3"] {
            assert_eq!(View::of(Some(query)).unwrap().query(), query);
        }
        let months: Vec<String> = Span::year_before(START).into_iter().map(Span::name).collect();
        assert_eq!((months[0].as_str(), months[11].as_str()), ("2026-11", "2025-12"));
    }
}
