//! What people chose: choices, revisions, links and profiles, what partners and advertisers said of them, and the view
//! that decisions read.
//!
//! [`Settings`] is the service. It commits an [`Order`] through the [`SettingsStore`] port, applies
//! what was committed to its in-memory view, and only then returns. What an order changes is worked
//! out by [`plan()`], a pure function that every store calls inside its transaction, so that all
//! stores agree on it.
//!
//! Keys of people are kept as keyed 128-bit hashes and never as the values themselves. An absent
//! choice means the country's default; which default that is, `gate` knows.
//!
//! Never done here: a decision, a message to a partner, reading a clock or an environment.

mod apart;
pub mod conformance;
mod effects;
mod elsewhere;
mod key;
mod marks;
pub mod memory;
mod noted;
mod order;
mod pairwise;
mod plan;
mod port;
mod profile;
mod record;
mod service;
mod state;
mod table;
mod view;

pub use apart::apart;
pub use effects::{Effect, EffectRow, EffectStore, Took};
pub use elsewhere::{
    ACTIVITY_KEPT_FOR, ACTIVITY_MAX, Active, FromElsewhere, Heard, Keeping, LISTED_FOR_MAX,
    LISTS_MAX, ListName, Listed, Removal,
};
pub use key::{Keyring, RequestKeys, SHARDS, shard_of};
pub use marks::Marked;
pub use noted::{
    NOTED_MAX, NOTED_NAME_BYTES_MAX, Noted, NotedAct, NotedEdit, NotedKind, NotedList,
};
pub use order::{Actor, Change, LANGUAGE_BYTES_MAX, Order, Refusal, WORDS_BYTES_MAX};
pub use pairwise::{Pairwise, PairwiseId};
pub use plan::{Commit, Facts, KeyChange, LinkFact, LinkWrite, Plan, Reads, ShardChange, plan};
pub use port::{
    CommitError, Heads, ReadHistory, SettingsStore, SettingsStoreError, ShardSnapshot,
    TAIL_VERSIONS_MAX, UnreadRecord,
};
pub use profile::{
    Amend, Attribute, AttributeState, Candidate, Confidence, ConfidenceError, Correction, InUse,
    Profile, ProfileWrite,
};
pub use record::{ChangeRecord, Event};
pub use service::{ChangeError, Changed, OpenError, RefreshError, Settings};
pub use state::KeyState;
