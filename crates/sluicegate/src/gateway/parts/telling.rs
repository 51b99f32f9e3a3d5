//! What proves that choices hold, and tells partners of them: the canaries, recalls, requests to delete.

use super::Ground;
use crate::{
    config::Checked,
    gateway::{
        canaries::{Walker, WalkerParts},
        recalls::{People, Published, Telling},
    },
    keys::MasterKey,
};
use anyhow::Context;
use sluicegate_canary::{Canaries, Probe, ProbeParts, Watch};
use sluicegate_egress::Egress;
use sluicegate_exchange::RateBoard;
use sluicegate_measurement::Keys;
use sluicegate_recall::{
    Erasures, ErasuresParts, RecallOptions, RecallSchedule, Recalls, RecallsParts,
    deletion::{
        Deletions, DeletionsParts, KeptListings, Listings, Receiver, ReceiverParts, Sealer, Signer,
    },
};
use sluicegate_settings::Pairwise;
use sluicegate_store::Sqlite;
use sluicegate_web::api::{DELETION_REQUESTS, Suspensions};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

impl Ground {
    pub(super) async fn watch(
        &self,
        config: &Checked,
        master: &MasterKey,
    ) -> anyhow::Result<Arc<Watch>> {
        let canaries = Canaries::new(&master.derive("canaries")?, &self.keyring);
        canaries.establish(&self.settings, self.store.as_ref()).await?;
        let every = Duration::from_millis(config.file.canary.probe_every_ms);
        let (paths, clock) = (Arc::<Sqlite>::clone(&self.store), Arc::clone(&self.clock));
        Watch::open(canaries, paths, clock, every).await.context("closed paths are not known")
    }

    pub(super) fn probe(
        &self,
        config: &Checked,
        master: &MasterKey,
        watch: &Arc<Watch>,
        (keys, rates): (&Keys, Arc<RateBoard>),
    ) -> anyhow::Result<Probe> {
        let walker = Walker(WalkerParts {
            watch: Arc::clone(watch),
            settings: Arc::clone(&self.settings),
            keyring: Arc::clone(&self.keyring),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            keys: keys.clone(),
            rates,
            pairwise: master.derive("pairwise")?,
            scratch: master.derive("canary scratch")?,
            dir: config.data_dir.join("canary"),
        });
        let every = Duration::from_millis(config.file.canary.probe_every_ms);
        Ok(Probe::new(ProbeParts {
            watch: Arc::clone(watch),
            walk: Arc::new(walker),
            settings: Arc::clone(&self.settings),
            current: Arc::clone(&self.current),
            clock: Arc::clone(&self.clock),
            time_max: every.max(Duration::from_secs(30)),
        }))
    }

    pub(super) fn telling(
        &self,
        egress: &Arc<Egress>,
        config: &Checked,
        master: &MasterKey,
        keys: &Keys,
    ) -> anyhow::Result<Telling> {
        let file = &config.file.recall;
        let faster = NonZeroU32::new(file.retry_faster_by)
            .context("`recall.retry_faster_by` is at least 1")?;
        let schedule = RecallSchedule::faster(faster);
        let sealer = Sealer::new(&master.derive("deletion identifiers")?);
        let recalls = Recalls::new(RecallsParts {
            store: Arc::<Sqlite>::clone(&self.store),
            changes: Arc::<Sqlite>::clone(&self.store),
            ledger: Arc::clone(&self.ledger),
            door: Arc::<Egress>::clone(egress),
            current: Arc::clone(&self.current),
            suspend: Arc::new(Suspensions {
                editions: Arc::<Sqlite>::clone(&self.store),
                current: Arc::clone(&self.current),
                clock: Arc::clone(&self.clock),
            }),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            options: RecallOptions {
                takes_effect_within: config.takes_effect_within,
                people_min: file.people_min,
                wait_max: Duration::from_millis(file.wait_max_ms),
                schedule,
            },
        });
        let identify = Arc::new(People {
            keyring: Arc::clone(&self.keyring),
            pairwise: Pairwise::new(&master.derive("pairwise")?),
            keys: keys.clone(),
        });
        let erasures = Erasures::new(ErasuresParts {
            recalls: recalls.clone(),
            sealer: sealer.clone(),
            identify: Arc::<People>::clone(&identify),
        });
        let deletions = Deletions::new(DeletionsParts {
            store: Arc::<Sqlite>::clone(&self.store),
            ledger: Arc::clone(&self.ledger),
            door: Arc::<Egress>::clone(egress),
            listings: self.listings(egress),
            current: Arc::clone(&self.current),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
            signer: signer(config, master)?,
            sealer,
            schedule,
        });
        Ok(Telling { recalls, erasures, deletions, identify })
    }

    fn listings(&self, egress: &Arc<Egress>) -> Arc<dyn Listings> {
        let published = Arc::new(Published(Arc::clone(egress)));
        Arc::new(KeptListings::new(published, Arc::clone(&self.clock)))
    }

    pub(super) fn receiver(
        &self,
        egress: &Arc<Egress>,
        config: &Checked,
        master: &MasterKey,
        telling: &Telling,
    ) -> anyhow::Result<Receiver> {
        let origin = config.public_url.clone();
        let origin = origin.unwrap_or_else(|| format!("https://{}", config.file.platform.domain));
        Ok(Receiver::new(ReceiverParts {
            current: Arc::clone(&self.current),
            listings: self.listings(egress),
            identify: Arc::<People>::clone(&telling.identify),
            erasures: telling.erasures.clone(),
            signer: signer(config, master)?,
            endpoint: format!("{origin}{DELETION_REQUESTS}"),
            clock: Arc::clone(&self.clock),
            dice: Arc::clone(&self.dice),
        }))
    }
}

/// What requests to delete, and answers to them, are signed with.
fn signer(config: &Checked, master: &MasterKey) -> anyhow::Result<Signer> {
    let key = master.derive("deletion signatures")?;
    Signer::new(&config.file.platform.domain, &key).context("requests to delete cannot be signed")
}
