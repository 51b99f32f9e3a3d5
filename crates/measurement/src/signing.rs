//! Which keys sign the messages to a partnership, and their rotation with overlap.
//!
//! The keys themselves are derived from the root and never stored: what is kept is which number is in
//! use since when, and until when the one before it goes on signing beside it. Every partnership has a
//! key of its own for `v1a` from the beginning; a shared secret for `v1` is issued when an operator asks.

use crate::{JournalError, Keys};
use futures_util::future::BoxFuture;
use parking_lot::RwLock;
use sluicegate_gate::{
    PartnershipId, Secret,
    time::{Clock, UnixMillis},
};
use sluicegate_settings::apart;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// HMAC-SHA256 under a secret that the partner has, too.
    V1,
    /// Ed25519: the partner has the public half.
    V1a,
}

impl Scheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V1, Self::V1a];

    /// Returns its name in Standard Webhooks.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1a => "v1a",
        }
    }

    /// Returns the scheme of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }
}

/// One key of a partnership, without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// How it signs.
    pub scheme: Scheme,
    /// Which: numbers of a scheme count up from 1.
    pub number: u32,
    /// Since when it signs.
    pub since: UnixMillis,
    /// Until when, if another has taken its place.
    pub until: Option<UnixMillis>,
}

impl SigningKey {
    fn is_live(&self, now: UnixMillis) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A key that signs now.
#[derive(Clone, Debug)]
pub struct LiveKey {
    /// Which.
    pub key: SigningKey,
    /// What it is made from.
    pub seed: Secret<[u8; 32]>,
}

/// Where it is kept which keys sign. Every method is one transaction; a write returns once it is durable.
pub trait KeyStore: Send + Sync + fmt::Debug {
    /// Returns all that is kept, by partnership, scheme and number.
    fn signing_keys(&self)
    -> BoxFuture<'_, Result<Vec<(PartnershipId, SigningKey)>, JournalError>>;

    /// Keeps these, in place of everything kept of the partnership before.
    fn keep_signing_keys(
        &self,
        partnership: PartnershipId,
        keys: Vec<SigningKey>,
    ) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// The signing keys of all partnerships.
#[derive(Debug)]
pub struct Signing {
    store: Arc<dyn KeyStore>,
    keys: Keys,
    clock: Arc<dyn Clock>,
    known: RwLock<BTreeMap<PartnershipId, Vec<SigningKey>>>,
    /// One rotation at a time.
    rotating: tokio::sync::Mutex<()>,
}

/// A key was not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// With the new key three would sign, those of the configuration among them: there are never three.
    #[error(
        "three would sign; rotate with an overlap of 0, let an overlap end, or take a secret out of the configuration"
    )]
    ThreeLive,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] JournalError),
}

impl Signing {
    /// Reads which keys sign.
    pub async fn open(
        store: Arc<dyn KeyStore>,
        keys: Keys,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let mut known: BTreeMap<PartnershipId, Vec<SigningKey>> = BTreeMap::new();
        for (partnership, key) in store.signing_keys().await? {
            known.entry(partnership).or_default().push(key);
        }
        let rotating = tokio::sync::Mutex::default();
        Ok(Self { store, keys, clock, known: RwLock::new(known), rotating })
    }

    /// Returns the keys of a partnership that sign at a time: at most two of each scheme, the newest first.
    pub fn live(&self, partnership: &PartnershipId, now: UnixMillis) -> Vec<LiveKey> {
        let mut live = self.kept(partnership);
        live.retain(|key| key.is_live(now));
        live.sort_by_key(|key| (key.scheme, std::cmp::Reverse(key.number)));
        let with_seed = |key: SigningKey| LiveKey {
            key,
            seed: self.keys.signing_seed(partnership, key.scheme.name(), key.number),
        };
        live.into_iter().map(with_seed).collect()
    }

    /// Puts a new key of a scheme in place of the present one, which goes on signing beside it for the
    /// overlap. The first shared secret has none before it. Without overlap every key of the scheme stops at
    /// once, also one whose own overlap still runs. `configured` secrets of the scheme sign in any case. Begun, it is
    /// done, also where whoever asked goes away.
    pub async fn rotate(
        self: &Arc<Self>,
        partnership: &PartnershipId,
        scheme: Scheme,
        overlap: Duration,
        configured: usize,
    ) -> Result<SigningKey, RotateError> {
        let (signing, partnership) = (Arc::clone(self), partnership.clone());
        apart(async move { signing.rotate_here(&partnership, scheme, overlap, configured).await })
            .await
    }

    async fn rotate_here(
        &self,
        partnership: &PartnershipId,
        scheme: Scheme,
        overlap: Duration,
        configured: usize,
    ) -> Result<SigningKey, RotateError> {
        let _one = self.rotating.lock().await;
        let now = self.clock.now();
        let (mut before, mut keys): (Vec<_>, Vec<_>) =
            self.kept(partnership).into_iter().partition(|key| key.scheme == scheme);
        let last = before.iter().map(|key| key.number).max().unwrap_or(0);
        // Why: one that ended now would sign again if the clock went back.
        before.retain(|key| !overlap.is_zero() && key.is_live(now));
        if configured + before.len() >= LIVE_MAX {
            return Err(RotateError::ThreeLive);
        }
        for key in &mut before {
            key.until = Some(now.plus(overlap));
        }
        keys.append(&mut before);
        let number = last.saturating_add(1);
        let new = SigningKey { scheme, number, since: now, until: None };
        keys.push(new);
        self.store.keep_signing_keys(partnership.clone(), keys.clone()).await?;
        self.known.write().insert(partnership.clone(), keys);
        Ok(new)
    }

    fn kept(&self, partnership: &PartnershipId) -> Vec<SigningKey> {
        let mut keys = self.known.read().get(partnership).cloned().unwrap_or_default();
        if !keys.iter().any(|key| key.scheme == Scheme::V1a) {
            let first =
                SigningKey { scheme: Scheme::V1a, number: 1, since: UnixMillis(0), until: None };
            keys.push(first);
        }
        keys
    }
}

/// Keys of a scheme that sign at once.
const LIVE_MAX: usize = 2;

/// The contract of a [`KeyStore`], run against an empty one.
pub async fn check_key_store(store: &dyn KeyStore) -> Result<bool, JournalError> {
    let Ok(meter) = "meter".parse::<PartnershipId>() else { return Ok(false) };
    let Ok(gauge) = "gauge".parse::<PartnershipId>() else { return Ok(false) };
    let key = |scheme, number, until| SigningKey { scheme, number, since: UnixMillis(7), until };
    let is_empty = store.signing_keys().await?.is_empty();
    let first = vec![key(Scheme::V1a, 1, None)];
    store.keep_signing_keys(meter.clone(), first.clone()).await?;
    store.keep_signing_keys(gauge.clone(), first.clone()).await?;
    let ended = key(Scheme::V1a, 1, Some(UnixMillis(9)));
    let second = vec![key(Scheme::V1, 1, None), ended, key(Scheme::V1a, 2, None)];
    store.keep_signing_keys(meter.clone(), second.clone()).await?;
    let of_gauge = first.into_iter().map(|key| (gauge.clone(), key));
    let expected: Vec<_> =
        of_gauge.chain(second.into_iter().map(|key| (meter.clone(), key))).collect();
    Ok(is_empty && store.signing_keys().await? == expected)
}
