//! `sluicegate deliveries`: alone it fails where the events of a partnership are held.

use super::{millis, print};
use crate::local;
use clap::Subcommand;
use serde_json::{Value, json};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Deliveries {
    /// The data directory of the running gateway
    #[arg(long, global = true, value_name = "DIR", default_value = "sluicegate-data")]
    data_dir: PathBuf,
    /// The gateway's JSON answer instead of text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What was given up for a partnership
    #[command(subcommand)]
    Dead(Dead),
    /// Tell a partnership again what happened in a range of time; everything is judged again
    Replay {
        /// The partnership
        id: String,
        /// From then on, like 2026-11-01T00:00:00Z
        #[arg(long, value_name = "TIME", value_parser = millis)]
        from: i64,
        /// Before then
        #[arg(long, value_name = "TIME", value_parser = millis)]
        to: i64,
    },
    /// Go on with a partnership whose events are held, and try now what waits
    Resume {
        /// The partnership
        id: String,
    },
    /// Show which keys sign messages to a partnership
    Keys {
        /// The partnership
        id: String,
    },
    /// Put a new key in place of the present one, which goes on signing beside it for a while
    Rotate {
        /// The partnership
        id: String,
        /// `v1`, a secret that the partner has too, or `v1a`, a key of which it has the public half
        #[arg(long, value_name = "SCHEME", value_parser = ["v1", "v1a"])]
        scheme: String,
        /// For how many hours both sign, 0 to 168
        #[arg(
            long,
            value_name = "HOURS",
            default_value_t = 24,
            value_parser = clap::value_parser!(u64).range(0..=168)
        )]
        overlap_hours: u64,
    },
}

#[derive(Debug, Subcommand)]
enum Dead {
    /// List it, the newest first
    List {
        /// The partnership
        id: String,
        /// How many at most
        #[arg(
            long,
            value_name = "NUMBER",
            default_value_t = 100,
            value_parser = clap::value_parser!(u16).range(1..=1_000)
        )]
        limit: u16,
        #[command(flatten)]
        which: Which,
    },
    /// Put it back, the newest 10,000 at most: it is tried again before anything new
    Requeue {
        /// The partnership
        id: String,
        #[command(flatten)]
        which: Which,
    },
}

/// Which of what was given up; all of it without any of these.
#[derive(Debug, clap::Args)]
struct Which {
    /// Given up for that reason: `refused`, `unreachable`, `retention_passed` or `view_stopped`
    #[arg(
        long,
        value_name = "REASON",
        value_parser = ["refused", "unreachable", "retention_passed", "view_stopped"]
    )]
    reason: Option<String>,
    /// Given up from then on, like 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = millis)]
    from: Option<i64>,
    /// Given up before then
    #[arg(long, value_name = "TIME", value_parser = millis)]
    to: Option<i64>,
    /// Events before that number, as `list` shows them
    #[arg(long, value_name = "NUMBER")]
    before_event: Option<u64>,
}

impl Which {
    /// Returns the same as fields of a body or an address.
    fn fields(&self) -> serde_json::Map<String, Value> {
        let fields = [
            ("reason", self.reason.clone().map(Value::from)),
            ("from_ms", self.from.map(Value::from)),
            ("to_ms", self.to.map(Value::from)),
            ("before_event", self.before_event.map(Value::from)),
        ];
        let said = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        said.collect()
    }

    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(&name, &text);
        }
        query.finish()
    }
}

impl Deliveries {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let gateway = Gateway { data_dir: &self.data_dir, json: self.json };
        match self.verb {
            None => {
                let answer = local::call(&self.data_dir, "GET", "/v1/deliveries", None).await?;
                gateway.show(&answer, standings)?;
                anyhow::ensure!(!is_any_held(&answer), "the events of a partnership are held");
                Ok(())
            }
            Some(Verb::Dead(Dead::List { id, limit, which })) => {
                let query = which.query();
                gateway.get(&format!("{}/dead?limit={limit}&{query}", path(&id)), letters).await
            }
            Some(Verb::Dead(Dead::Requeue { id, which })) => {
                let words = |answer: &Value| format!("{} events are tried again", answer["events"]);
                let body = Value::Object(which.fields());
                gateway.post(&format!("{}/dead/requeue", path(&id)), &body, words).await
            }
            Some(Verb::Replay { id, from, to }) => {
                let body = json!({ "from_ms": from, "to_ms": to });
                let words = |answer: &Value| {
                    format!(
                        "{} exposures are looked through for those of that time",
                        answer["looked_through"]
                    )
                };
                gateway.post(&format!("{}/replay", path(&id)), &body, words).await
            }
            Some(Verb::Resume { id }) => {
                let words = |_: &Value| String::from("it goes on");
                gateway.post(&format!("{}/resume", path(&id)), &json!({}), words).await
            }
            Some(Verb::Keys { id }) => gateway.get(&format!("{}/keys", path(&id)), keys).await,
            Some(Verb::Rotate { id, scheme, overlap_hours }) => {
                let body = json!({ "scheme": scheme, "overlap_hours": overlap_hours });
                gateway.post(&format!("{}/keys/rotate", path(&id)), &body, rotated).await
            }
        }
    }
}

