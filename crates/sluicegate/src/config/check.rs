//! From the file as written to values the program can rely on: all problems at once, by key.

mod files;
mod keys;
mod look;
mod oidc;
mod partnerships;

use super::{Config, Exchange};
use sluicegate_gate::{AdvertiserId, PartnershipId, Secret};
use sluicegate_ledger::log::note::NoteVerifier;
use sluicegate_web::pages::Look;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

/// A key with what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) key: String,
    pub(crate) problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.key, self.problem)
    }
}

/// Everything wrong with a configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "the configuration has {} problem(s):", self.0.len())?;
        self.0.iter().try_for_each(|problem| writeln!(formatter, "  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// Who may call an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Platform,
    Operator,
    Partner(PartnershipId),
    Advertiser(AdvertiserId),
}

/// A key for an interface, as a hash.
#[derive(Clone, Debug)]
pub(crate) struct CheckedApiKey {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) sha256: [u8; 32],
}

/// Which addresses partners may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addresses {
    PublicOnly,
    AllowLoopback,
}

/// What may be kept free at most: a pebibyte.
const FREE_MIB_MAX: u64 = 1 << 30;

/// A configuration that has been checked.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) file: Config,
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) free_bytes_min: u64,
    pub(crate) takes_effect_within: Duration,
    pub(crate) refresh_every: Duration,
    pub(crate) addresses: Addresses,
    pub(crate) api_keys: Vec<CheckedApiKey>,
    pub(crate) webhook_secrets: BTreeMap<PartnershipId, Vec<Secret<String>>>,
    /// Partnerships whose endpoints need not agree before something goes there.
    pub(crate) unchecked: BTreeSet<PartnershipId>,
    pub(crate) device_keys: BTreeMap<PartnershipId, Vec<u32>>,
    pub(crate) secure_cookies: bool,
    pub(crate) audience: String,
    pub(crate) sign_in_url: Option<url::Url>,
    pub(crate) public_url: Option<String>,
    /// The name of the log.
    pub(crate) log_origin: String,
    pub(crate) witnesses: Vec<NoteVerifier>,
    pub(crate) look: Look,
    pub(crate) client_secret: Option<Secret<String>>,
}

impl TryFrom<Config> for Checked {
    type Error = Problems;

    fn try_from(file: Config) -> Result<Self, Problems> {
        let mut problems = Faults::default();
        let fallback = SocketAddr::from(([127, 0, 0, 1], 8080));
        let listen = file.listen.address.parse().unwrap_or_else(|_wrong| {
            problems.add("listen.address", "not an address with a port, like `127.0.0.1:8080`");
            fallback
        });
        check_texts(&file, &mut problems);
        check_numbers(&file, &mut problems);
        let addresses = match file.egress.addresses.as_str() {
            "loopback" => Addresses::AllowLoopback,
            "public" => Addresses::PublicOnly,
            _ => {
                problems.add("egress.addresses", "neither `public` nor `loopback`");
                Addresses::PublicOnly
            }
        };
        let api_keys = keys::all(&file.api_key, &mut problems);
        let webhook_secrets = partnerships::secrets(&file, &mut problems);
        let device_keys = partnerships::device_keys(&file, &mut problems);
        let sign_in_url = check_url(&file, &mut problems);
        let public_url = check_public_url(&file, &mut problems);
        let witnesses = witnesses(&file, &mut problems);
        let log_origin = log_origin(&file, &mut problems);
        let look = look::check(&file, &mut problems);
        files::check(&file, &mut problems);
        let client_secret = oidc::check(&file, listen, &mut problems);
        if !problems.0.is_empty() {
            return Err(Problems(problems.0));
        }
        let audience = if file.signin.audience.is_empty() {
            file.platform.domain.clone()
        } else {
            file.signin.audience.clone()
        };
        Ok(Self {
            listen,
            data_dir: PathBuf::from(&file.store.data_dir),
            free_bytes_min: file.store.free_mib_min.saturating_mul(1 << 20),
            takes_effect_within: Duration::from_millis(file.settings.takes_effect_within_ms),
            refresh_every: Duration::from_millis(file.settings.refresh_every_ms),
            addresses,
            api_keys,
            webhook_secrets,
            unchecked: partnerships::unchecked(&file),
            device_keys,
            secure_cookies: file.signin.secure_cookies.unwrap_or(!listen.ip().is_loopback()),
            audience,
            sign_in_url,
            public_url,
            log_origin,
            witnesses,
            look: look.unwrap_or_default(),
            client_secret,
            file,
        })
    }
}

#[derive(Default)]
struct Faults(Vec<Problem>);

impl Faults {
    fn add(&mut self, key: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem { key: key.into(), problem: problem.into() });
    }

    fn range(&mut self, key: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            self.add(key, format!("{value} is not within {least} to {most}"));
        }
    }
}

