//! From a table to the types of the configuration: every mistake at once, by its key.
//!
//! The library's messages quote the values and lines they met, which may be secrets, so only the key, what kind of
//! mistake it is and what our own types expect are told.

use super::{
    Config,
    check::{Checked, Problem, Problems},
};
use serde_path_to_error::{Path, Segment};
use std::collections::BTreeMap;

/// Mistakes that are named at most.
const MISTAKES_MAX: usize = 100;

/// Reads the table.
///
/// # Errors
///
/// Every key that is not known or of the wrong type, and what is wrong with the values of the others. Each mistake is
/// taken out of the table, so that the next one is seen.
pub(super) fn read(mut table: toml::Table) -> Result<Config, Problems> {
    let mut taken = Taken::default();
    while taken.problems.len() < MISTAKES_MAX {
        let value = toml::Value::Table(table.clone());
        let error = match serde_path_to_error::deserialize::<_, Config>(value) {
            Ok(config) if taken.problems.is_empty() => return Ok(config),
            Ok(config) => return Err(taken.and_of_values(config)),
            Err(error) => error,
        };
        if !taken.out_of(&mut table, error.path(), mistake(error.inner().message())) {
            break;
        }
    }
    Err(Problems(taken.problems))
}

/// What was taken out of the table.
#[derive(Default)]
struct Taken {
    problems: Vec<Problem>,
    /// The places that were taken out of lists, in order, by the lists' keys.
    places: BTreeMap<String, Vec<usize>>,
}

impl Taken {
    /// Takes what stands at a path out; `false` where nothing does.
    fn out_of(&mut self, table: &mut toml::Table, path: &Path, mistake: String) -> bool {
        let (key, list) = self.written(path);
        self.problems.push(Problem { key, problem: mistake });
        let mut segments: Vec<&Segment> = path.iter().collect();
        let Some(last) = segments.pop() else { return false };
        let first = segments.first().copied().unwrap_or(last);
        let Segment::Map { key: section } = first else { return false };
        if segments.is_empty() {
            return table.remove(section).is_some();
        }
        let Some(mut at) = table.get_mut(section) else { return false };
        for segment in segments.into_iter().skip(1) {
            let next = match segment {
                Segment::Map { key } => at.get_mut(key.as_str()),
                Segment::Seq { index } => at.get_mut(*index),
                Segment::Enum { .. } | Segment::Unknown => None,
            };
            let Some(next) = next else { return false };
            at = next;
        }
        match (last, at) {
            (Segment::Map { key }, toml::Value::Table(table)) => table.remove(key).is_some(),
            (Segment::Seq { index }, toml::Value::Array(items)) if *index < items.len() => {
                drop(items.remove(*index));
                if let Some((list, place)) = list {
                    let places = self.places.entry(list).or_default();
                    places.push(place);
                    places.sort_unstable();
                }
                true
            }
            _ => false,
        }
    }

    /// Writes a path as the file has it, with the places in lists before anything was taken out; and where it ends in
    /// a list, which and where.
    fn written(&self, path: &Path) -> (String, Option<(String, usize)>) {
        let (mut text, mut list) = (String::new(), None);
        for segment in path {
            list = None;
            match segment {
                Segment::Seq { index } => {
                    let before = self.places.get(&text).map(Vec::as_slice).unwrap_or_default();
                    let place =
                        before.iter().fold(*index, |at, gone| at + usize::from(*gone <= at));
                    list = Some((text.clone(), place));
                    text.push_str(&format!("[{place}]"));
                }
                Segment::Map { key } => {
                    let dot = if text.is_empty() { "" } else { "." };
                    text.push_str(&format!("{dot}{key}"));
                }
                Segment::Enum { .. } | Segment::Unknown => text.push_str(".?"),
            }
        }
        (text, list)
    }

    /// Adds what is wrong with the values that are left. Lists out of which something was taken are counted anew
    /// there, and are left out.
    fn and_of_values(mut self, config: Config) -> Problems {
        let Err(Problems(more)) = Checked::try_from(config) else { return Problems(self.problems) };
        let is_named = |problem: &Problem| self.problems.iter().any(|one| one.key == problem.key);
        let is_counted = |problem: &Problem| {
            self.places.keys().any(|list| problem.key.starts_with(&format!("{list}[")))
        };
        let more: Vec<Problem> =
            more.into_iter().filter(|one| !is_named(one) && !is_counted(one)).collect();
        self.problems.extend(more);
        Problems(self.problems)
    }
}

/// Puts the library's message into ours. What stands behind its last `expected` is our own types'.
fn mistake(message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    if message.starts_with("unknown field") {
        return match expected {
            Some(keys) => format!("an unknown key; there can be {keys}"),
            None => String::from("an unknown key"),
        };
    }
    if let Some(key) = message.strip_prefix("missing field `").and_then(|it| it.strip_suffix('`')) {
        return format!("the key `{key}` is missing");
    }
    let kind = match expected.filter(|_| message.starts_with("invalid ")).unwrap_or_default() {
        "a string" => "must be text, in quotes",
        "a boolean" => "must be `true` or `false`",
        "a sequence" => "must be a list",
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            "must be a whole number from 0 on, without quotes"
        }
        kind if kind.starts_with("struct ") || kind == "a map" => "must be a section",
        _ => "a value of the wrong type or outside what is allowed",
    };
    kind.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let problems = read(text.parse().unwrap()).unwrap_err().0;
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        check(
            "[log]\nlevel = \"loud\"\nmuch = 1\n[listen]\nproxies = \"two\"\n[store]\ndata_dir = 7\n\
             [signin]\nsecure_cookies = \"yes\"\n[nowhere]\na = 1\n[recall]\npeople_min = 0\n",
            &[
                "`listen.proxies`: must be a whole number from 0 on, without quotes",
                "`log.much`: an unknown key; there can be `level` or `format`",
                "`nowhere`: an unknown key; there can be one of `platform`, `listen`, `store`, `settings`, \
                 `ledger`, `exchange`, `measurement`, `recall`, `canary`, `egress`, `signin`, `oidc`, `pages`, \
                 `log`, `api_key`, `partnership`",
                "`signin.secure_cookies`: must be `true` or `false`",
                "`store.data_dir`: must be text, in quotes",
                "`log.level`: none of `error`, `warn`, `info`, `debug`",
                "`recall.people_min`: 0 is not within 1 to 1000000",
            ],
        );
    }

    #[test]
    fn places_in_lists_are_those_of_the_file() {
        check(
            "[[api_key]]\nname = \"a\"\n[[api_key]]\nname = 1\n[[api_key]]\nscope = \"x\"\n\
             [listen]\norigins = [1, \"https://news.example\", 3]\n",
            &[
                "`api_key[0]`: the key `scope` is missing",
                "`api_key[1].name`: must be text, in quotes",
                "`api_key[1]`: the key `name` is missing",
                "`api_key[2]`: the key `name` is missing",
                "`listen.origins[0]`: must be text, in quotes",
                "`listen.origins[2]`: must be text, in quotes",
            ],
        );
    }
}
