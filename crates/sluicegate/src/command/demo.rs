//! `sluicegate demo`: the whole product on one machine, with partners that are real programs.

mod client;
mod consent;
mod costs;
mod lists;
mod partners;
mod people;
mod platform;
mod requests;
mod summary;
mod traffic;
mod watch;

use super::{print, register::read as read_register, serve::Stop};
use crate::{
    config::{Checked, Config},
    gateway::Gateway,
    local, telemetry,
};
use anyhow::Context;
use base64::{Engine, engine::general_purpose};
use client::Client;
use partners::{MeasurementAccount, Partner};
use people::{Chosen, Person};
use platform::Signer25519;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluicegate_register::rebase;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;
use watch::Guest;

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Where the demo keeps its data; made anew when it is missing
    #[arg(long, value_name = "DIR", default_value = "sluicegate-data/demo")]
    data_dir: PathBuf,
    /// Where the gateway listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Bid requests per second, from 1 to 1000
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 40,
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    rate: u32,
    /// Stop after this many seconds; without it, on Ctrl-C
    #[arg(long, value_name = "NUMBER")]
    seconds: Option<u64>,
    /// A folder with a register of your own, instead of the sample
    #[arg(long, value_name = "DIR")]
    register: Option<PathBuf>,
}

/// The sample register, so that the demo runs from any folder.
const REGISTER: [(&str, &str); 8] = [
    ("advertisers.toml", include_str!("../../../../demo/register/advertisers.toml")),
    ("deals.toml", include_str!("../../../../demo/register/deals.toml")),
    ("demo-bidder-north.toml", include_str!("../../../../demo/register/demo-bidder-north.toml")),
    ("demo-bidder-south.toml", include_str!("../../../../demo/register/demo-bidder-south.toml")),
    (
        "demo-delivery-auditor.toml",
        include_str!("../../../../demo/register/demo-delivery-auditor.toml"),
    ),
    ("demo-measurement.toml", include_str!("../../../../demo/register/demo-measurement.toml")),
    ("inventory.toml", include_str!("../../../../demo/register/inventory.toml")),
    ("vendor-list.json", include_str!("../../../../demo/register/vendor-list.json")),
];

/// What sign-in tokens of the demo name as their audience.
const AUDIENCE: &str = "platform.example";

/// The partnership that reports installs.
const MEASUREMENT: &str = "demo-measurement";
/// The advertiser whose report is shown.
const ADVERTISER: &str = "demo-running-shoes";

/// The partnerships whose batches are signed.
const SIGNED: [&str; 5] = [
    "demo-measurement",
    "demo-delivery-auditor",
    "demo-bidder-north",
    "demo-bidder-north-invoices",
    "demo-bidder-south",
];

