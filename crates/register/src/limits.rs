//! What the register's files may say at most. Nobody can raise these in a file.

use std::ops::RangeInclusive;

/// Characters of a name or a title.
pub const NAME_CHARS_MAX: usize = 120;
/// Characters of a purpose, a contact or a reference to evidence.
pub const LINE_CHARS_MAX: usize = 240;
/// Characters of a summary.
pub const SUMMARY_CHARS_MAX: usize = 1_000;
/// Characters of an address.
pub const URL_CHARS_MAX: usize = 500;
/// Entries of a list within one entry: purposes, apps, pages.
pub const LIST_MAX: usize = 300;
/// Hosts besides the endpoint's own that may receive notices.
pub const NOTICE_HOSTS_MAX: usize = 32;
/// Milliseconds that one call may take.
pub const TIMEOUT_MS: RangeInclusive<i64> = 10..=30_000;
/// Calls to one partnership at the same time.
pub const CONCURRENCY: RangeInclusive<i64> = 1..=1_024;
/// Calls to one partnership in a second.
pub const PER_SECOND: RangeInclusive<i64> = 1..=1_000_000;
/// Exposures in one message.
pub const BATCH_EVENTS: RangeInclusive<i64> = 1..=1_000;
/// Exposures in one message where the file does not say.
pub const BATCH_EVENTS_DEFAULT: usize = 500;
/// Sizes of banners of one partnership.
pub const SIZES_MAX: usize = 64;
/// Impressions in one bid request.
pub const IMPS: RangeInclusive<i64> = 1..=100;
/// Impressions in one bid request where the file does not say.
pub const IMPS_DEFAULT: usize = 100;
/// Bids of one partnership for one impression that count.
pub const BIDS_PER_IMP: RangeInclusive<i64> = 1..=100;
/// Bids of one partnership for one impression that count, where the file does not say.
pub const BIDS_PER_IMP_DEFAULT: usize = 10;
/// Characters of a seat or a deal's id.
pub const CODE_CHARS_MAX: usize = 64;
/// Taxonomies of venues of public screens (`AdCOM`).
pub const VENUE_TAXONOMY: RangeInclusive<i64> = 1..=999;
/// The taxonomy of venues where the file does not say: `OpenOOH` 1.0.
pub const VENUE_TAXONOMY_DEFAULT: u16 = 1;
/// The highest floor, in units a thousand.
pub const FLOOR_UNITS_MAX: i64 = 100_000;
/// Days after a click within which a conversion is credited to it.
pub const CLICK_DAYS: RangeInclusive<i64> = 1..=30;
/// Hours after an engaged view within which a conversion is credited to it.
pub const ENGAGED_VIEW_HOURS: RangeInclusive<i64> = 0..=720;
/// Hours after an impression within which a conversion is credited to it.
pub const VIEW_HOURS: RangeInclusive<i64> = 0..=24;
/// Milliseconds of view that make an engaged one.
pub const ENGAGED_VIEW_MS: RangeInclusive<i64> = 1_000..=60_000;
/// Days for which a partner may keep what it got.
pub const RETENTION_DAYS: RangeInclusive<i64> = 0..=3_650;
/// How far back what was told is called back, in days.
pub const RECALL_WINDOW_DAYS: RangeInclusive<i64> = 1..=3_650;
/// The same where nothing is said.
pub const RECALL_WINDOW_DAYS_DEFAULT: u32 = 90;
/// For how many hours a recall may stay without acknowledgement.
pub const RECALL_LAPSE_HOURS: RangeInclusive<i64> = 1..=720;
/// The same where nothing is said.
pub const RECALL_LAPSE_HOURS_DEFAULT: u32 = 72;
/// Lists of people that one partnership may send. No more can be told in one message.
pub const AUDIENCES_MAX: usize = sluicegate_gate::SEGMENTS_MAX;
/// Taxonomies of such lists: those that vendors number themselves. A standard one has segments for age and
/// gender, which only the person's profile says.
pub const SEGTAX: RangeInclusive<i64> = 500..=65_535;
/// Numbers of their segments. Lower ones are left to age and gender, so that a number tells which it is.
pub const SEGMENT: RangeInclusive<i64> = 1_000..=999_999_999;
/// Ids on the list of vendors of the Transparency and Consent Framework.
pub const TCF_VENDOR_ID: RangeInclusive<i64> = 1..=65_535;
/// Years in which a date may lie; anything else is a slip of the pen.
pub const YEARS: RangeInclusive<u16> = 2_000..=2_199;
