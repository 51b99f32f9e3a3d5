//! What partners and advertisers say of people: on which lists a partner puts them, and what they do off
//! the platform.
//!
//! A batch is read, checked item by item by its form alone, and made durable in the [`Inbox`]; only then
//! is it answered, and the answer is the same whether or not anybody is meant. What it says is applied to
//! accounts afterwards ([`Applier`]), by the rules of `settings`. So neither the answer nor the time it
//! takes tells whether a person exists, what the person chose, or whether the person removed the list.
//!
//! Never done here: a decision, a message to a partner, or anything with an id that a partner chose.

mod activity;
mod applier;
pub mod conformance;
mod fields;
mod inbox;
mod memory;
mod read;
mod taking;
mod uploads;

pub use activity::Tags;
pub use applier::{Applier, ApplyError, LIST_PEOPLE_MAX, SET_ASIDE_KEPT_FOR};
pub use inbox::{
    Aside, Batch, Inbox, InboxError, Item, NewBatch, Old, Put, Said, Sender, Stamped, WAITING_MAX,
    Waiting,
};
pub use memory::MemoryInbox;
pub use read::{BODY, Format, ITEMS_MAX};
pub use taking::{BatchStatus, ItemResult, ItemStatus, REPEATS_KNOWN_FOR, TakeError, Taken};
pub use uploads::{IDS_ACCEPTED_FOR_MAX, Uploads};