fn check_texts(file: &Config, problems: &mut Faults) {
    let name = file.platform.name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        problems.add("platform.name", "must have 1 to 60 characters");
    }
    if !is_host(&file.platform.domain) {
        problems.add("platform.domain", "not a host name, like `platform.example`");
    }
    if file.store.data_dir.is_empty() {
        problems.add("store.data_dir", "must not be empty");
    }
    for (index, origin) in file.listen.origins.iter().enumerate() {
        if !is_origin(origin) {
            problems.add(
                format!("listen.origins[{index}]"),
                "not an origin, like `https://news.example`",
            );
        }
    }
    if !["error", "warn", "info", "debug"].contains(&file.log.level.as_str()) {
        problems.add("log.level", "none of `error`, `warn`, `info`, `debug`");
    }
    if !["text", "json"].contains(&file.log.format.as_str()) {
        problems.add("log.format", "neither `text` nor `json`");
    }
}

fn check_url(file: &Config, problems: &mut Faults) -> Option<url::Url> {
    if file.signin.url.is_empty() {
        return None;
    }
    let url = url::Url::parse(&file.signin.url).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        problems.add("signin.url", "not an http or https address");
    }
    url
}

fn check_public_url(file: &Config, problems: &mut Faults) -> Option<String> {
    let url = &file.listen.public_url;
    if url.is_empty() {
        return None;
    }
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || !is_origin(url) {
        problems.add("listen.public_url", "not an origin, like `https://ads.platform.example`");
    }
    Some(url.clone())
}

/// Returns the log's name: where none is set, it goes by the platform's domain.
fn log_origin(file: &Config, problems: &mut Faults) -> String {
    let origin = &file.ledger.origin;
    if origin.is_empty() {
        return format!("{}/ledger", file.platform.domain);
    }
    if origin.len() > 200 || !origin.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+') {
        problems.add("ledger.origin", "not a name like `platform.example/ledger`");
    }
    origin.clone()
}

fn witnesses(file: &Config, problems: &mut Faults) -> Vec<NoteVerifier> {
    let mut witnesses = Vec::new();
    for (index, text) in file.ledger.witnesses.iter().enumerate() {
        match text.parse::<NoteVerifier>() {
            Ok(witness) if witness.is_witness() => witnesses.push(witness),
            Ok(_) | Err(_) => {
                let key = format!("ledger.witnesses[{index}]");
                problems.add(key, "not a witness's key, like `witness.example+c1d2e3f4+BAbc…`");
            }
        }
    }
    witnesses
}

fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|parsed| parsed.origin().ascii_serialization() == *text)
}

fn check_numbers(file: &Config, problems: &mut Faults) {
    let settings = &file.settings;
    problems.range(
        "settings.takes_effect_within_ms",
        settings.takes_effect_within_ms,
        1_000,
        60_000,
    );
    problems.range("settings.refresh_every_ms", settings.refresh_every_ms, 50, 10_000);
    if settings.refresh_every_ms.saturating_mul(4) > settings.takes_effect_within_ms {
        problems.add(
            "settings.refresh_every_ms",
            "more than a quarter of `settings.takes_effect_within_ms`",
        );
    }
    problems.range("ledger.roll_after_days", file.ledger.roll_after_days.into(), 1, 3_650);
    problems.range("ledger.keep_days", file.ledger.keep_days.into(), 30, 3_650);
    problems.range("signin.token_lifetime_max_s", file.signin.token_lifetime_max_s, 10, 86_400);
    let exchange = &file.exchange;
    problems.range("exchange.tmax_default_ms", exchange.tmax_default_ms, 10, 10_000);
    problems.range("exchange.tmax_max_ms", exchange.tmax_max_ms, 10, 10_000);
    problems.range("exchange.margin_ms", exchange.margin_ms, 0, 1_000);
    problems.range("exchange.list_people_min", exchange.list_people_min, 1, 1_000_000);
    let auctions_max = u64::try_from(exchange.auctions_max).unwrap_or(u64::MAX);
    problems.range("exchange.auctions_max", auctions_max, 1, 1_000_000);
    problems.range("exchange.behind_max_ms", exchange.behind_max_ms, 10, 10_000);
    problems.range("exchange.rates_age_max_h", exchange.rates_age_max_h, 1, 720);
    let faster = exchange.billing_retry_faster_by;
    problems.range("exchange.billing_retry_faster_by", faster.into(), 1, 10_000);
    check_time_for_partners(exchange, problems);
    check_recall(file, problems);
    check_ad_networks(&file.measurement.apple_ad_networks, problems);
    check_limits_of_clients(file, problems);
    let measurement = &file.measurement;
    problems.range("measurement.idle_ms", measurement.idle_ms, 10, 60_000);
    problems.range("measurement.retry_faster_by", measurement.retry_faster_by.into(), 1, 10_000);
    problems.range("measurement.batch_age_ms", measurement.batch_age_ms, 0, 60_000);
    problems.range("measurement.replay_days", measurement.replay_days, 0, 37);
    for (key, value, least, most) in [
        ("lookups_per_day_max", measurement.lookups_per_day_max, 0, 1_000_000_000),
        ("lookups_per_device_per_day_max", measurement.lookups_per_device_per_day_max, 1, 1_000),
        ("events_per_day_max", measurement.events_per_day_max, 0, 10_000_000_000),
        ("events_per_device_per_day_max", measurement.events_per_device_per_day_max, 1, 100_000),
    ] {
        problems.range(&format!("measurement.{key}"), value, least, most);
    }
    let epsilon = measurement.epsilon_month_thousandths;
    problems.range("measurement.epsilon_month_thousandths", epsilon.into(), 30, 10_000);
    problems.range("ledger.sheet_every_ms", file.ledger.sheet_every_ms, 100, 3_600_000);
    if !["exclude", "totals"].contains(&measurement.people_off.as_str()) {
        problems.add("measurement.people_off", "neither `exclude` nor `totals`");
    }
}

