//! What partners and advertisers say of people, in a scenario: through the intakes of the program.

use super::format::{Did, Remove, Upload};
use anyhow::{Context, ensure};
use serde_json::json;
use sluicegate_audiences::{Applier, Format, ItemStatus, MemoryInbox, Tags, Taken, Uploads};
use sluicegate_exchange::Usable;
use sluicegate_gate::{
    Secret, SubjectKey,
    time::{Clock, UnixMillis},
};
use sluicegate_register::Current;
use sluicegate_settings::{Keyring, ListName, Pairwise, Removal, Settings};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What is said of people, and what applies it.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    uploads: Uploads,
    tags: Tags,
    applier: Applier,
    pairwise: Pairwise,
    batches: u32,
}

impl Elsewhere {
    pub(crate) fn new(
        current: &Arc<Current>,
        keyring: &Arc<Keyring>,
        settings: &Arc<Settings>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        // As the exchange's options have it.
        let pairwise = || Pairwise::new(&Secret::new([1; 32]));
        let inbox = Arc::new(MemoryInbox::default());
        let port = || Arc::<MemoryInbox>::clone(&inbox);
        let (keyring, settings) = (Arc::clone(keyring), Arc::clone(settings));
        Self {
            uploads: Uploads::new(port(), Arc::clone(current), pairwise(), Arc::clone(clock)),
            tags: Tags::new(port(), Arc::clone(current), keyring, Arc::clone(clock)),
            applier: Applier::new(port(), settings, Arc::clone(clock)),
            pairwise: pairwise(),
            batches: 0,
        }
    }

    /// Uploads a batch as the partner would, and applies it.
    pub(crate) async fn upload(
        &mut self,
        upload: &Upload,
        now: UnixMillis,
        keys: &BTreeMap<String, SubjectKey>,
    ) -> anyhow::Result<()> {
        let partnership = upload.partnership.parse()?;
        let ids_of = upload.ids_of.as_deref().unwrap_or(&upload.partnership).parse()?;
        let until = now.plus(Duration::from_secs(upload.lasts.unwrap_or(30 * 24 * 60 * 60)));
        let id = |name: &String| {
            let key = *keys.get(name).context("everybody has a key")?;
            self.pairwise.id(&ids_of, key, now).context("there is an id of that day")
        };
        let mut members = Vec::new();
        for name in &upload.add {
            let audience = &upload.audience;
            let id = id(name)?;
            members.push(json!({ "user_id": id, "audience": audience, "expires_at_ms": until.0 }));
        }
        for name in &upload.take_off {
            let audience = &upload.audience;
            members.push(json!({ "user_id": id(name)?, "audience": audience, "remove": true }));
        }
        self.batches += 1;
        let batch = format!("batch-{}", self.batches);
        let body = serde_json::to_vec(&json!({ "batch": batch, "members": members }))?;
        all_accepted(&self.uploads.accept(&partnership, &body, Format::Json).await?)?;
        self.applier.step().await?;
        Ok(self.applier.forget().await?)
    }

    /// Says what someone did, as the platform would, and applies it.
    pub(crate) async fn act(&mut self, did: &Did, now: UnixMillis) -> anyhow::Result<()> {
        let at = did.happened.map_or(now.0, |seconds| {
            super::gateway::BEGINNING.0.saturating_add(seconds.saturating_mul(1_000))
        });
        self.batches += 1;
        let event = json!({
            "account": did.person,
            "advertiser": did.advertiser,
            "activity": did.activity,
            "at_ms": at,
        });
        let batch = json!({ "batch": format!("batch-{}", self.batches), "events": [event] });
        let body = serde_json::to_vec(&batch)?;
        all_accepted(&self.tags.accept(&body, Format::Json).await?)?;
        self.applier.step().await?;
        Ok(())
    }
}

fn all_accepted(taken: &Taken) -> anyhow::Result<()> {
    let accepted = taken.results.iter().all(|result| result.status == ItemStatus::Accepted);
    ensure!(accepted, "the intake said {taken:?}");
    Ok(())
}

/// Returns what a person removes.
pub(crate) fn removal(remove: &Remove) -> anyhow::Result<Removal> {
    match (&remove.list, &remove.advertiser) {
        (Some(list), None) => {
            let (partnership, audience) =
                list.split_once('/').context("a list is `partnership/audience`")?;
            let (partnership, audience) = (partnership.parse()?, audience.parse()?);
            Ok(Removal::List(ListName { partnership, audience }))
        }
        (None, Some(advertiser)) => Ok(Removal::Activity(advertiser.parse()?)),
        (None, None) => Ok(Removal::Everything),
        (Some(_), Some(_)) => anyhow::bail!("a removal names a list or an advertiser"),
    }
}

/// Returns what may be used, by name.
pub(crate) fn names(usable: &Usable) -> Vec<String> {
    let lists = usable.lists.iter().map(|list| list.audience.to_string());
    let done =
        usable.activity.iter().map(|done| format!("{}: {}", done.advertiser, done.activity.name()));
    lists.chain(done).collect()
}
