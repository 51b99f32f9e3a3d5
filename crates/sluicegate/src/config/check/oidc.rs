//! Signing in at an identity provider: everything that it needs, or nothing of it.

use super::Faults;
use crate::config::Config;
use sluicegate_gate::Secret;
use sluicegate_web::pages::ProviderRules;
use std::net::SocketAddr;

/// Checks the section, and reads the client's secret where there is one.
pub(super) fn check(
    file: &Config,
    listen: SocketAddr,
    problems: &mut Faults,
) -> Option<Secret<String>> {
    let oidc = &file.oidc;
    if oidc.issuer.is_empty() {
        if !oidc.client_id.is_empty() || !oidc.client_secret_file.is_empty() {
            problems.add("oidc.issuer", "must be set where the rest of `oidc` is");
        }
        return None;
    }
    if let Err(error) = ProviderRules::check_issuer(&oidc.issuer) {
        problems.add("oidc.issuer", error.to_string());
    }
    if oidc.client_id.is_empty() {
        problems.add("oidc.client_id", "must be set where `oidc.issuer` is");
    }
    if oidc.account_claim.is_empty() {
        problems.add("oidc.account_claim", "must not be empty");
    }
    if file.listen.public_url.is_empty() && !listen.ip().is_loopback() {
        problems.add("listen.public_url", "must be set where `oidc.issuer` is");
    }
    secret(&oidc.client_secret_file, problems)
}

fn secret(path: &str, problems: &mut Faults) -> Option<Secret<String>> {
    if path.is_empty() {
        return None;
    }
    let mut add = |problem: String| problems.add("oidc.client_secret_file", problem);
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => add(String::from("the file is empty")),
        Ok(text) => return Some(Secret::new(text.trim().to_owned())),
        Err(error) => add(format!("cannot be read: {error}")),
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::config::{Checked, Config};

    fn checked(text: &str) -> Result<Checked, String> {
        let file = Config::parse(text, std::iter::empty()).unwrap();
        Checked::try_from(file).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_provider_needs_a_client_and_an_address_to_come_back_to() {
        let said = checked(
            "[listen]\naddress = \"192.0.2.1:443\"\n[oidc]\nissuer = \"https://id.platform.example\"\n",
        );
        let said = said.unwrap_err();
        assert!(
            said.contains("`oidc.client_id`") && said.contains("`listen.public_url`"),
            "{said}"
        );
        let said = checked("[oidc]\nclient_id = \"gateway\"\n").unwrap_err();
        assert!(said.contains("`oidc.issuer`"), "{said}");
    }

    #[test]
    fn the_secret_is_read_and_never_printed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "correct horse\n").unwrap();
        let text = format!(
            "[oidc]\nissuer = \"https://id.platform.example\"\nclient_id = \"gateway\"\nclient_secret_file = {path:?}\n"
        );
        let checked = checked(&text).unwrap();
        assert_eq!(checked.client_secret.as_ref().unwrap().open(), "correct horse");
        assert!(!format!("{checked:?}").contains("horse"));
    }
}
