//! `sluicegate erase`.

use super::{Running, disclosures::Who, print};
use crate::local;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    running: Running,
}

impl Erase {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let body = json!({ "key": self.who.key() });
        local::call(&self.running.data_dir, "POST", "/v1/people/erase", Some(&body)).await?;
        print("erased: what was told can no longer be read, and both settings are off")
    }
}
