//! Where things are kept, behind the ports of the lower floors.
//!
//! [`Sqlite`] is the store of one machine: one database file in one data directory, bundled with the
//! program, in WAL mode. A commit is flushed before anybody is answered: in itself (`synchronous=FULL`), or beside the
//! writer; but for merges, which are done again where they are lost. What a port acknowledged survives `kill -9` and a
//! power cut.

mod audiences;
mod background;
mod bills;
mod buyers;
mod canary;
mod checkpoint;
mod conversions;
mod feedback;
mod flushing;
mod installation;
mod keys;
mod ledger;
mod many;
mod measurement;
mod packed;
mod recall;
mod register;
mod seekers;
mod settings;
mod signing;
mod sqlite;
mod statements;
mod sweep;
mod writing;

pub use installation::BindError;
pub use ledger::{Forgotten, Keep, Moved};
pub use sqlite::{OpenError, Sqlite, StoreError, exists};
