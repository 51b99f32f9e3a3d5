//! `POST /v1/register/editions`: an operator publishes the register's files as the next edition.
//! `GET /v1/register/editions`: all editions in short.

use super::{Desk, Scope, body};
use crate::problem::{Kind, Problem};
use axum::{Json, body::Body, extract::State};
use futures_util::future::BoxFuture;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluicegate_gate::{
    PartnershipId,
    time::{Clock, UnixMillis},
};
use sluicegate_recall::{RecallStoreError, Suspend, SuspendFailed};
use sluicegate_register::{Current, Diff, Edition, EditionStore, EditionStoreError, Register};
use std::{collections::BTreeMap, sync::Arc};

/// Longest register, all files together, in bytes.
const REGISTER_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    /// File name to TOML text.
    files: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NewEdition {
    number: u32,
    published_at_ms: UnixMillis,
    hash: String,
    /// What is different from the edition before, line by line.
    changes: Vec<String>,
}

/// An edition could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The files have problems.
    #[error("the register's files have problems: {0}")]
    Files(String),
    /// The files say what is in force already.
    #[error("{0}")]
    Unchanged(String),
    /// The edition before does not allow it.
    #[error("{0}")]
    Refused(String),
    /// Somebody else's edition came first.
    #[error(
        "edition {number} was published by somebody else at the same time, and these files were not compared with it: look at it, and publish again"
    )]
    Overtaken {
        /// The number of that edition.
        number: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(EditionStoreError),
    /// Which partnerships are suspended could not be read.
    #[error(transparent)]
    Lapsed(#[from] RecallStoreError),
}

/// Publishes files as the next edition: read, checked, kept, and only then in force. Partnerships that did
/// not acknowledge a recall in time are suspended in it, whatever the files say.
pub async fn publish_edition(
    editions: &dyn EditionStore,
    current: &Current,
    clock: &dyn Clock,
    files: &[(String, String)],
    lapsed: &[PartnershipId],
) -> Result<(Arc<Edition>, Option<Diff>), PublishError> {
    let mut register = Register::read(files).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        PublishError::Files(lines.join("; "))
    })?;
    for id in lapsed {
        register.set_suspended(id, true);
    }
    publish_register(editions, current, clock, register).await
}

/// Publishes a register as the next edition: kept, and only then in force.
async fn publish_register(
    editions: &dyn EditionStore,
    current: &Current,
    clock: &dyn Clock,
    register: Register,
) -> Result<(Arc<Edition>, Option<Diff>), PublishError> {
    let previous = editions.latest().await.map_err(PublishError::Store)?;
    let published = Edition::publish(register, previous.as_ref(), clock.now());
    let edition = match published {
        Ok(edition) => edition,
        Err(error @ sluicegate_register::PublishError::Unchanged(_)) => {
            // It may have been kept by a publication that never came to put it in force.
            if let Some(kept) = previous {
                current.replace(Arc::new(kept));
            }
            return Err(PublishError::Unchanged(error.to_string()));
        }
        Err(other) => return Err(PublishError::Refused(other.to_string())),
    };
    let changes = previous.map(|previous| Diff::between(&previous, &edition));
    editions.put(&edition).await.map_err(|error| match error {
        EditionStoreError::Exists(number) => PublishError::Overtaken { number },
        EditionStoreError::Gap { .. }
        | EditionStoreError::Corrupt(_)
        | EditionStoreError::Store(_) => PublishError::Store(error),
    })?;
    let edition = Arc::new(edition);
    current.replace(Arc::clone(&edition));
    Ok((edition, changes))
}

/// Takes partnerships out of force, and puts them back, by publishing an edition that says so: page and
/// enforcement read it as any other.
#[derive(Debug)]
pub struct Suspensions {
    /// All editions.
    pub editions: Arc<dyn EditionStore>,
    /// The one in force.
    pub current: Arc<Current>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
}

impl Suspend for Suspensions {
    fn suspend(
        &self,
        partnership: &PartnershipId,
        suspended: bool,
    ) -> BoxFuture<'_, Result<(), SuspendFailed>> {
        let partnership = partnership.clone();
        Box::pin(async move {
            let failed = |error: &dyn std::error::Error| SuspendFailed(error.to_string());
            let Some(latest) = self.editions.latest().await.map_err(|error| failed(&error))? else {
                return Ok(());
            };
            let mut register = latest.register().clone();
            register.set_suspended(&partnership, suspended);
            let (editions, clock) = (self.editions.as_ref(), self.clock.as_ref());
            match publish_register(editions, &self.current, clock, register).await {
                Ok(_) | Err(PublishError::Unchanged(_)) => Ok(()),
                Err(error) => Err(failed(&error)),
            }
        })
    }
}

