//! One request with everything that is the same for all partners.

use crate::{
    call::{AuctionCall, AuctionError, Incoming, Speaker, Wanted},
    rates::Conversion,
    shelf::Shelf,
};
use sluicegate_gate::{
    Country, Decision, DisclosureId, Identifier, Kind, Membership, Opportunity, Question,
    SubjectState, Terms, Via, decide,
    time::{BootMillis, UnixMillis},
};
use sluicegate_openrtb::{
    money::Currency,
    request::{AuctionType, BidRequest},
    write::{Lot, Projection, Shared, WrittenContext},
};
use sluicegate_register::{Edition, Partnership};
use sluicegate_settings::{FromElsewhere, Keyring, RequestKeys};
use sluicegate_signals::{Gpc, Signals};
use std::sync::Arc;

/// A request that has been read, and whose word about the person has been weighed.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) request: BidRequest,
    pub(crate) keys: RequestKeys,
    /// The `Sec-GPC` header.
    gpc: Gpc,
    /// The currency in which bids are compared and answered.
    pub(crate) currency: Currency,
    pub(crate) conversion: Conversion,
    pub(crate) speaker: Speaker,
    pub(crate) wanted: Wanted,
}

impl Weighed {
    /// Reads the request, drops what the speaker may not say, and checks what an auction needs.
    pub(crate) fn of(
        call: AuctionCall,
        keyring: &Keyring,
        conversion: Conversion,
    ) -> Result<Self, AuctionError> {
        let mut request = match call.request {
            Incoming::Bytes(bytes) => BidRequest::read(&bytes)?,
            Incoming::Read(request) => *request,
        };
        let keys = match call.speaker {
            Speaker::Platform => believed(&request, keyring),
            Speaker::Browser { account, browser } => {
                request.user.id = None;
                request.user.browser = None;
                request.device.ifa = None;
                request.device.ifa_type = None;
                RequestKeys { account, device: None, browser }
            }
        };
        if call.wanted == Wanted::AllBids {
            // Why: the caller's own auction pays what was bid, and partners bid by what they are told.
            request.auction = AuctionType::FirstPrice;
        }
        let currency = request.currencies.first().copied().unwrap_or(Currency::USD);
        let AuctionCall { gpc, speaker, wanted, .. } = call;
        Ok(Self { request, keys, gpc, currency, conversion, speaker, wanted })
    }
}

impl Weighed {
    /// Reads what the request and its header say about privacy.
    pub(crate) fn signals(&self) -> Signals<'_> {
        let signals = self.request.signals();
        Signals { gpc: signals.gpc.or(self.gpc), ..signals }
    }

    /// Returns whether the caller must not learn that nothing about the person may be told.
    pub(crate) fn hides_reasons(&self) -> bool {
        matches!(self.speaker, Speaker::Browser { .. })
    }
}

fn believed(request: &BidRequest, keyring: &Keyring) -> RequestKeys {
    let device = match request.identifier() {
        Identifier::Present => request.device.ifa.as_ref(),
        Identifier::Absent | Identifier::AllZero => None,
    };
    RequestKeys {
        account: request.user.id.as_ref().map(|id| keyring.account(id.open())),
        device: device.map(|id| keyring.device(id.open())),
        browser: request.user.browser.as_ref().map(|id| keyring.browser(id.open())),
    }
}

/// A weighed request at one moment under one edition.
#[derive(Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) weighed: &'a Weighed,
    /// Read once, for all partners.
    pub(crate) signals: Signals<'a>,
    pub(crate) edition: Arc<Edition>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) context: Option<Arc<WrittenContext>>,
    pub(crate) subject: SubjectState,
    /// What partners and advertisers said of the person, read once.
    pub(crate) said: Option<Arc<FromElsewhere>>,
    /// Of that, the lists that count.
    pub(crate) memberships: Vec<Membership>,
    pub(crate) now: UnixMillis,
    pub(crate) boot: BootMillis,
}

impl Occasion<'_> {
    /// Iterates over the partnerships that bid, in the register's order.
    pub(crate) fn bidders(&self) -> impl Iterator<Item = &Partnership> {
        self.edition
            .partnerships()
            .iter()
            .filter(|one| one.terms.kind == Kind::RealTimeBidding && one.terms.via == Via::Openrtb)
    }

    /// Asks the gate about one partnership.
    pub(crate) fn decide(&self, partnership: &Partnership) -> Decision {
        self.ask(&partnership.terms, decide)
    }

    /// Puts the question about this request.
    pub(crate) fn ask<T>(&self, terms: &Terms, answer: impl FnOnce(&Question<'_>) -> T) -> T {
        let request = &self.weighed.request;
        answer(&Question {
            terms,
            edition: self.edition.hash(),
            subject: &self.subject,
            memberships: &self.memberships,
            signals: &self.signals,
            country: self.country(),
            surface: request.surface(),
            identifier: request.identifier(),
            opportunity: Opportunity::Bid,
            now: self.now,
            boot: self.boot,
        })
    }

    /// Returns what every partner's request is built from.
    pub(crate) fn shared(&self) -> Shared<'_> {
        Shared::of(&self.weighed.request, self.country())
    }

    /// Returns what one partner's request is built from.
    pub(crate) fn projection<'a>(
        &'a self,
        (shared, lot): (&'a Shared<'a>, &'a Lot),
        disclosure: DisclosureId,
        pairwise_user_id: Option<&'a str>,
        tmax_ms: u32,
    ) -> Projection<'a> {
        Projection {
            shared,
            lot,
            signals: &self.signals,
            context: self.context.as_ref(),
            placements: &self.shelf.placements,
            platform: &self.shelf.platform,
            disclosure,
            pairwise_user_id,
            tmax_ms: Some(tmax_ms),
        }
    }

    fn country(&self) -> Option<Country> {
        self.weighed.request.country()
    }
}
