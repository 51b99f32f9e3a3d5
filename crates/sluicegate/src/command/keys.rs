//! `sluicegate keys`.

use super::{Running, print};
use crate::keys::MasterKey;
use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose};
use clap::Subcommand;
use sha2::{Digest, Sha256};
use sluicegate_gate::PartnershipId;
use sluicegate_measurement as measurement;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key for an interface, with the hash that goes into the configuration
    New,
    /// Make a secret for signing batches to a partner
    Webhook,
    /// Show the key with which a partner computes the device ids that it is told
    Device(Device),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Device {
    /// The partnership; its partner alone may have the key
    partnership: PartnershipId,
    /// Which generation, as in `device_key_generations`
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    generation: u32,
    #[command(flatten)]
    running: Running,
}

impl Device {
    fn run(&self) -> anyhow::Result<()> {
        let dir = &self.running.data_dir;
        if !sluicegate_store::exists(dir) {
            bail!("there is no data in `{}`", dir.display());
        }
        let keys = measurement::Keys::new(MasterKey::open(dir)?.derive("measurement")?);
        let key = keys.device_key(&self.partnership, self.generation);
        print(format_args!("{}", hex::encode(key.open())))
    }
}

impl Keys {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New => {
                let key = format!("sg_{}", general_purpose::URL_SAFE_NO_PAD.encode(random()?));
                let hash = hex::encode(Sha256::digest(key.as_bytes()));
                print(format_args!("key     {key}\nsha256  {hash}"))
            }
            Self::Webhook => {
                print(format_args!("whsec_{}", general_purpose::STANDARD.encode(random()?)))
            }
            Self::Device(verb) => verb.run(),
        }
    }
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).context("the operating system gives no randomness")?;
    Ok(random)
}
