//! `sluicegate keys`.

use super::print;
use anyhow::Context;
use base64::{Engine, engine::general_purpose};
use clap::Subcommand;
use sha2::{Digest, Sha256};

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key for an interface, with the hash that goes into the configuration
    New,
    /// Make a secret for signing batches to a partner
    Webhook,
}

impl Keys {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).context("the operating system gives no randomness")?;
        match self {
            Self::New => {
                let key = format!("sg_{}", general_purpose::URL_SAFE_NO_PAD.encode(random));
                let hash = hex::encode(Sha256::digest(key.as_bytes()));
                print(format_args!("key     {key}\nsha256  {hash}"))
            }
            Self::Webhook => {
                print(format_args!("whsec_{}", general_purpose::STANDARD.encode(random)))
            }
        }
    }
}
