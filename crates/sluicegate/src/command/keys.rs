//! `sluicegate keys`.

use super::{Running, print};
use crate::{keys::MasterKey, local};
use anyhow::{Context, bail, ensure};
use base64::{Engine, engine::general_purpose};
use clap::Subcommand;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sluicegate_gate::{PartnershipId, SubjectKey, Via};
use sluicegate_measurement as measurement;
use sluicegate_register::EditionStore as _;
use sluicegate_settings::Keyring;
use sluicegate_store::Sqlite;
use std::io::BufRead as _;

/// Longest id, in bytes, as the interfaces take it.
const ID_BYTES_MAX: usize = 256;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key for an interface, with the hash that goes into the configuration
    New,
    /// Make a secret for signing batches to a partner
    Webhook,
    /// Show the key with which a partner computes the device ids that it is told
    Device(Device),
    /// Show the keyed hashes under which exports name people, of the ids on the standard input, one a line
    Subject(Subject),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Device {
    /// The partnership; its partner alone may have the key
    partnership: PartnershipId,
    /// Which generation, as in `device_key_generations`
    #[arg(
        long, value_name = "NUMBER", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    generation: u32,
    /// Also where the register does not list the partnership yet
    #[arg(long)]
    unlisted: bool,
    #[command(flatten)]
    running: Running,
}

impl Device {
    async fn run(&self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        if !sluicegate_store::exists(dir) {
            bail!("there is no data in `{}`", dir.display());
        }
        let master = MasterKey::open(dir)?;
        if !self.unlisted {
            self.require_listed().await?;
        }
        let keys = measurement::Keys::new(master.derive("measurement")?);
        let key = keys.device_key(&self.partnership, self.generation);
        print(format_args!("{}", hex::encode(key.open())))
    }
}

impl Device {
    /// Refuses a partnership that gets no events: a key can be made for any name, and a mistyped one would fit
    /// nothing that the partner is told. Asks the running gateway, or else reads the edition in force.
    async fn require_listed(&self) -> anyhow::Result<()> {
        let (dir, id) = (&self.running.data_dir, &self.partnership);
        let Ok(_claim) = local::claim(dir) else {
            let path = format!("/v1/partnerships/{id}/keys");
            let listed = local::call(dir, "GET", &path, None).await?;
            let gets_events = listed.get("gets_events").and_then(Value::as_bool);
            ensure!(gets_events == Some(true), "no such partnership gets events");
            return Ok(());
        };
        let edition = Sqlite::open_as_it_is(dir).await?.latest().await?;
        let listed = edition.as_ref().and_then(|edition| edition.partnership(id));
        if !listed.is_some_and(|listed| listed.terms.via == Via::Events) {
            bail!("no partnership `{id}` gets events by the register in force");
        }
        Ok(())
    }
}

/// Each line that is written is as in `people.ndjson`, in the order of the ids.
#[derive(Debug, clap::Args)]
pub(crate) struct Subject {
    /// What the ids are
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    running: Running,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    /// The platform's ids of accounts
    Account,
    /// Advertising ids
    Device,
    /// Ids in our cookie
    Browser,
}

impl Subject {
    fn run(&self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        if !sluicegate_store::exists(dir) {
            bail!("there is no data in `{}`", dir.display());
        }
        let keyring = Keyring::new(MasterKey::open(dir)?.derive16("subjects")?);
        let mut keys = Vec::new();
        for (number, id) in (1_u64..).zip(std::io::stdin().lock().lines()) {
            let id = id.with_context(|| format!("line {number} cannot be read"))?;
            // Why: no error shows an id, which would end up in a log.
            if id.is_empty() || id.len() > ID_BYTES_MAX {
                bail!("line {number} has not 1 to {ID_BYTES_MAX} bytes");
            }
            keys.push(match self.kind {
                Kind::Account => keyring.account(&id),
                Kind::Device => keyring.device(&id),
                Kind::Browser => keyring.browser(&id),
            });
        }
        // Only now: whoever pipes this on gets all of it or nothing.
        for SubjectKey { kind, hash } in keys {
            let kind = kind.name();
            print(format_args!("{{\"kind\":\"{kind}\",\"key\":\"{hash:032x}\"}}"))?;
        }
        Ok(())
    }
}

impl Keys {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New => {
                let key = format!("sg_{}", general_purpose::URL_SAFE_NO_PAD.encode(random()?));
                let hash = hex::encode(Sha256::digest(key.as_bytes()));
                print(format_args!("key     {key}\nsha256  {hash}"))
            }
            Self::Webhook => {
                print(format_args!("whsec_{}", general_purpose::STANDARD.encode(random()?)))
            }
            Self::Device(verb) => verb.run().await,
            Self::Subject(verb) => verb.run(),
        }
    }
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).context("the operating system gives no randomness")?;
    Ok(random)
}
