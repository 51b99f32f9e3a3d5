//! What the next message to each partner would say, made by the rules that decide about real ones and not sent.

use super::{
    arrangements::Teller,
    fields,
    language::{Message, Registered},
    words,
};
use crate::gpc::gpc;
use http::{HeaderMap, header};
use serde_json::json;
use sluicegate_exchange::{self as exchange, AuctionCall, Exchange, Incoming, Speaker, Wanted};
use sluicegate_gate::{
    Category, KeyKind, Kind, Loss, PartnershipId, Reason, SubjectKey, Told, Via, time::Clock,
};
use sluicegate_measurement::{self as measurement, Deliveries};
use sluicegate_register::{Current, Edition};
use sluicegate_settings::{Keyring, Settings};
use sluicegate_signals::Gpc;
use std::{fmt, sync::Arc};

/// Makes the messages.
pub trait Next: Send + Sync + fmt::Debug {
    /// Returns what would be told about an account or a browser, as the request at hand describes it, in the
    /// register's order.
    fn next(&self, key: SubjectKey, headers: &HeaderMap) -> Vec<NextMessage>;
}

/// What one partnership would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextMessage {
    /// To whom it would go.
    pub partnership: PartnershipId,
    /// The values.
    pub told: Vec<Told>,
    /// Whether it would be asked without anything about the person.
    pub is_contextual: bool,
    /// Why something is left out.
    pub reasons: Vec<Reason>,
}

/// Makes them by the exchange and the deliveries of this gateway.
#[derive(Debug)]
pub struct NextMessages {
    /// Real-time bidding.
    pub exchange: Arc<Exchange>,
    /// Conversion tracking.
    pub deliveries: Deliveries,
    /// The edition in force.
    pub current: Arc<Current>,
    /// Countries of accounts.
    pub settings: Arc<Settings>,
    /// Turns ids into keys.
    pub keyring: Arc<Keyring>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
}

/// A partnership on the page, with what it would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NextPartner {
    pub(super) id: String,
    pub(super) partner: String,
    pub(super) title: Registered,
    pub(super) is_controlled: bool,
    pub(super) is_contextual: bool,
    pub(super) fields: Vec<fields::Line>,
    pub(super) reasons: Vec<Message>,
}

impl Next for NextMessages {
    fn next(&self, key: SubjectKey, headers: &HeaderMap) -> Vec<NextMessage> {
        let Some(edition) = self.current.load() else { return Vec::new() };
        let mut made = self.bids(&edition, key, headers);
        made.extend(self.events(&edition, key, headers));
        let order =
            |id: &PartnershipId| edition.partnerships().iter().position(|one| one.terms.id == *id);
        made.sort_by_key(|message| order(&message.partnership));
        made
    }
}

impl NextMessages {
    fn bids(&self, edition: &Edition, key: SubjectKey, headers: &HeaderMap) -> Vec<NextMessage> {
        let site = edition.inventory().sites.first().map(|site| &site.id);
        let request = json!({
            "id": "next",
            "imp": [{ "id": "1", "banner": { "w": 300, "h": 250 } }],
            "site": { "id": site },
            "device": {
                "ua": text(headers, header::USER_AGENT),
                "language": language(headers),
                "geo": { "country": self.country(key) },
            },
        });
        let speaker = match key.kind {
            KeyKind::Account => Speaker::Browser { account: Some(key), browser: None },
            KeyKind::Browser => Speaker::Browser { account: None, browser: Some(key) },
            KeyKind::Device => return Vec::new(),
        };
        let call = AuctionCall {
            request: Incoming::Bytes(request.to_string().into()),
            speaker,
            gpc: gpc(headers),
            wanted: Wanted::Winners,
        };
        match self.exchange.explain(call, None) {
            Ok(explained) => explained.into_iter().filter_map(bid).collect(),
            Err(error) => {
                tracing::warn!(error = %error, "the next bid request could not be shown");
                Vec::new()
            }
        }
    }

    fn events(&self, edition: &Edition, key: SubjectKey, headers: &HeaderMap) -> Vec<NextMessage> {
        let takes_events = edition.partnerships().iter().filter(|one| one.terms.via == Via::Events);
        let made = takes_events.filter_map(|partnership| {
            let id = &partnership.terms.id;
            let all = edition.advertisers();
            let linked = all.iter().find(|one| one.measurement.contains(id)).or(all.first())?;
            let exposure = json!({
                "id": "next", "timestamp_ms": self.clock.now(), "interaction_type": "impression",
                "impression_id": "next", "advertiser_id": linked.id.as_str(),
                "campaign_id": "next", "line_item_id": "next", "creative_id": "next",
                "placement": "next", "ad_format": "banner", "browser_id": "next",
                "country": self.country(key), "gpc": gpc(headers) == Gpc::On,
            });
            let exposure = exposure.to_string();
            let explained =
                self.deliveries.explain_known(exposure.as_bytes(), &self.keyring, key, id);
            match explained {
                Ok(explained) => explained.into_iter().map(event).next(),
                Err(error) => {
                    tracing::warn!(error = %error, "the next event could not be shown");
                    None
                }
            }
        });
        made.collect()
    }