/// Without time for partners every auction would end before any of them is asked.
fn check_time_for_partners(exchange: &Exchange, problems: &mut Faults) {
    let Exchange { tmax_default_ms, tmax_max_ms, margin_ms, .. } = exchange;
    if tmax_default_ms > tmax_max_ms {
        problems.add("exchange.tmax_default_ms", "more than `exchange.tmax_max_ms`");
    }
    for (key, tmax_ms) in [("tmax_default_ms", tmax_default_ms), ("tmax_max_ms", tmax_max_ms)] {
        if *tmax_ms < margin_ms.saturating_add(ASKING_MS_MIN) {
            let problem = format!(
                "not {ASKING_MS_MIN} ms more than `exchange.margin_ms`, the least that partners need"
            );
            problems.add(format!("exchange.{key}"), problem);
        }
    }
}

/// What partners have of an auction at least: the shortest `timeout_ms` that the register takes.
const ASKING_MS_MIN: u64 = 10;

/// Others' postbacks are dropped in silence, so an id that can be nobody's must not pass.
fn check_ad_networks(ids: &[String], problems: &mut Faults) {
    let is_id = |id: &str| {
        (1..=100).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    for (index, id) in ids.iter().enumerate() {
        let key = || format!("measurement.apple_ad_networks[{index}]");
        if !is_id(id) {
            problems.add(key(), "not an id like `example123.skadnetwork`");
        } else if ids.iter().take(index).any(|other| other == id) {
            problems.add(key(), "is there twice");
        }
    }
}

fn check_recall(file: &Config, problems: &mut Faults) {
    let recall = &file.recall;
    problems.range("recall.every_ms", recall.every_ms, 100, 86_400_000);
    problems.range("recall.people_min", recall.people_min, 1, 1_000_000);
    problems.range("recall.wait_max_ms", recall.wait_max_ms, 0, 604_800_000);
    problems.range("recall.retry_faster_by", recall.retry_faster_by.into(), 1, 10_000);
    problems.range("canary.probe_every_ms", file.canary.probe_every_ms, 500, 3_600_000);
}

fn check_limits_of_clients(file: &Config, problems: &mut Faults) {
    let proxies = u64::try_from(file.listen.proxies).unwrap_or(u64::MAX);
    problems.range("listen.proxies", proxies, 0, 8);
    let connections = u64::try_from(file.listen.connections_per_client).unwrap_or(u64::MAX);
    problems.range("listen.connections_per_client", connections, 10, 10_000);
    problems.range("store.free_mib_min", file.store.free_mib_min, 0, FREE_MIB_MAX);
    let auctions = u64::try_from(file.exchange.auctions_per_client_max).unwrap_or(u64::MAX);
    problems.range("exchange.auctions_per_client_max", auctions, 1, 10_000);
    let answers = u64::try_from(file.exchange.answers_mib_max).unwrap_or(u64::MAX);
    problems.range("exchange.answers_mib_max", answers, 1, 65_536);
    let pages = &file.pages;
    problems.range("pages.requests_per_minute", pages.requests_per_minute.into(), 10, 60_000);
    problems.range("pages.forms_per_minute", pages.forms_per_minute.into(), 5, 60_000);
}

fn is_host(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let file = Config::parse(text, std::iter::empty()).unwrap();
        match Checked::try_from(file) {
            Ok(_) => Vec::new(),
            Err(Problems(problems)) => problems.into_iter().map(|problem| problem.key).collect(),
        }
    }

    #[test]
    fn the_defaults_are_valid() {
        assert!(problems("").is_empty());
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let text = r#"
            [platform]
            name = ""
            domain = "Not A Host"
            [listen]
            address = "nowhere"
            origins = ["https://news.example/path"]
            public_url = "https://ads.platform.example/"
            [settings]
            takes_effect_within_ms = 10
            refresh_every_ms = 9000
            [exchange]
            tmax_default_ms = 2000
            [egress]
            addresses = "everywhere"
            [oidc]
            issuer = "the provider"
            account_claim = ""
            [pages]
            path = "privacy/"
            frame_ancestors = ["https://www.platform.example/"]
            accent = "blue"
            requests_per_minute = 0
            [log]
            level = "loud"
            format = "xml"
            [[api_key]]
            name = ""
            scope = "root"
            sha256 = "zz"
            [partnership."Not An Id"]
            webhook_secrets = ["whsec_c2hvcnQ="]
        "#;
        assert_eq!(
            problems(text),
            [
                "listen.address",
                "platform.name",
                "platform.domain",
                "listen.origins[0]",
                "log.level",
                "log.format",
                "settings.takes_effect_within_ms",
                "settings.refresh_every_ms",
                "exchange.tmax_default_ms",
                "pages.requests_per_minute",
                "egress.addresses",
                "api_key[0].name",
                "api_key[0].scope",
                "api_key[0].sha256",
                "partnership.Not An Id",
                "partnership.Not An Id.webhook_secrets[0]",
                "listen.public_url",
                "pages.accent",
                "pages.path",
                "pages.frame_ancestors",
                "oidc.issuer",
                "oidc.client_id",
                "oidc.account_claim",
            ]
        );
    }

    #[test]
    fn no_more_than_two_secrets_of_a_partnership_sign_at_once() {
        let text = |secrets: usize| {
            let one = |last| format!("\"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV{last}\",");
            let all: String = ["0", "1", "2"].into_iter().take(secrets).map(one).collect();
            format!("[partnership.one]\nwebhook_secrets = [{all}]\n")
        };
        let checked =
            |text: &str| Checked::try_from(Config::parse(text, std::iter::empty()).unwrap());
        assert!(checked(&text(2)).is_ok());
        assert_eq!(problems(&text(3)), ["partnership.one.webhook_secrets"]);
        let twice = text(2).replace("cmV1", "cmV0");
        assert_eq!(problems(&twice), ["partnership.one.webhook_secrets[1]"]);
    }

    #[test]
    fn partners_have_some_time_in_every_auction() {
        let exchange = |rest: &str| problems(&format!("[exchange]\n{rest}\n"));
        let both = ["exchange.tmax_default_ms", "exchange.tmax_max_ms"];
        assert_eq!(exchange("margin_ms = 1_000"), both);
        assert_eq!(exchange("margin_ms = 191"), ["exchange.tmax_default_ms"]);
        assert!(exchange("margin_ms = 190").is_empty());
        assert_eq!(exchange("tmax_max_ms = 10\ntmax_default_ms = 10"), both);
        assert!(exchange("tmax_max_ms = 10\ntmax_default_ms = 10\nmargin_ms = 0").is_empty());
        let file = Config::parse("[exchange]\nmargin_ms = 1_000\n", std::iter::empty()).unwrap();
        let said = Checked::try_from(file).unwrap_err().to_string();
        assert!(said.contains("10 ms more than `exchange.margin_ms`"), "{said}");
    }

    #[test]
    fn an_id_of_an_ad_network_is_one_word() {
        let ids = |ids: &str| problems(&format!("[measurement]\napple_ad_networks = [{ids}]\n"));
        assert!(ids("\"cstr6suwn9.skadnetwork\", \"com.example\"").is_empty());
        assert_eq!(
            ids("\"com.example\", \"x y\", \"\", \"com.example\""),
            [
                "measurement.apple_ad_networks[1]",
                "measurement.apple_ad_networks[2]",
                "measurement.apple_ad_networks[3]",
            ]
        );
    }

    #[test]
    fn no_secret_is_printed() {
        let text =
            "[partnership.one]\nwebhook_secrets = [\"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"]\n";
        let checked = Checked::try_from(Config::parse(text, std::iter::empty()).unwrap()).unwrap();
        assert_eq!(checked.webhook_secrets.len(), 1);
        let printed = format!("{checked:?}");
        assert!(!printed.contains("c2Vj"), "{printed}");
    }

    #[test]
    fn cookies_are_secure_unless_the_gateway_is_on_loopback() {
        let checked =
            |text| Checked::try_from(Config::parse(text, std::iter::empty()).unwrap()).unwrap();
        assert!(!checked("").secure_cookies);
        assert!(checked("[listen]\naddress = \"192.0.2.1:443\"\n").secure_cookies);
    }
}