struct Gateway<'a> {
    data_dir: &'a Path,
    json: bool,
}

impl Gateway<'_> {
    async fn get(&self, path: &str, words: impl Fn(&Value) -> String) -> anyhow::Result<()> {
        self.show(&local::call(self.data_dir, "GET", path, None).await?, words)
    }

    async fn post(
        &self,
        path: &str,
        body: &Value,
        words: impl Fn(&Value) -> String,
    ) -> anyhow::Result<()> {
        self.show(&local::call(self.data_dir, "POST", path, Some(body)).await?, words)
    }

    fn show(&self, answer: &Value, words: impl Fn(&Value) -> String) -> anyhow::Result<()> {
        if self.json { print(answer) } else { print(words(answer)) }
    }
}

/// An id that cannot be one must not become another path.
fn path(id: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let id = if id.chars().all(is_plain) { id } else { "-" };
    format!("/v1/partnerships/{id}")
}

fn time(millis: &Value) -> String {
    let time = millis.as_i64().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    time.map_or_else(String::new, |time| format!("{time:.0}"))
}

fn list<'a>(answer: &'a Value, key: &str) -> &'a [Value] {
    answer[key].as_array().map_or(&[], Vec::as_slice)
}

fn is_any_held(answer: &Value) -> bool {
    list(answer, "deliveries").iter().any(|one| !one["held_since_ms"].is_null())
}

fn standings(answer: &Value) -> String {
    let mut text = String::new();
    for one in list(answer, "deliveries") {
        let name = one["partnership"].as_str().unwrap_or_default();
        // Writing to a string cannot fail.
        let _head = writeln!(
            text,
            "{name}\n  lag {}, held {}, delivered {}, withheld {}, unconfirmed {}, dead {}",
            one["lag"],
            one["held"],
            one["delivered"],
            one["withheld"],
            one["unconfirmed"],
            one["dead"]
        );
        let facts = [
            ("held", "held_since_ms"),
            ("failing", "failing_since_ms"),
            ("next attempt", "next_attempt_ms"),
        ];
        for (words, key) in facts.iter().filter(|(_, key)| !one[*key].is_null()) {
            let since = if *words == "next attempt" { "" } else { " since" };
            let why = match (*words, one["held_for"].as_str()) {
                ("held", Some(why)) => format!(" ({why})"),
                _ => String::new(),
            };
            let _fact = writeln!(text, "  {words}{why}{since} {}", time(&one[*key]));
        }
        let endpoint = &one["endpoint"];
        if let Some(said) = endpoint["said"].as_str() {
            let _said = writeln!(text, "  the endpoint {said} at {}", time(&endpoint["at_ms"]));
        }
        let replay = &one["replay"];
        if replay["waiting"] != 0 {
            let _replay =
                writeln!(text, "  {} to be looked through for a replay", replay["waiting"]);
        }
    }
    if text.is_empty() {
        String::from("no partnership gets events")
    } else {
        text.trim_end().to_owned()
    }
}

fn letters(answer: &Value) -> String {
    let line = |letter: &Value| {
        let reason = letter["reason"].as_str().unwrap_or_default();
        format!("{}  {:<17} event {}", time(&letter["at_ms"]), reason, letter["event"])
    };
    let lines: Vec<String> = list(answer, "dead").iter().map(line).collect();
    if lines.is_empty() { String::from("nothing was given up") } else { lines.join("\n") }
}

fn keys(answer: &Value) -> String {
    let mut lines: Vec<String> = list(answer, "keys").iter().map(key).collect();
    if answer["configured"] != 0 {
        lines.push(format!("v1   {} of the configuration", answer["configured"]));
    }
    lines.join("\n")
}

fn key(key: &Value) -> String {
    let until = match &key["until_ms"] {
        Value::Null => String::new(),
        until => format!("  until {}", time(until)),
    };
    let scheme = key["scheme"].as_str().unwrap_or_default();
    let public = key["public"].as_str().unwrap_or_default();
    format!("{scheme:<4} {}  since {}{until}  {public}", key["number"], time(&key["since_ms"]))
        .trim_end()
        .to_owned()
}

fn rotated(answer: &Value) -> String {
    match answer["secret"].as_str() {
        Some(secret) => format!("{}\nsecret, shown this once: {secret}", key(answer)),
        None => key(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_are_held_are_not_in_order() {
        let answer = |since: Option<i64>| {
            json!({ "deliveries": [
                { "partnership": "north" },
                { "partnership": "south", "held_since_ms": since },
            ] })
        };
        assert!(!is_any_held(&answer(None)));
        assert!(is_any_held(&answer(Some(1))));
    }
}
