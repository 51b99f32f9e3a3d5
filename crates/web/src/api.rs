//! The programming interfaces: the platform's services, operators, and browsers that ask for ads.
//!
//! Keys of people travel in bodies, never in addresses. Errors are problem documents.

mod activity;
mod auction;
mod audiences;
mod bills;
pub(crate) mod body;
mod buyers;
mod canaries;
mod choices;
mod compressed;
mod conversions;
mod costs;
mod dead;
mod deletion;
mod deliveries;
mod disclosures;
mod effectiveness;
mod erase;
mod explain;
mod exposures;
mod feedback;
mod health;
mod incidents;
mod keys;
mod lanes;
mod links;
mod log;
mod lookups;
mod me;
mod origins;
mod partnerships;
mod postbacks;
mod profiles;
mod proofs;
mod query;
mod recalls;
mod receipt;
pub(crate) mod receipts;
mod recounts;
mod register;
mod renders;
pub(crate) mod report;
mod room;
mod sessions;
mod signing;
mod standing;
mod subject;

pub use deletion::DELETION_REQUESTS;
pub use erase::{EraseFailed, Erasures};
pub use keys::{ApiKey, ApiKeys, Scope};
pub use register::{PublishError, Suspensions, publish_edition};
pub use renders::{BILLABLE_EVENTS, WIN_EVENTS};

use crate::{
    limits::{Act, Peer},
    pages::{Look, Next, lost, report as report_page},
    problem::Problem,
};
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next as Then},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use sluicegate_audiences::{Tags, Uploads};
use sluicegate_canary::Watch;
use sluicegate_egress::{Egress, PartnerSecrets};
use sluicegate_exchange::Exchange;
use sluicegate_gate::{SubjectKey, time::Clock};
use sluicegate_ledger::{IncidentStore, Ledger, log::book::Book};
use sluicegate_measurement::{
    Deliveries, Intake, Signing,
    apple::Postbacks,
    cost::CostIntake,
    lookup::{Conversions, Lookup},
    report::Reports,
};
use sluicegate_recall::{Recalls, deletion::Receiver};
use sluicegate_register::{Current, EditionStore, Feedback};
use sluicegate_settings::{EffectStore, Keyring, Settings};
use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

/// Tells who the person of a request is, and how often somebody may ask in their name.
pub trait Sessions: Send + Sync + fmt::Debug {
    /// Returns the account of the session that the request's cookies carry.
    fn account(&self, headers: &http::HeaderMap) -> Option<SubjectKey>;

    /// Returns the browser, where somebody chose something in it and it so has a number of ours.
    fn browser(&self, headers: &http::HeaderMap) -> Option<SubjectKey>;

    /// Returns the account of a token that the platform signed for the settings interface, where it holds.
    fn bearer(&self, token: &str) -> Option<SubjectKey>;

    /// Counts one act in a person's name; where it is one too many, returns how long to wait.
    fn pass(&self, act: Act, account: SubjectKey) -> Result<(), Duration>;

    /// Counts one act of the client that a request comes from; where it is one too many, returns how long to wait.
    fn pass_client(&self, act: Act, peer: Peer, headers: &http::HeaderMap) -> Result<(), Duration>;

    /// Returns the network of the client that a request comes from.
    fn client(&self, peer: Peer, headers: &http::HeaderMap) -> IpAddr;

    /// Ends every session of an account, or of a device.
    fn end_all(&self, key: SubjectKey);
}

/// Renders figures of other parts of the program for `/metrics`.
pub trait Figures: Send + Sync + fmt::Debug {
    /// Returns lines in the Prometheus text format.
    fn render(&self) -> String;
}

/// Knows how much room is left on the disk.
pub trait DiskRoom: Send + Sync + fmt::Debug {
    /// Returns how many bytes are free, where that is known.
    fn free_bytes(&self) -> Option<u64>;

    /// Returns whether that is less than the gateway needs.
    fn is_full(&self) -> bool;
}