    fn country(&self, key: SubjectKey) -> Option<String> {
        let keys = sluicegate_settings::RequestKeys {
            account: (key.kind == KeyKind::Account).then_some(key),
            ..Default::default()
        };
        self.settings.subject(&keys).account_country.map(|country| country.alpha3().to_owned())
    }
}

fn bid(explained: exchange::Explanation) -> Option<NextMessage> {
    use exchange::Verdict;
    let (told, is_contextual, losses) = match explained.verdict {
        Verdict::Told(preview) => (preview.told, false, preview.losses),
        Verdict::Contextual { losses, .. } => (Vec::new(), true, losses),
        Verdict::Withheld { losses } => (Vec::new(), false, losses),
        Verdict::NotAsked(_) | Verdict::UnknownInventory | Verdict::NotWritten => return None,
    };
    Some(NextMessage {
        partnership: explained.partnership,
        told: personal(told),
        is_contextual,
        reasons: reasons(&losses),
    })
}

fn event(explained: measurement::Explanation) -> NextMessage {
    use measurement::Verdict;
    let (told, losses) = match explained.verdict {
        Verdict::Told(preview) => (preview.told, preview.losses),
        Verdict::Withheld { losses } => (Vec::new(), losses),
        Verdict::TooOld => (Vec::new(), Vec::new()),
    };
    let is_of_the_ad = |told: &Told| OF_THE_AD.contains(&told.field.as_ref());
    let told = personal(told).into_iter().filter(|told| !is_of_the_ad(told)).collect();
    let partnership = explained.partnership;
    NextMessage { partnership, told, is_contextual: false, reasons: reasons(&losses) }
}

/// Fields of an exposure that say which ad it was, or when: there is none yet.
const OF_THE_AD: [&str; 6] =
    ["timestamp", "advertiser_id", "campaign_id", "line_item_id", "creative_id", "app_id"];

fn personal(mut told: Vec<Told>) -> Vec<Told> {
    told.retain(|told| match told.category {
        Category::Plumbing | Category::Context => false,
        Category::CoarseDevice
        | Category::DeviceIdentifier
        | Category::Demographic
        | Category::Exposure
        | Category::PreciseLocation => true,
    });
    told
}

fn reasons(losses: &[Loss]) -> Vec<Reason> {
    losses.iter().map(|loss| loss.reason).collect()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn language(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::ACCEPT_LANGUAGE)?.split(['-', ',', ';']).next()
}

/// Puts the messages into words.
pub(super) fn told(teller: &Teller<'_>, messages: Vec<NextMessage>) -> Vec<NextPartner> {
    let told = messages.into_iter().map(|message| {
        let (kind, partner, title) = teller.named(&message.partnership);
        let mut reasons: Vec<Message> = Vec::new();
        for reason in message.reasons {
            let said = words::reason(teller.language, reason);
            if !reasons.contains(&said) {
                reasons.push(said);
            }
        }
        NextPartner {
            id: message.partnership.to_string(),
            partner,
            title,
            is_controlled: kind.is_none_or(Kind::is_controlled),
            is_contextual: message.is_contextual,
            fields: fields::lines(teller.language, &named(teller, message.told)),
            reasons,
        }
    });
    told.collect()
}

/// Puts words in the place of an id that is made from what the browser sends only then.
fn named(teller: &Teller<'_>, mut told: Vec<Told>) -> Vec<Told> {
    for one in told.iter_mut().filter(|one| one.field == "browser_id_hash") {
        one.value = teller.language.say("next-id").plain();
    }
    told
}

impl NextPartner {
    /// Returns the message that says whether it would get something.
    pub(super) fn chip(&self) -> &'static str {
        if self.fields.is_empty() { "next-chip-nothing" } else { "next-chip-told" }
    }

    /// Returns the message that says what would happen.
    pub(super) fn outcome(&self) -> &'static str {
        match (self.fields.is_empty(), self.is_contextual) {
            (false, _) => "next-told",
            (true, true) => "next-contextual",
            (true, false) => "next-nothing",
        }
    }
}
