//! What partners get, built field by field.
//!
//! The types here only serialize, and nothing but this module fills them. What says something about a
//! person or a device is set with the grant of its category, and is listed by `told()`.

mod coarse;
mod context;
mod device;
mod identifying;
mod lot;
mod notice;
mod plumbing;
mod regs;
mod shared;
mod telling;
mod user;

pub use context::{AppContext, Context, DoohContext, Publisher, SiteContext, WrittenContext};
pub use device::OutDevice;
pub use lot::{Lot, LotImp};
pub use notice::{Notice, NoticeKind};
pub use plumbing::OutPlumbing;
pub use shared::Shared;
pub use user::OutUser;

use crate::{request::BidRequest, written::Written};
use bytes::Bytes;
use regs::{OutFlags, OutRegs};
use sluicegate_gate::{
    Body, DisclosureId, EncodeError, Family, Grant, Grants, NoPerson, Path, Told, ToldList, mark,
};
use sluicegate_signals::{GdprScope, Signals};
use std::{collections::BTreeSet, marker::PhantomData, sync::Arc};

/// Invariant in `'b`, like the grants.
type Brand<'b> = PhantomData<fn(&'b ()) -> &'b ()>;

/// Everything from which one partner's request is built. What of it is told is for the grants.
#[derive(Clone, Copy, Debug)]
pub struct Projection<'a> {
    /// The client's request.
    pub shared: &'a Shared<'a>,
    /// What of it this partner is asked for.
    pub lot: &'a Lot,
    /// What the request and its headers say about privacy.
    pub signals: &'a Signals<'a>,
    /// The registered inventory the request matched.
    pub context: Option<&'a Arc<WrittenContext>>,
    /// The registered placements: a `tagid` passes only if it is one of them.
    pub placements: &'a BTreeSet<String>,
    /// Who we are.
    pub platform: &'a Platform,
    /// The id of the disclosure, which becomes the id of the request.
    pub disclosure: DisclosureId,
    /// The id by which this partner alone knows the person.
    pub pairwise_user_id: Option<&'a str>,
    /// How long this partner has, in milliseconds.
    pub tmax_ms: Option<u32>,
}

/// The platform, as it calls itself in the supply chain and as a data provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its canonical domain.
    pub domain: String,
    /// Its id in its own `sellers.json`.
    pub seller_id: String,
}

/// Returns the id under which every partner knows the impression with that index.
pub fn imp_id_on_the_wire(index: usize) -> String {
    index.saturating_add(1).to_string()
}

/// Returns the index of the impression that a partner names; `None` if we never sent that id.
pub fn imp_index(request: &BidRequest, wire_id: &str) -> Option<usize> {
    // Why: a number can be written in several ways, and only one of them was sent.
    let number: usize = wire_id.parse().ok().filter(|_| !wire_id.starts_with(['+', '0']))?;
    let index = number.checked_sub(1)?;
    (index < request.imps.len()).then_some(index)
}

/// Bid requests to real-time bidding partners.
#[derive(Debug)]
pub struct BidRequestFamily;

impl Family for BidRequestFamily {
    type Of<'b> = OutRequest<'b>;
    const PATH: Path = Path::BidRequest;

    fn encode(
        _message: DisclosureId,
        bodies: &[OutRequest<'static>],
    ) -> Result<Bytes, EncodeError> {
        match bodies {
            [body] => body.encode(),
            _ => Err(EncodeError(String::from("a message holds exactly one bid request"))),
        }
    }
}

/// A bid request for one partner.
#[derive(Debug)]
pub struct OutRequest<'b> {
    disclosure: DisclosureId,
    plumbing: Option<OutPlumbing>,
    regs: OutRegs,
    context: Option<Arc<WrittenContext>>,
    device: OutDevice<'b>,
    user: OutUser<'b>,
    brand: Brand<'b>,
}

impl<'b> OutRequest<'b> {
    /// A request that says nothing yet. Without plumbing it cannot be written.
    pub fn new(disclosure: DisclosureId) -> Self {
        Self {
            disclosure,
            plumbing: None,
            regs: OutRegs::default(),
            context: None,
            device: OutDevice::new(),
            user: OutUser::new(),
            brand: PhantomData,
        }
    }