/// Everything that the interfaces need.
#[derive(Debug)]
pub struct Api {
    /// Real-time bidding.
    pub exchange: Arc<Exchange>,
    /// Exposures.
    pub intake: Arc<Intake>,
    /// What ads cost.
    pub costs: CostIntake,
    /// What measurement partners are told of exposures.
    pub deliveries: Deliveries,
    /// What they are told of conversions.
    pub lookup: Lookup,
    /// What advertisers are told.
    pub reports: Reports,
    /// What Apple's devices report.
    pub postbacks: Postbacks,
    /// How much partners ask.
    pub conversions: Arc<dyn Conversions>,
    /// The door, for answers to partners' own calls.
    pub egress: Arc<Egress>,
    /// What partners say of people.
    pub uploads: Arc<Uploads>,
    /// Which paths are closed, and how the canaries are doing.
    pub watch: Arc<Watch>,
    /// What partners are told to forget or correct.
    pub recalls: Recalls,
    /// Requests to delete that others send.
    pub receiver: Receiver,
    /// What advertisers' tags say of people.
    pub tags: Arc<Tags>,
    /// Which keys sign messages to partners.
    pub signing: Arc<Signing>,
    /// What the configuration has of them.
    pub secrets: Arc<PartnerSecrets>,
    /// Choices, links, profiles.
    pub settings: Arc<Settings>,
    /// What became of choices, counted.
    pub effects: Arc<dyn EffectStore>,
    /// What left.
    pub ledger: Arc<Ledger>,
    /// Erases people.
    pub erasures: Arc<dyn Erasures>,
    /// The log over what left.
    pub book: Arc<Book>,
    /// The room on the disk where all of it is kept.
    pub disk: Arc<dyn DiskRoom>,
    /// What left, asked for by path, partner, edition, version and time.
    pub incidents: Arc<dyn IncidentStore>,
    /// `ledger.export_people`: whether the people of an incident may be named.
    pub export_people: bool,
    /// The edition in force.
    pub current: Arc<Current>,
    /// All editions.
    pub editions: Arc<dyn EditionStore>,
    /// What readers say of the page of partners.
    pub feedback: Arc<dyn Feedback>,
    /// The platform's name.
    pub platform: String,
    /// How pages fit into the platform.
    pub look: Arc<Look>,
    /// Turns ids of people into keys.
    pub keyring: Arc<Keyring>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Who may call.
    pub keys: ApiKeys,
    /// Origins whose pages may ask for ads.
    pub origins: Vec<String>,
    /// What the next message to each partner would say.
    pub next: Arc<dyn Next>,
    /// Who is signed in.
    pub sessions: Arc<dyn Sessions>,
    /// Figures of the rest of the program.
    pub figures: Arc<dyn Figures>,
    /// `settings.takes_effect_within_ms`.
    pub takes_effect_within: Duration,
}

/// How a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Over the network: keys are checked.
    Network,
    /// Over the local socket of the data directory: an operator.
    Local,
}

/// What every handler is given.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    api: Arc<Api>,
    entry: Entry,
    report: Arc<effectiveness::Kept>,
    lanes: Arc<lanes::Lanes>,
    room: room::Room,
    turns: report::Turns,
}

impl std::ops::Deref for Desk {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Desk {
    /// Passes callers with a key of that scope, and the local socket.
    fn require(&self, headers: &http::HeaderMap, scope: Scope) -> Result<(), Problem> {
        match self.entry {
            Entry::Local => Ok(()),
            Entry::Network => self.keys.require(headers, scope),
        }
    }

    /// Says whether a caller has a key of that scope, also as the password that a browser asks for.
    pub(crate) fn admits(&self, headers: &http::HeaderMap, scope: &Scope) -> bool {
        match self.entry {
            Entry::Local => true,
            Entry::Network => self.keys.admits(headers, scope),
        }
    }

