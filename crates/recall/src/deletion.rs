//! The IAB Tech Lab's Data Deletion Request Framework 1.0: a request to delete what is kept under an
//! identifier, in signed tokens that each side keeps as proof.
//!
//! | token | says | signed by |
//! | --- | --- | --- |
//! | `idJWT` | whose data | the company that the person asked |
//! | `rqJWT` | the `idJWT`, to one recipient | who sends it |
//! | `acJWT` | the `rqJWT`, and a result | who got it |
//!
//! We sign with ES256, and accept ES256 and RS256, each only under a key of that kind that the other side
//! publishes. The framework leaves open how a token travels: here as JSON, `{"rqJWT": "…"}` and
//! `{"acJWT": "…"}`; bare tokens are accepted as well.

mod kept;
mod listing;
mod receive;
mod request;
mod seal;
mod signer;
mod token;

pub use kept::KeptListings;
pub use listing::{Listing, ListingError, Supported};
pub use receive::{Answered, Identify, Receiver, ReceiverParts, TakeError};
pub use request::{Deletions, DeletionsParts, Listings};
pub(crate) use seal::Bound;
pub use seal::Sealer;
pub use signer::Signer;
pub use token::{ResultCode, Subject, TokenError};