    /// Builds the request: of the projection, exactly what the grants open.
    pub fn build(grants: Grants<'b>, projection: &Projection<'_>) -> Self {
        let mut out = Self::new(projection.disclosure);
        let request = projection.shared.request;
        if let Some(grant) = grants.plumbing() {
            out.plumbing(grant, OutPlumbing::of(projection));
            out.consent(grant, projection.signals, &request.regs.gpp_sid);
            out.regs.dsa(request.regs.dsa.as_ref());
        }
        if let (Some(grant), Some(context)) = (grants.context(), projection.context) {
            out.context(grant, context);
        }
        if let Some(grant) = grants.coarse_device() {
            out.device.coarse(grant, projection.shared);
        }
        if let Some(grant) = grants.device_identifier() {
            out.device.identifying(grant, projection.shared);
            if let Some(id) = projection.pairwise_user_id {
                out.user.id(grant, id);
            }
        }
        if let Some(grant) = grants.demographic() {
            out.user.demographics(grant, &projection.platform.domain);
            if let Some(identifier) = grants.device_identifier() {
                out.user.lists(grant, identifier, &projection.platform.domain);
            }
        }
        if let (Some(grant), Some(place)) = (grants.precise_location(), &request.device.geo.place) {
            out.device.place(grant, place);
        }
        out
    }

    /// Sets what the exchange of messages itself needs.
    pub fn plumbing(&mut self, _grant: Grant<'b, mark::Plumbing>, plumbing: OutPlumbing) {
        self.plumbing = Some(plumbing);
    }

    /// Sets what the request said about privacy, as far as it may be passed on, and whether the General Data
    /// Protection Regulation applies, as was decided. `gpp_sid` are the sections in force as the client named them.
    pub fn consent(
        &mut self,
        grant: Grant<'b, mark::Plumbing>,
        signals: &Signals<'_>,
        gpp_sid: &[i64],
    ) {
        let passed_on = signals.passed_on(gpp_sid, grant.gdpr());
        if let Some(text) = &passed_on.tcf {
            self.user.consent(grant, text);
        }
        self.regs = OutRegs::of(OutFlags::of(signals, grant.gdpr()), passed_on);
    }

    /// Sets the site or app, by its registered names.
    pub fn context(&mut self, _grant: Grant<'b, mark::Context>, context: &Arc<WrittenContext>) {
        self.context = Some(Arc::clone(context));
    }

    /// Returns the device, to set its fields.
    pub fn device(&mut self) -> &mut OutDevice<'b> {
        &mut self.device
    }

    /// Returns the person, to set the fields.
    pub fn user(&mut self) -> &mut OutUser<'b> {
        &mut self.user
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        let Some(plumbing) = &self.plumbing else {
            return Err(EncodeError(String::from("a bid request needs plumbing")));
        };
        let object = Written::whole(USUAL_BYTES, |out| {
            out.join(&plumbing.0);
            if !self.regs.says_nothing() {
                out.object("regs", |regs| self.regs.write(regs));
            }
            if let Some(context) = &self.context {
                out.join(&context.0);
            }
            if !self.device.says_nothing() {
                out.object("device", |device| self.device.write(device));
            }
            if !self.user.told().is_empty() {
                out.object("user", |user| self.user.write(user));
            }
        });
        Ok(object.into())
    }
}

impl<'b> Body<'b> for OutRequest<'b> {
    fn disclosure(&self) -> DisclosureId {
        self.disclosure
    }

    fn told(&self) -> Vec<Told> {
        let mut told = self.device.told();
        told.extend(self.user.told().iter().cloned());
        told.extend(self.regs.told());
        told
    }

    fn into_told(self) -> ToldList {
        let mut told = self.device.into_told();
        told.add(self.user.into_told().into());
        told.add(self.regs.told().collect());
        told
    }
}

/// A bid request without a person: it has no field for one, and none for a consent string.
#[derive(Debug)]
pub struct ContextualRequest {
    disclosure: DisclosureId,
    plumbing: OutPlumbing,
    regs: OutFlags,
    context: Option<Arc<WrittenContext>>,
}

impl ContextualRequest {
    /// Builds the request from the projection's plumbing and context. `scope` is what the decision found.
    pub fn build(projection: &Projection<'_>, scope: GdprScope) -> Self {
        let mut regs = OutFlags::of(projection.signals, scope);
        regs.dsa(projection.shared.request.regs.dsa.as_ref());
        Self {
            disclosure: projection.disclosure,
            plumbing: OutPlumbing::of(projection),
            regs,
            context: projection.context.map(Arc::clone),
        }
    }
}

impl NoPerson for ContextualRequest {
    fn disclosure(&self) -> DisclosureId {
        self.disclosure
    }

    fn path(&self) -> Path {
        Path::ContextualBidRequest
    }

    fn url(&self) -> Option<String> {
        None
    }

    fn encode(&self) -> Result<Bytes, EncodeError> {
        let object = Written::whole(USUAL_BYTES, |out| {
            out.join(&self.plumbing.0);
            if !self.regs.says_nothing() {
                out.object("regs", |regs| self.regs.write(regs));
            }
            if let Some(context) = &self.context {
                out.join(&context.0);
            }
        });
        Ok(object.into())
    }
}

/// Room made for a request: most are smaller.
const USUAL_BYTES: usize = 4 * 1024;