    /// Returns whose key the caller has, if any.
    fn caller(&self, headers: &http::HeaderMap) -> Result<Option<Scope>, Problem> {
        match self.entry {
            Entry::Local => Ok(Some(Scope::Operator)),
            Entry::Network => self.keys.scope(headers),
        }
    }
}

/// Returns the routes of the interfaces.
pub fn router(api: Arc<Api>, entry: Entry) -> Router {
    let (lanes, room, turns) = (Arc::default(), room::Room::default(), report::Turns::default());
    let desk = Desk { api, entry, report: Arc::default(), lanes, room, turns };
    for_keys()
        .merge(for_advertisers())
        .merge(of_the_record())
        .merge(for_everyone().route_layer(middleware::from_fn_with_state(desk.clone(), limit)))
        .merge(of_a_person())
        .method_not_allowed_fallback(lost::method_not_allowed)
        .layer(middleware::from_fn(compressed::check))
        .with_state(desk)
}

/// With what addresses of the interfaces begin, without those that no path of pages can have.
pub(crate) const TAKEN: [&str; 10] = [
    "dsrdelete",
    "effectiveness",
    "events",
    "healthz",
    "metrics",
    "openrtb2",
    "readyz",
    "reports",
    "tlog",
    "v1",
];

/// What is for holders of keys, mostly.
fn for_keys() -> Router<Desk> {
    Router::new()
        .route("/openrtb2/auction", post(auction::auction).options(origins::preflight))
        .route("/cookie_sync", post(auction::cookie_sync).options(origins::preflight))
        .route("/v1/renders", post(renders::rendered))
        .route("/events/billable/{token}", get(renders::event))
        .route("/events/win/{token}", get(renders::win))
        .route("/v1/exposures", post(exposures::exposures))
        .route("/v1/costs", post(costs::costs))
        .route("/v1/partners/{id}/audiences", post(audiences::upload))
        .route("/v1/audiences/query", post(audiences::query))
        .route("/v1/activity", post(activity::activity))
        .route("/v1/choices", post(choices::choose))
        .route("/v1/choices/query", post(choices::query))
        .route("/v1/links", post(links::link))
        .route("/v1/links/remove", post(links::unlink))
        .route("/v1/profiles", post(profiles::write))
        .route("/v1/profiles/query", post(profiles::query))
        .route("/v1/canaries", get(canaries::show))
        .route("/v1/canaries/{path}/reopen", post(canaries::reopen))
        .route("/v1/recalls", get(recalls::list))
        .route("/v1/recalls/query", post(recalls::query))
        .route("/v1/partners/{id}/recalls/{message}/acknowledge", post(recalls::acknowledge))
        .route("/v1/partnerships/{id}/recalls/lift", post(recalls::lift))
        .route("/dsrdelete.json", get(deletion::listing))
        .route("/v1/people/erase", post(erase::erase))
        .route("/v1/decisions/explain", post(explain::explain))
        .route("/v1/register/editions", post(register::publish).get(register::list))
        .route("/v1/deliveries", get(deliveries::list))
        .route("/v1/partnerships/{id}/resume", post(partnerships::resume))
        .route("/v1/partners/{id}/conversions", post(conversions::conversions))
        .route("/v1/partners/{id}/claims/{claim}/outcome", post(conversions::outcome))
        .route("/v1/partners/{id}/events", post(conversions::events))
        .route("/v1/partnerships/{id}/replay", post(partnerships::replay))
        .route("/v1/partnerships/{id}/dead", get(dead::list))
        .route("/v1/partnerships/{id}/dead/requeue", post(dead::requeue))
        .route("/v1/partnerships/{id}/keys", get(signing::list))
        .route("/v1/partnerships/{id}/keys/rotate", post(signing::rotate))
        .route("/v1/partnerships/{id}/bills/dead", get(bills::dead))
        .route("/v1/partnerships/{id}/bills/retry", post(bills::retry))
        .route("/v1/buyers", get(buyers::list))
        .route("/v1/feedback", get(feedback::list))
        .route("/v1/feedback/{id}/remove", post(feedback::remove))
        .route("/v1/sessions/end", post(sessions::end))
        .route("/v1/status", get(health::status))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/.well-known/gpc.json", get(health::gpc))
}

/// What an advertiser's ads led to, for programs and for browsers.
fn for_advertisers() -> Router<Desk> {
    Router::new()
        .route("/v1/advertisers/{id}/report", get(report::json))
        .route("/v1/advertisers/{id}/report.csv", get(report::csv))
        .route("/v1/advertisers/{id}/conversions.csv", get(report::conversions_csv))
        .route("/reports/{id}", get(report_page::show))
        .route("/reports/{id}/report.csv", get(report_page::csv))
        .route("/reports/{id}/conversions.csv", get(report_page::conversions_csv))
        .route("/reports/{id}/report.json", get(report_page::json))
}

/// What left, asked for and proven.
fn of_the_record() -> Router<Desk> {
    Router::new()
        .route("/v1/ledger/sheets/{number}", get(log::sheet))
        .route("/v1/ledger/proofs", post(proofs::query))
        .route("/v1/ledger/recounts", post(recounts::count))
        .route("/v1/receipts/query", post(disclosures::receipt))
        .route("/v1/incidents/query", post(incidents::query))
        .route("/v1/incidents/people", post(incidents::people))
        .route("/v1/disclosures/query", post(disclosures::query))
}

/// What anybody may ask without a key, each client so often.
fn for_everyone() -> Router<Desk> {
    Router::new()
        .route("/v1/postbacks/apple", post(postbacks::apple))
        .route("/tlog/checkpoint", get(log::checkpoint))
        .route("/tlog/cosigned", get(log::cosigned))
        .route("/tlog/cosignatures", post(log::cosign))
        .route("/tlog/key", get(log::key))
        .route("/tlog/tile/{*path}", get(log::tile))
        .route(DELETION_REQUESTS, post(deletion::take))
        .route("/effectiveness", get(effectiveness::page))
        .route("/effectiveness.json", get(effectiveness::json))
        .route("/.well-known/webhook-keys.json", get(signing::published))
}

/// Refuses a client that asks too often. Whoever comes without an address is on this machine.
async fn limit(State(desk): State<Desk>, request: Request, next: Then) -> Response {
    let peer = request.extensions().get::<Peer>();
    let passed = peer.map(|peer| desk.sessions.pass_client(Act::Public, *peer, request.headers()));
    match passed {
        Some(Err(wait)) => Problem::too_soon(wait).into_response(),
        Some(Ok(())) | None => next.run(request).await,
    }
}

/// The settings interface.
fn of_a_person() -> Router<Desk> {
    Router::new()
        .route("/v1/me/settings", get(me::settings::show).post(me::settings::change))
        .route("/v1/me/data", get(me::data::show).post(me::data::correct))
        .route("/v1/me/data/noted", post(me::data::edit))
        .route("/v1/me/data/removals", post(me::data::remove))
        .route("/v1/me/shared", get(me::shared::show))
        .route("/v1/me/next", get(me::next::show))
        .route("/v1/me/recalls", get(me::recalls::show))
        .route("/v1/me/history", get(me::history::show))
        .route("/v1/me/export", get(me::export::show))
        .route("/v1/me/openapi.json", get(me::described::show))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{LookError, OwnLook};
    use std::collections::BTreeSet;

    #[test]
    fn what_comes_without_a_key_and_costs_a_signature_is_limited() {
        let (limited, others) = (format!("{:?}", for_everyone()), format!("{:?}", for_keys()));
        for route in ["/v1/postbacks/apple", DELETION_REQUESTS] {
            assert!(limited.contains(&format!("\"{route}\"")), "{limited}");
            assert!(!others.contains(&format!("\"{route}\"")), "{others}");
        }
    }

    #[test]
    fn no_pages_can_live_where_an_interface_is() {
        let all = [for_keys(), for_advertisers(), of_the_record(), for_everyone(), of_a_person()];
        // What a router shows of itself has its addresses in quotes.
        let shown = format!("{all:?}");
        let addresses = shown.split('"').filter_map(|text| text.strip_prefix('/'));
        let firsts: BTreeSet<&str> =
            addresses.filter_map(|address| address.split('/').next()).collect();
        for first in &firsts {
            let own = OwnLook { path: format!("/{first}"), ..OwnLook::default() };
            let taken = LookError::Taken(format!("/{first}"));
            let error = Look::new(own).unwrap_err();
            assert!(error == taken || error == LookError::Path, "{first}: {error}");
        }
        assert!(TAKEN.iter().all(|taken| firsts.contains(taken)), "{firsts:?}");
    }
}
