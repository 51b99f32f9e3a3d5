//! The permit, and the grants that open the fields of an outgoing object.

use crate::{
    Body, Categories, Category, Demographics, EditionHash, EncodeError, Family, KeyStamp, Loss,
    PartnershipId, Question, Sealed, Segments, Told,
    decide::{Values, deadline},
    time::{BootMillis, UnixMillis},
};
use bytes::Bytes;
use sluicegate_signals::GdprScope;
use std::marker::PhantomData;

/// What an answer was decided under. The door checks it again when the first byte is about to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The partnership.
    pub partnership: PartnershipId,
    /// The edition.
    pub edition: EditionHash,
    /// What may be told.
    pub categories: Categories,
    /// When it was decided.
    pub decided_at: UnixMillis,
    /// Past this nothing goes out under the permit.
    pub deadline: BootMillis,
    /// The keys of the subject with the last change that touched each.
    pub keys: Vec<KeyStamp>,
}

/// The right to tell one partnership something about one subject, once, now.
///
/// It is not `Clone` and cannot be stored or made by hand; sealing or previewing consumes it.
#[derive(Debug)]
pub struct Permit {
    stamp: Stamp,
    losses: Vec<Loss>,
    values: Values,
    gdpr: GdprScope,
}

impl Permit {
    pub(crate) fn new(
        question: &Question<'_>,
        categories: Categories,
        losses: Vec<Loss>,
        values: Values,
        gdpr: GdprScope,
    ) -> Self {
        let stamp = Stamp {
            partnership: question.terms.id.clone(),
            edition: question.edition,
            categories,
            decided_at: question.now,
            deadline: deadline(question),
            keys: question.subject.standings().map(|standing| standing.stamp).collect(),
        };
        Self { stamp, losses, values, gdpr }
    }

    /// Returns what the permit was decided under.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Returns the categories that may be told.
    pub fn categories(&self) -> Categories {
        self.stamp.categories
    }

    /// Returns what was taken away, and why.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// Builds the outgoing object with the grants of this permit, and seals it.
    pub fn seal<T: Family>(self, build: impl for<'b> FnOnce(Grants<'b>) -> T::Of<'b>) -> Sealed<T> {
        let body = build(self.grants());
        Sealed::new(self.stamp, body)
    }

    /// Shows what would be built. Nothing that comes out of here can be sent.
    pub fn preview<T: Family>(
        self,
        build: impl for<'b> FnOnce(Grants<'b>) -> T::Of<'b>,
    ) -> Result<Preview, EncodeError> {
        let body: T::Of<'static> = build(self.grants());
        let told = body.told();
        let bytes = T::encode(body.disclosure(), &[body])?;
        Ok(Preview { bytes, told, stamp: self.stamp, losses: self.losses })
    }

    fn grants<'b>(&self) -> Grants<'b> {
        Grants {
            categories: self.stamp.categories,
            values: self.values,
            gdpr: self.gdpr,
            brand: PhantomData,
        }
    }
}

/// What would leave, for explanations and pages. `Debug` leaves the bytes out.
#[derive(Clone)]
pub struct Preview {
    /// The bytes as a partner would get them, ids aside.
    pub bytes: Bytes,
    /// Every value told, with its category.
    pub told: Vec<Told>,
    /// What it was decided under.
    pub stamp: Stamp,
    /// What was taken away, and why.
    pub losses: Vec<Loss>,
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Preview")
            .field("bytes", &self.bytes.len())
            .field("told", &self.told)
            .field("losses", &self.losses)
            .finish_non_exhaustive()
    }
}

/// Invariant in `'b`: a brand neither shrinks nor grows to fit another.
type Brand<'b> = PhantomData<fn(&'b ()) -> &'b ()>;

/// The grants of one permit, one per permitted category.
#[derive(Clone, Copy, Debug)]
pub struct Grants<'b> {
    categories: Categories,
    values: Values,
    gdpr: GdprScope,
    brand: Brand<'b>,
}

/// Marker types: which category a grant is for.
pub mod mark {
    macro_rules! marks {
        ($($name:ident),*) => {
            $(
                #[doc = concat!("Marks a grant for `", stringify!($name), "`.")]
                #[derive(Clone, Copy, Debug)]
                pub struct $name;
            )*
        };
    }
    marks!(
        Plumbing,
        Context,
        CoarseDevice,
        DeviceIdentifier,
        Demographic,
        Exposure,
        PreciseLocation
    );
}

/// The right to set the fields of one category in one object.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'b, C> {
    values: Values,
    gdpr: GdprScope,
    category: PhantomData<C>,
    brand: Brand<'b>,
}

impl<'b> Grants<'b> {
    fn grant<C>(self, category: Category) -> Option<Grant<'b, C>> {
        let Self { values, gdpr, .. } = self;
        let granted = Grant { values, gdpr, category: PhantomData, brand: PhantomData };
        self.categories.contains(category).then_some(granted)
    }

    /// Returns the categories granted.
    pub fn categories(self) -> Categories {
        self.categories
    }

    /// Returns the grant for [`Category::Plumbing`].
    pub fn plumbing(self) -> Option<Grant<'b, mark::Plumbing>> {
        self.grant(Category::Plumbing)
    }

    /// Returns the grant for [`Category::Context`].
    pub fn context(self) -> Option<Grant<'b, mark::Context>> {
        self.grant(Category::Context)
    }

    /// Returns the grant for [`Category::CoarseDevice`].
    pub fn coarse_device(self) -> Option<Grant<'b, mark::CoarseDevice>> {
        self.grant(Category::CoarseDevice)
    }

    /// Returns the grant for [`Category::DeviceIdentifier`].
    pub fn device_identifier(self) -> Option<Grant<'b, mark::DeviceIdentifier>> {
        self.grant(Category::DeviceIdentifier)
    }

    /// Returns the grant for [`Category::Demographic`].
    pub fn demographic(self) -> Option<Grant<'b, mark::Demographic>> {
        self.grant(Category::Demographic)
    }

    /// Returns the grant for [`Category::Exposure`].
    pub fn exposure(self) -> Option<Grant<'b, mark::Exposure>> {
        self.grant(Category::Exposure)
    }

    /// Returns the grant for [`Category::PreciseLocation`].
    pub fn precise_location(self) -> Option<Grant<'b, mark::PreciseLocation>> {
        self.grant(Category::PreciseLocation)
    }
}

impl Grant<'_, mark::Demographic> {
    /// Returns the values that may be told: those in use, less what the settings remove.
    pub fn demographics(&self) -> Demographics {
        self.values.demographics
    }

    /// Returns the segments of the partner's own lists that may be told.
    pub fn segments(&self) -> Segments {
        self.values.segments
    }
}

impl Grant<'_, mark::Plumbing> {
    /// Returns whether the General Data Protection Regulation applies, as was decided.
    pub fn gdpr(&self) -> GdprScope {
        self.gdpr
    }
}