impl Demo {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        telemetry::start("warn", "text")?;
        local::folder(&self.data_dir)?;
        let secrets = Secrets::new()?;
        let platform = platform::bind().await?;
        let mut stop = Stop::listen()?;
        let gateway = Gateway::start(self.config(&secrets, platform.local_addr()?)?).await?;
        let outcome = self.with_partners(&gateway, &secrets, platform, &mut stop).await;
        outcome.and(Box::pin(gateway.stop()).await)
    }

    async fn with_partners(
        &self,
        gateway: &Gateway,
        secrets: &Secrets,
        platform: TcpListener,
        stop: &mut Stop,
    ) -> anyhow::Result<()> {
        let account = MeasurementAccount {
            gateway: gateway.address(),
            partnership: MEASUREMENT,
            api_key: &secrets.measurement_key,
            device_key: gateway.device_key(&MEASUREMENT.parse()?),
        };
        let partners = tokio::select! {
            started = partners::start(&secrets.webhook, &account) => started?,
            () = stop.asked() => return Ok(()),
        };
        let client = Client::new(gateway.address(), &secrets.api_key);
        let outcome = tokio::select! {
            ended = self.play(gateway, &client, secrets, &partners, platform) => ended,
            () = stop.asked() => summary::last(gateway).await,
        };
        for partner in partners {
            partner.stop().await;
        }
        outcome
    }

    async fn play(
        &self,
        gateway: &Gateway,
        client: &Client,
        secrets: &Secrets,
        partners: &[Partner],
        platform: TcpListener,
    ) -> anyhow::Result<()> {
        gateway.publish(&self.register(partners)?).await?;
        let people = Arc::new(people::everybody(1));
        for person in people.iter() {
            introduce(client, person).await?;
        }
        // A register of one's own need not have the sample's lists.
        if self.register.is_none() {
            let partner = Client::new(gateway.address(), &secrets.partner_key);
            lists::tell(gateway, &partner, client, &people).await?;
        }
        costs::tell(client).await?;
        let guests = people.iter().map(|person| Guest::new(person.clone(), gateway, partners));
        let guests = guests.collect::<anyhow::Result<_>>()?;
        let sign_in = platform.local_addr()?;
        platform::serve(platform, Self::signer(secrets), gateway.address(), guests);
        print(self.addresses(gateway, sign_in, partners, &people))?;
        print(report_lines(gateway, secrets))?;
        let stop = tokio::time::sleep(self.seconds.map_or(Duration::MAX, Duration::from_secs));
        tokio::select! {
            ended = traffic::run(client, &people, self.rate, installs_at(partners)) => ended,
            ended = summary::run(gateway) => ended,
            () = stop => Ok(()),
        }?;
        summary::last(gateway).await
    }

    fn signer(secrets: &Secrets) -> Signer25519 {
        Signer25519::new(secrets.sign_in_seed, AUDIENCE)
    }

    fn config(&self, secrets: &Secrets, platform: SocketAddr) -> anyhow::Result<Checked> {
        let key_file = self.data_dir.join("demo-platform.pem");
        std::fs::write(&key_file, Self::signer(secrets).public_key_pem()?)?;
        let mut file = Config::default();
        file.platform.name = String::from("Demo Platform");
        file.listen.address = self.listen.to_string();
        file.store.data_dir = self.data_dir.to_string_lossy().into_owned();
        file.egress.addresses = String::from("loopback");
        // Minutes instead of days between attempts, so that a stopped partner can be watched.
        file.measurement.retry_faster_by = 60;
        file.exchange.billing_retry_faster_by = 60;
        // Whoever turns the switch sees that partners are told: there are few people here to wait for.
        file.recall.every_ms = 5_000;
        file.recall.people_min = 1;
        file.recall.retry_faster_by = 60;
        file.canary.probe_every_ms = 5_000;
        file.signin.url = format!("http://{platform}/");
        file.signin.audience = String::from(AUDIENCE);
        file.signin.public_key_file = key_file.to_string_lossy().into_owned();
        // An app says again and again that it was installed; so would no real one.
        file.measurement.lookups_per_device_per_day_max = 1_000;
        let keys = [
            ("platform", "", &secrets.api_key),
            ("partner", MEASUREMENT, &secrets.measurement_key),
            ("partner", lists::PARTNERSHIP, &secrets.partner_key),
            ("advertiser", ADVERTISER, &secrets.advertiser_key),
        ];
        file.api_key.extend(keys.map(|(scope, of, key)| crate::config::ApiKey {
            name: format!("demo {scope} {of}").trim_end().to_owned(),
            scope: scope.to_owned(),
            partnership: (scope == "partner").then(|| of.to_owned()),
            advertiser: (scope == "advertiser").then(|| of.to_owned()),
            sha256: hex::encode(Sha256::digest(key.as_bytes())),
        }));
        file.exchange.list_people_min = lists::PEOPLE_MIN;
        for id in SIGNED {
            let of = crate::config::PartnershipSecrets {
                webhook_secrets: vec![secrets.webhook.clone()],
                ..Default::default()
            };
            file.partnership.insert(id.to_owned(), of);
        }
        Ok(Checked::try_from(file)?)
    }

    /// The register's files with the partners' real addresses.
    fn register(&self, partners: &[Partner]) -> anyhow::Result<Vec<(String, String)>> {
        let mut files = match &self.register {
            Some(dir) => read_register(dir)?,
            None => REGISTER.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
        };
        let real: Vec<String> = partners.iter().map(Partner::origin).collect();
        let origins: Vec<(&str, &str)> = partners
            .iter()
            .map(|partner| partner.sample_origin)
            .zip(real.iter().map(String::as_str))
            .collect();
        for (_, text) in &mut files {
            *text = rebase(text, &origins);
        }
        Ok(files)
    }

    fn addresses(
        &self,
        gateway: &Gateway,
        sign_in: SocketAddr,
        partners: &[Partner],
        people: &[Person],
    ) -> String {
        let base = format!("http://{}", gateway.address());
        let mut lines = vec![
            String::new(),
            format!(
                "Sluicegate demo: the gateway is at {base}, its data in {}",
                shown(&self.data_dir)
            ),
            String::new(),
            line("Sign in as one of the people", &format!("http://{sign_in}/")),
        ];
        for person in people.iter().filter(|person| !person.about.is_empty()) {
            let (id, about) = (&person.id, person.about);
            lines
                .push(line(&format!("  {id}"), &format!("http://{sign_in}/sign-in/{id}  {about}")));
        }
        lines.extend([line("The partnerships list", &format!("{base}/partners"))]);
        for partner in partners {
            lines.push(line(
                &format!("What {} received", partner.name),
                &format!("{}/", partner.origin()),
            ));
        }
        lines.push(String::new());
        lines.extend([
            String::from("  Try it: open these two pages beside each other. They count what the partners are told"),
            String::from("  about the device of person-1."),
            String::new(),
            format!("    http://{sign_in}/watch/person-1/bidder"),
            format!("    http://{sign_in}/watch/person-1/measurement"),
            String::new(),
            String::from("  Then sign in as person-1 and turn \"Share your data\" off. Both stop at once,"),
            String::from("  and are down to 0 ten seconds later."),
            String::new(),
        ]);
        lines.push(format!(
            "  What left about person-1: sluicegate disclosures --account person-1 --data-dir {}",
            shown(&self.data_dir)
        ));
        lines.push(String::from("  Ctrl-C stops everything."));
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Returns where the measurement partner takes installs from apps.
fn installs_at(partners: &[Partner]) -> Option<String> {
    let measurement = partners.iter().find(|partner| partner.name == "Demo Measurement")?;
    Some(format!("{}/installs", measurement.origin()))
}

fn report_lines(gateway: &Gateway, secrets: &Secrets) -> String {
    let address = format!("http://{}/reports/{ADVERTISER}", gateway.address());
    let key = &secrets.advertiser_key;
    format!(
        "  Did the ads work? Apps report installs to Demo Measurement; its page says for which of them\n  \
         an ad is credited, and so does the platform's report for the advertiser:\n\n    \
         {address}\n    (any name; the password is {key})\n"
    )
}

fn line(what: &str, address: &str) -> String {
    format!("  {what:<32} {address}")
}

fn shown(dir: &Path) -> String {
    dir.display().to_string()
}

/// Says who the person is: their profile, their device, and what they have turned off. Another run of the
/// demo on the same data begins like the first.
async fn introduce(client: &Client, person: &Person) -> anyhow::Result<()> {
    client.post("/v1/profiles", &person.profile).await?;
    let link = json!({ "account": person.id, "with": { "device": person.device } });
    client.post("/v1/links", &link).await?;
    let asked = json!({ "key": { "account": person.id } });
    let standing = client.post("/v1/choices/query", &asked).await?;
    let settings = [("sharing", person.sharing), ("personalize_ads", person.personalize_ads)];
    for (setting, chosen) in settings {
        let value = match (chosen, standing.get(setting).and_then(Value::as_str)) {
            (Chosen::Off, _) => "off",
            // Whoever turned it off in an earlier run starts this one as everybody reads of them.
            (Chosen::On, _) | (Chosen::Nothing, Some("off")) => "on",
            (Chosen::Nothing, _) => continue,
        };
        let choice = json!({
            "key": { "account": person.id },
            "setting": setting,
            "value": value,
            "words": "the demo's own settings screen",
            "language": "en",
        });
        client.post("/v1/choices", &choice).await?;
    }
    Ok(())
}

/// Keys of one run. They are made anew each time and shown to nobody but in the sign-in links.
struct Secrets {
    api_key: String,
    partner_key: String,
    measurement_key: String,
    advertiser_key: String,
    webhook: String,
    sign_in_seed: [u8; 32],
}

impl Secrets {
    fn new() -> anyhow::Result<Self> {
        let random = || -> anyhow::Result<[u8; 32]> {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).context("the operating system gives no randomness")?;
            Ok(bytes)
        };
        Ok(Self {
            api_key: api_key(random()?),
            partner_key: api_key(random()?),
            measurement_key: api_key(random()?),
            advertiser_key: api_key(random()?),
            webhook: format!("whsec_{}", general_purpose::STANDARD.encode(random()?)),
            sign_in_seed: random()?,
        })
    }
}

fn api_key(random: [u8; 32]) -> String {
    format!("sg_{}", general_purpose::URL_SAFE_NO_PAD.encode(random))
}
