//! Watching one device: how often it was told about just now, how often in all, and when last.

use crate::{
    memory::{Count, JustNow, Latest},
    page::{escape, time_of_day},
};
use std::collections::{BTreeSet, HashMap};

/// What the page's address asks to watch: `?watch=ID`, and `&outside=ID` where the arrangement outside
/// the sharing setting knows the same device by another id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The device's id in the arrangement that the sharing setting controls.
    pub id: String,
    /// Its id in the arrangement outside the setting.
    pub outside: String,
}

impl Watched {
    /// Reads the query of an address. An id has 1 to 64 of `A-Za-z0-9-`; any other is as good as none.
    pub fn read(query: Option<&str>) -> Option<Self> {
        let value = |wanted: &str| {
            let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(name, _)| *name == wanted)?;
            is_id(value).then(|| value.to_owned())
        };
        let id = value("watch")?;
        let outside = value("outside").unwrap_or_else(|| id.clone());
        Some(Self { id, outside })
    }
}

/// Counts messages by the ids of devices and people in them, in whatever case they come. The ids that
/// came first are forgotten first.
#[derive(Clone, Debug)]
pub struct Sightings {
    ids: HashMap<String, Seen>,
    order: Latest<String>,
    count_max: usize,
}

/// What is known of one id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// How many came in the last ten seconds.
    pub just_now: u64,
    /// How many came in all.
    pub all: u64,
    /// When the last one came, in milliseconds since 1970.
    pub last_ms: Option<i64>,
}

impl Default for Sightings {
    fn default() -> Self {
        Self::new(IDS_MAX)
    }
}

impl Sightings {
    /// Remembers at most this many ids.
    pub fn new(count_max: usize) -> Self {
        Self { ids: HashMap::new(), order: Latest::new(count_max), count_max }
    }

    /// Counts one message that came at this time, in milliseconds since 1970, for each of its ids. An
    /// id that stands in it twice counts once; what nobody could watch is left out.
    pub fn add<'a>(&mut self, at_ms: i64, ids: impl IntoIterator<Item = &'a str>) {
        let ids: BTreeSet<String> =
            ids.into_iter().filter(|id| is_id(id)).map(str::to_ascii_lowercase).collect();
        for id in ids {
            self.make_room_for(&id);
            let seen = self.ids.entry(id).or_default();
            seen.all += 1;
            seen.last_ms = at_ms;
            seen.just_now.add(at_ms, Count { all: 1, personal: 1 });
        }
    }

    /// Forgets these ids.
    pub fn forget(&mut self, ids: &[String]) {
        for id in ids {
            let id = id.to_ascii_lowercase();
            if self.ids.remove(&id).is_some() {
                self.order.take(|known| *known == id);
            }
        }
    }

    /// Returns what is known of this id.
    pub fn of(&self, id: &str, now_ms: i64) -> Sighting {
        let seen = self.ids.get(&id.to_ascii_lowercase());
        seen.map_or_else(Sighting::default, |seen| Sighting {
            just_now: seen.just_now.sum(now_ms).all,
            all: seen.all,
            last_ms: Some(seen.last_ms),
        })
    }

    fn make_room_for(&mut self, id: &str) {
        if self.ids.contains_key(id) {
            return;
        }
        if self.ids.len() >= self.count_max
            && let Some(oldest) = self.order.iter().next()
        {
            self.ids.remove(oldest);
        }
        self.order.push(id.to_owned());
    }
}

/// The two cards of a watched device.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Whom.
    pub watched: Watched,
    /// What is counted under the sharing setting, as "bid requests".
    pub words: &'static str,
    /// What came.
    pub sighting: Sighting,
    /// What is counted outside the setting.
    pub outside_words: &'static str,
    /// What came outside the setting.
    pub outside: Sighting,
    /// What the page shows as the present, in milliseconds since 1970.
    pub now_ms: i64,
}

impl Watch {
    /// Returns the cards.
    pub fn markup(&self) -> String {
        let Sighting { just_now, all, .. } = self.sighting;
        let state = if just_now > 0 { "open" } else { "closed" };
        let other_name = if self.watched.outside == self.watched.id {
            String::new()
        } else {
            format!(" In it the device is called <code>{}</code>.", escape(&self.watched.outside))
        };
        format!(
            "<section class=\"now watch {state}\" aria-label=\"The watched device\">\n\
             <h2>Watching the device <code>{id}</code></h2>\n\
             <p class=\"number\">{just_now}</p>\n\
             <p>{words} with this device <strong>in the last 10 seconds</strong></p>\n\
             <p class=\"since\">{all} in all. {last}</p>\n</section>\n\
             <section class=\"now outside\" aria-label=\"The same device outside the sharing setting\">\n\
             <h2>The same device, outside the sharing setting</h2>\n\
             <p><strong>{outside_now}</strong> {outside_words} with this device in the last 10 \
             seconds</p>\n\
             <p class=\"since\">{outside_all} in all. {outside_last}</p>\n\
             <p class=\"since\">This is another arrangement with the partner, which the setting does \
             not turn off.{other_name}</p>\n</section>\n",
            id = escape(&self.watched.id),
            words = self.words,
            last = last(self.sighting, self.now_ms),
            outside_now = self.outside.just_now,
            outside_words = self.outside_words,
            outside_all = self.outside.all,
            outside_last = last(self.outside, self.now_ms),
        )
    }
}

