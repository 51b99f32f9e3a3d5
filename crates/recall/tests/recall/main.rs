//! What partners hear when somebody says off, corrects or is erased.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod deletion;
mod erasing;
mod lapse;
mod owing;
mod sending;
mod unread;
mod world;
