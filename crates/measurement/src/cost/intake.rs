//! Taking costs in: read, checked one by one, and durable before the answer.

use super::{Cost, Costs};
use crate::{
    FieldError, Format, ItemResult,
    fields::Fields,
    items::{Form, ItemsError},
    lookup::{ConversionsError, Money},
    tree::Object,
};
use sluicegate_gate::time::{Clock, UnixMillis};
use sluicegate_ledger::Day;
use sluicegate_openrtb::json::{JsonError, Limits};
use std::{sync::Arc, time::Duration};

/// Costs in one body at most.
pub const COSTS_MAX: usize = 1_000;
/// Size of a body at most: 1 MiB, 8 levels deep.
pub const COST_BODY: Limits = Limits { bytes: 1024 * 1024, depth: 8 };

/// A body was refused as a whole; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum CostError {
    /// It is not acceptable JSON.
    #[error("the body is not acceptable JSON: {0}")]
    Json(#[source] JsonError),
    /// It is no cost, list of costs or `{"costs": [...]}`.
    #[error("not a cost, a list of costs or an object with `costs`")]
    Shape {
        /// Where, `$` being the body.
        field: &'static str,
    },
    /// It has a field beside the list.
    #[error("unknown field beside the list")]
    Beside {
        /// Which.
        field: String,
    },
    /// It holds too many costs.
    #[error("more than {COSTS_MAX} costs in one body")]
    TooMany,
    /// The store could not take them. The same body may be sent again.
    #[error(transparent)]
    Store(#[from] ConversionsError),
}

impl From<ItemsError> for CostError {
    fn from(error: ItemsError) -> Self {
        match error {
            ItemsError::Json(error) => Self::Json(error),
            ItemsError::Shape(field) => Self::Shape { field },
            ItemsError::Beside(field) => Self::Beside { field },
            ItemsError::TooMany => Self::TooMany,
        }
    }
}

/// Takes costs in. Clones share everything.
#[derive(Clone, Debug)]
pub struct CostIntake {
    costs: Arc<dyn Costs>,
    clock: Arc<dyn Clock>,
}

impl CostIntake {
    /// Makes an intake that writes to a store.
    pub fn new(costs: Arc<dyn Costs>, clock: Arc<dyn Clock>) -> Self {
        Self { costs, clock }
    }

    /// Takes a body in and says of each cost, in order, what became of it. What is accepted is durable when
    /// this returns; a wrong cost refuses only itself.
    pub async fn accept(&self, body: &[u8], format: Format) -> Result<Vec<ItemResult>, CostError> {
        let now = self.clock.now();
        let items = COSTS.items(body, format)?;
        let mut results = Vec::with_capacity(items.len());
        let mut costs = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let mut result = ItemResult::accepted(index, None);
            match item.object().and_then(|object| read(object, now)) {
                Ok(cost) => costs.push(cost),
                Err(wrong) => result.refuse(wrong),
            }
            results.push(result);
        }
        if !costs.is_empty() {
            self.costs.tell(costs).await?;
        }
        Ok(results)
    }
}

/// Reads one cost. Whatever nobody asked for refuses it. The names are those of exposures and conversions.
fn read(object: Object<'_>, now: UnixMillis) -> Result<Cost, FieldError> {
    let mut fields = Fields::of("", object);
    let advertiser = fields.required_parsed("advertiser_id", crate::read::NOT_AN_ADVERTISER)?;
    let campaign = fields.required_registered_id("campaign_id")?;
    let line_item = fields.id("line_item_id")?;
    let Date(day) = fields.required_parsed("date", "not a day, like 2026-11-26")?;
    if day > Day::of(now.plus(AHEAD_MAX)) {
        return Err(fields.wrong("date", "has not begun in UTC"));
    }
    if day.0 < Day::of(now).0.saturating_sub(DAYS_BACK_MAX) {
        return Err(fields.wrong("date", "more than 400 days ago"));
    }
    let money = Money::required(&mut fields)?;
    if money.is_refund() {
        return Err(fields.wrong("value", "below zero"));
    }
    let Money { micros, currency } = money;
    fields.end()?;
    Ok(Cost { advertiser, day, campaign, line_item, currency, micros })
}

/// A day, written as `2026-11-26` and no other way.
struct Date(Day);

impl std::str::FromStr for Date {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let date: jiff::civil::Date = text.parse().map_err(|_not_a_day| ())?;
        if date.to_string() != text {
            return Err(());
        }
        let start = format!("{date}T00:00:00Z").parse();
        let start: jiff::Timestamp = start.map_err(|_out_of_range| ())?;
        Ok(Self(Day::of(UnixMillis(start.as_millisecond()))))
    }
}

/// A body of costs.
const COSTS: Form = Form { list: "costs", items_max: COSTS_MAX, body: COST_BODY };
/// How far the platform's clock may be ahead of ours.
const AHEAD_MAX: Duration = Duration::from_mins(5);
/// An invoice is put right for so long.
const DAYS_BACK_MAX: i64 = 400;