/// One id and what came with it.
#[derive(Clone, Debug, Default)]
struct Seen {
    all: u64,
    last_ms: i64,
    just_now: JustNow,
}

fn last(sighting: Sighting, now_ms: i64) -> String {
    let Some(last_ms) = sighting.last_ms else { return String::from("None came yet.") };
    let seconds = (now_ms - last_ms).max(0) / 1000;
    let plural = if seconds == 1 { "" } else { "s" };
    let time = time_of_day(last_ms);
    format!("The last one came at {time} UTC, <strong>{seconds} second{plural} ago</strong>.")
}

fn is_id(text: &str) -> bool {
    (1..=ID_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

const ID_CHARACTERS_MAX: usize = 64;
const IDS_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(query: &str) -> Option<Watched> {
        Watched::read(Some(query))
    }

    fn watch(sighting: Sighting) -> String {
        Watch {
            watched: watched("watch=a-1&outside=b-2").unwrap(),
            words: "bid requests",
            sighting,
            outside_words: "invoice events",
            outside: Sighting { just_now: 2, all: 3, last_ms: Some(9_000) },
            now_ms: 10_000,
        }
        .markup()
    }

    #[test]
    fn an_address_names_the_device_and_what_it_is_called_outside_the_setting() {
        let both = Watched { id: String::from("a-1"), outside: String::from("B2") };
        assert_eq!(watched("x=y&watch=a-1&outside=B2"), Some(both));
        assert_eq!(watched("watch=a").unwrap().outside, "a");
    }

    #[test]
    fn what_is_no_id_is_not_watched() {
        let long = format!("watch={}", "a".repeat(65));
        for query in ["", "watch", "watch=", "outside=a", "watch=%3Cb%3E", "watch=a_b", &long] {
            assert_eq!(watched(query), None, "{query}");
        }
        assert_eq!(Watched::read(None), None);
        assert_eq!(watched("watch=a&outside=<b>").unwrap().outside, "a");
    }

    #[test]
    fn a_device_counts_from_its_first_message_and_only_the_last_ten_seconds_are_just_now() {
        let mut sightings = Sightings::default();
        sightings.add(0, ["a-1", "u-1"]);
        sightings.add(9_000, ["a-1"]);
        sightings.add(9_500, ["b-2"]);
        let seen = |now_ms| sightings.of("a-1", now_ms);
        assert_eq!(seen(9_999), Sighting { just_now: 2, all: 2, last_ms: Some(9_000) });
        assert_eq!(seen(18_999), Sighting { just_now: 1, all: 2, last_ms: Some(9_000) });
        assert_eq!(seen(60_000), Sighting { just_now: 0, all: 2, last_ms: Some(9_000) });
        assert_eq!(sightings.of("nobody", 9_999), Sighting::default());
    }

    #[test]
    fn an_id_that_stands_in_a_message_twice_counts_once_in_whatever_case() {
        let mut sightings = Sightings::default();
        sightings.add(0, ["AB-1", "ab-1"]);
        assert_eq!(sightings.of("Ab-1", 0).all, 1);
    }

    #[test]
    fn the_ids_that_came_first_are_forgotten_first() {
        let mut sightings = Sightings::new(2);
        for id in ["a", "b", "a", "c"] {
            sightings.add(0, [id]);
        }
        let all = |id| sightings.of(id, 0).all;
        assert_eq!([all("a"), all("b"), all("c")], [0, 1, 1]);
        assert_eq!(sightings.ids.len(), 2);
    }

    #[test]
    fn the_card_is_open_while_the_device_is_told_about_and_closed_after() {
        let open = watch(Sighting { just_now: 4, all: 9, last_ms: Some(8_000) });
        assert!(open.contains("watch open") && open.contains("<code>a-1</code>"), "{open}");
        assert!(open.contains("9 in all. The last one came at 00:00:08 UTC"), "{open}");
        assert!(open.contains("2 seconds ago"), "{open}");
        let closed = watch(Sighting { just_now: 0, all: 9, last_ms: Some(8_000) });
        assert!(closed.contains("watch closed"), "{closed}");
        let never = watch(Sighting::default());
        assert!(never.contains("0 in all. None came yet."), "{never}");
    }

    #[test]
    fn what_comes_outside_the_setting_is_counted_apart_under_its_own_id() {
        let markup = watch(Sighting::default());
        assert!(markup.contains("<strong>2</strong> invoice events"), "{markup}");
        assert!(markup.contains("1 second ago") && markup.contains("<code>b-2</code>"), "{markup}");
    }
}