pub(crate) async fn publish(
    State(desk): State<Desk>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<NewEdition>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let files: Publish = body::json_within(body, REGISTER_MAX).await?;
    let files: Vec<(String, String)> = files.files.into_iter().collect();
    // In a task of its own: a caller that hangs up must not leave an edition kept but not in force.
    let published = tokio::spawn(async move {
        let lapsed = desk.recalls.lapsed().await.map_err(PublishError::Lapsed)?;
        let (editions, clock) = (desk.editions.as_ref(), desk.clock.as_ref());
        publish_edition(editions, &desk.current, clock, &files, &lapsed).await
    })
    .await
    .map_err(|ended| Problem::inside(&ended))?;
    let (edition, changes) = published.map_err(|error| problem_of(&error))?;
    let lines = changes.map(|diff| diff.to_string()).unwrap_or_default();
    Ok(Json(NewEdition {
        number: edition.number(),
        published_at_ms: edition.published_at(),
        hash: edition.hash().to_string(),
        changes: lines.lines().map(ToOwned::to_owned).collect(),
    }))
}

fn problem_of(error: &PublishError) -> Problem {
    match error {
        PublishError::Files(_) => Problem::field("files", error.to_string()),
        PublishError::Unchanged(_) | PublishError::Refused(_) | PublishError::Overtaken { .. } => {
            Problem::new(Kind::Conflict, error.to_string())
        }
        PublishError::Store(_) | PublishError::Lapsed(_) => Problem::inside(error),
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    number: u32,
    published_at_ms: UnixMillis,
    hash: String,
}

pub(crate) async fn list(
    State(desk): State<Desk>,
    headers: HeaderMap,
) -> Result<Json<Vec<Summary>>, Problem> {
    desk.require(&headers, Scope::Operator)?;
    let all = desk.editions.list().await.map_err(|error| Problem::inside(&error))?;
    let short = |edition: sluicegate_register::EditionSummary| Summary {
        number: edition.number,
        published_at_ms: edition.published_at,
        hash: edition.hash.to_string(),
    };
    Ok(Json(all.into_iter().map(short).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use futures_util::future::ready;
    use http::StatusCode;
    use sluicegate_register::{EditionSummary, memory::MemoryEditions};

    type Done<'a, T> = BoxFuture<'a, Result<T, EditionStoreError>>;

    /// Another edition is kept between the look at the latest and the next.
    #[derive(Debug, Default)]
    struct Overtaking(MemoryEditions);

    impl EditionStore for Overtaking {
        fn put<'a>(&'a self, edition: &'a Edition) -> Done<'a, ()> {
            Box::pin(async move {
                let other = Edition::publish(register("Other"), None, testing::START);
                self.0.put(&other.unwrap()).await?;
                self.0.put(edition).await
            })
        }

        fn latest(&self) -> Done<'_, Option<Edition>> {
            self.0.latest()
        }

        fn get(&self, number: u32) -> Done<'_, Option<Edition>> {
            self.0.get(number)
        }

        fn list(&self) -> Done<'_, Vec<EditionSummary>> {
            Box::pin(ready(Ok(Vec::new())))
        }
    }

    fn files(name: &str) -> Vec<(String, String)> {
        let text = format!(
            "publisher = {{ id = \"case\", name = \"{name}\", domain = \"reader.example\" }}"
        );
        vec![(String::from("inventory.toml"), text)]
    }

    fn register(name: &str) -> Register {
        Register::read(&files(name)).unwrap()
    }

    #[tokio::test]
    async fn of_two_editions_published_at_once_the_second_is_refused_with_the_number_of_the_first()
    {
        let (editions, current) = (Overtaking::default(), Current::new());
        let clock = testing::clock();
        let refused =
            publish_edition(&editions, &current, clock.as_ref(), &files("Mine"), &[]).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, PublishError::Overtaken { number: 1 }));
        let problem = problem_of(&refused);
        let (status, _, detail) = problem.parts();
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(detail.starts_with("edition 1 was published by somebody else"), "{detail}");
    }
}
