//! Files that the gateway cannot start without, where the configuration names them.

use super::Faults;
use crate::config::Config;
use sluicegate_exchange::Rates;
use sluicegate_web::pages::TokenKey;

/// Reads each file as the gateway will.
pub(super) fn check(file: &Config, problems: &mut Faults) {
    let mut read = |key: &str, path: &str, is_good: &dyn Fn(&str) -> Result<(), String>| {
        if path.is_empty() {
            return;
        }
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"));
        if let Err(problem) = text.and_then(|text| is_good(&text)) {
            problems.add(key, problem);
        }
    };
    read("signin.public_key_file", &file.signin.public_key_file, &|text| {
        TokenKey::read(text).map(drop).map_err(|error| error.to_string())
    });
    read("exchange.rates_file", &file.exchange.rates_file, &|text| {
        Rates::read(text).map(drop).map_err(|error| error.to_string())
    });
}

#[cfg(test)]
mod tests {
    use crate::config::{Checked, Config};

    #[test]
    fn a_file_that_is_not_there_or_something_else_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let page = dir.path().join("page.html");
        std::fs::write(&page, "<html>").unwrap();
        for (section, key) in [("signin", "public_key_file"), ("exchange", "rates_file")] {
            for (path, why) in [(&page, ""), (&dir.path().join("missing"), "cannot be read: ")] {
                let text = format!("[{section}]\n{key} = {path:?}\n");
                let file = Config::parse(&text, std::iter::empty()).unwrap();
                let said = Checked::try_from(file).unwrap_err().to_string();
                assert!(said.contains(&format!("`{section}.{key}`: {why}")), "{said}");
            }
        }
    }
}
