//! Whole numbers that the format's own reader does not take: it says only where the first of them stands.

use super::check::{Problem, Problems};
use toml::de::{DeTable, DeValue};

/// Names every key with a whole number that is too large, or too far below zero.
pub(super) fn check(text: &str) -> Result<(), Problems> {
    let Ok(table) = DeTable::parse(text) else { return Ok(()) };
    let mut problems = Vec::new();
    look_through(table.get_ref(), "", &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

fn look_through(table: &DeTable<'_>, above: &str, problems: &mut Vec<Problem>) {
    let dot = if above.is_empty() { "" } else { "." };
    for (key, value) in table {
        look_at(value.get_ref(), &format!("{above}{dot}{}", key.get_ref()), problems);
    }
}

fn look_at(value: &DeValue<'_>, key: &str, problems: &mut Vec<Problem>) {
    if let Some(table) = value.as_table() {
        return look_through(table, key, problems);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        look_at(item.get_ref(), &format!("{key}[{index}]"), problems);
    }
    let Some(number) = value.as_integer() else { return };
    if i64::from_str_radix(number.as_str(), number.radix()).is_err() {
        let problem = String::from("a whole number outside what is allowed");
        problems.push(Problem { key: key.to_owned(), problem });
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn numbers_that_no_key_takes_are_all_named_by_their_keys() {
        let text = "[settings]\nrefresh_every_ms = 9223372036854775808\n[exchange]\nmargin_ms = 0xffffffffffffffff\n\
                    [partnership.one]\ndevice_key_generations = [1, 99999999999999999999]\n\
                    [recall]\npeople_min = 9223372036854775807\n";
        let said = format!("{:#}", Config::parse(text, std::iter::empty()).unwrap_err());
        for key in [
            "settings.refresh_every_ms",
            "exchange.margin_ms",
            "partnership.one.device_key_generations[1]",
        ] {
            assert!(said.contains(&format!("`{key}`: a whole number outside")), "{said}");
        }
        assert!(!said.contains("99999") && !said.contains("people_min"), "{said}");
    }
}
