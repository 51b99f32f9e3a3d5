//! Realistic traffic: people open pages and apps, ads are asked for, won, shown and reported.

use super::{
    client::Client,
    people::{Person, pick},
    requests,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::MissedTickBehavior};

/// Requests under way at once at most.
const UNDER_WAY_MAX: usize = 256;
/// Of the requests, one in so many is for the first of the people, whom newcomers watch: with the rest,
/// about three pages a second at the default rate.
const FIRST_ONE_IN: u32 = 15;
/// Of the others, one in so many is for one of the other people with a sign-in link.
const FEATURED_ONE_IN: u32 = 3;

/// Sends traffic until it is dropped, or the gateway goes away.
pub(crate) async fn run(
    client: &Client,
    people: &Arc<Vec<Person>>,
    per_second: u32,
    installs_at: Option<String>,
) -> anyhow::Result<()> {
    let installs_at = installs_at.map(Arc::<str>::from);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let places = Arc::new(Semaphore::new(UNDER_WAY_MAX));
    let featured: Vec<usize> = people
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, person)| !person.about.is_empty())
        .map(|(index, _)| index)
        .collect();
    let mut dice = StdRng::seed_from_u64(7);
    loop {
        ticks.tick().await;
        let place = Arc::clone(&places).acquire_owned().await?;
        let index = if dice.random_ratio(1, FIRST_ONE_IN) {
            0
        } else if dice.random_ratio(1, FEATURED_ONE_IN) {
            pick(&featured, &mut dice)
        } else {
            dice.random_range(0..people.len())
        };
        let (client, people) = (client.clone(), Arc::clone(people));
        let installs_at = installs_at.clone();
        let mut own_dice = StdRng::seed_from_u64(dice.random());
        tokio::spawn(async move {
            if let Some(person) = people.get(index)
                && let Err(error) = one_page(&client, person, &mut own_dice, installs_at).await
            {
                tracing::warn!("the demo's traffic: {error:#}");
            }
            drop(place);
        });
    }
}

/// One page of one person: an auction, and where an ad was won, its rendering and its exposure.
async fn one_page(
    client: &Client,
    person: &Person,
    dice: &mut StdRng,
    installs_at: Option<Arc<str>>,
) -> anyhow::Result<()> {
    let request = requests::bid_request(person, dice);
    let answer = client.post("/openrtb2/auction", &request).await?;
    for token in render_tokens(&answer) {
        client.post("/v1/renders", &json!({ "token": token })).await?;
        let exposure = requests::exposure(person, jiff::Timestamp::now().as_millisecond(), dice);
        client.post("/v1/exposures", &exposure).await?;
        if let Some(at) = installs_at.as_deref().filter(|_| leads_to_install(&exposure)) {
            tokio::time::sleep(UNTIL_INSTALLED).await;
            let now = jiff::Timestamp::now().as_millisecond();
            client.post_to(at, &requests::install(person, now)).await?;
        }
    }
    Ok(())
}

/// Whoever clicks on the ad for the running shoes' app installs it.
fn leads_to_install(exposure: &Value) -> bool {
    let is = |field: &str, value: &str| exposure.get(field).and_then(Value::as_str) == Some(value);
    is("interaction_type", "click") && is("advertiser_id", super::ADVERTISER)
}

/// How long after the click the app is opened for the first time: fast fingers, and a conversion has
/// whole seconds.
const UNTIL_INSTALLED: Duration = Duration::from_secs(3);

fn render_tokens(answer: &Value) -> Vec<String> {
    let renders = answer.pointer("/ext/sluicegate/render").and_then(Value::as_array);
    renders
        .into_iter()
        .flatten()
        .filter_map(|render| render.get("token").and_then(Value::as_str))
        .map(ToOwned::to_owned)
        .collect()
}
