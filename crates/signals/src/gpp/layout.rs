//! How each section of a law of the United States is laid out: the tables of the GPP's section specifications
//! (IAB Tech Lab, Global-Privacy-Platform, `Sections/US-National` and `Sections/US-States`), field by field.

use super::{UsField as F, UsLaw as L};
use Geolocation::{Consent, OptOut};

/// The layout of a section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) law: L,
    /// The six bits at the beginning: the version of the section, or of the agreement.
    pub(super) version: u8,
    /// The fields after that, each with its number of two-bit entries.
    pub(super) core: &'static [(F, u8)],
    /// What may follow behind a dot.
    pub(super) tail: Tail,
    /// Which entry of `SensitiveDataProcessing` is precise geolocation, counted from 1.
    pub(super) geolocation: Option<Geolocation>,
    pub(super) header: Header,
}

/// What may follow the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    Nothing,
    /// Whether the browser sends Global Privacy Control.
    Gpc,
    /// `SensitiveDataProcessing`, with eight entries.
    SensitiveData,
}

/// Whether a header may stand before the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// There is none.
    Never,
    /// By the specification there is one; the libraries leave it out.
    Perhaps,
}

/// Which entry is about the exact place, and what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Geolocation {
    /// The person consents to it.
    Consent(u8),
    /// The person may opt out of it, once this notice has been given.
    OptOut(u8, F),
}

/// Returns the layout of a section in a version of it.
pub(super) fn of(law: L, version: u8) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.law == law && layout.version == version)
}

/// Iterates over the layouts of a law, one for each version.
pub(super) fn all(law: L) -> impl Iterator<Item = &'static Layout> {
    LAYOUTS.iter().filter(move |layout| layout.law == law)
}

/// Notice of processing or sharing, then the two opt-outs with their notices.
macro_rules! core {
    ($first:ident; $($notice:ident),*; sensitive $sensitive:literal, child $child:literal; $($more:ident),*) => {
        &[
            (F::$first, 1),
            (F::SaleOptOutNotice, 1),
            (F::TargetedAdvertisingOptOutNotice, 1),
            $((F::$notice, 1),)*
            (F::SaleOptOut, 1),
            (F::TargetedAdvertisingOptOut, 1),
            (F::SensitiveDataProcessing, $sensitive),
            (F::KnownChildSensitiveDataConsents, $child),
            $((F::$more, 1),)*
            (F::MspaCoveredTransaction, 1),
            (F::MspaOptOutOptionMode, 1),
            (F::MspaServiceProviderMode, 1),
        ]
    };
}

/// The order of the sections made since the agreement has a version of its own.
macro_rules! newer {
    ($($child:ident)?) => {
        &[
            (F::MspaCoveredTransaction, 1),
            (F::MspaMode, 1),
            (F::ProcessingNotice, 1),
            (F::SaleOptOutNotice, 1),
            (F::TargetedAdvertisingOptOutNotice, 1),
            (F::SaleOptOut, 1),
            (F::TargetedAdvertisingOptOut, 1),
            $((F::$child, 1),)?
            (F::AdditionalDataProcessingConsent, 1),
        ]
    };
}

const fn state(
    law: L,
    core: &'static [(F, u8)],
    tail: Tail,
    geolocation: Option<Geolocation>,
) -> Layout {
    Layout { law, version: 1, core, tail, geolocation, header: Header::Never }
}

const fn newer(
    law: L,
    core: &'static [(F, u8)],
    tail: Tail,
    geolocation: Option<Geolocation>,
) -> Layout {
    Layout { law, version: 1, core, tail, geolocation, header: Header::Perhaps }
}

const fn national(version: u8, core: &'static [(F, u8)]) -> Layout {
    Layout {
        law: L::National,
        version,
        core,
        tail: Tail::Gpc,
        geolocation: Some(Consent(8)),
        header: Header::Never,
    }
}

macro_rules! national_core {
    (sensitive $sensitive:literal, child $child:literal) => {
        &[
            (F::SharingNotice, 1),
            (F::SaleOptOutNotice, 1),
            (F::SharingOptOutNotice, 1),
            (F::TargetedAdvertisingOptOutNotice, 1),
            (F::SensitiveDataProcessingOptOutNotice, 1),
            (F::SensitiveDataLimitUseNotice, 1),
            (F::SaleOptOut, 1),
            (F::SharingOptOut, 1),
            (F::TargetedAdvertisingOptOut, 1),
            (F::SensitiveDataProcessing, $sensitive),
            (F::KnownChildSensitiveDataConsents, $child),
            (F::PersonalDataConsents, 1),
            (F::MspaCoveredTransaction, 1),
            (F::MspaOptOutOptionMode, 1),
            (F::MspaServiceProviderMode, 1),
        ]
    };
}

const CALIFORNIA: &[(F, u8)] = &[
    (F::SaleOptOutNotice, 1),
    (F::SharingOptOutNotice, 1),
    (F::SensitiveDataLimitUseNotice, 1),
    (F::SaleOptOut, 1),
    (F::SharingOptOut, 1),
    (F::SensitiveDataProcessing, 9),
    (F::KnownChildSensitiveDataConsents, 2),
    (F::PersonalDataConsents, 1),
    (F::MspaCoveredTransaction, 1),
    (F::MspaOptOutOptionMode, 1),
    (F::MspaServiceProviderMode, 1),
];

pub(super) const LAYOUTS: [Layout; 22] = [
    national(1, national_core!(sensitive 12, child 2)),
    national(2, national_core!(sensitive 16, child 3)),
    state(L::California, CALIFORNIA, Tail::Gpc, Some(OptOut(3, F::SensitiveDataLimitUseNotice))),
    state(
        L::Virginia,
        core!(SharingNotice;; sensitive 8, child 1;),
        Tail::Nothing,
        Some(Consent(8)),
    ),
    state(L::Colorado, core!(SharingNotice;; sensitive 7, child 1;), Tail::Gpc, None),
    state(
        L::Utah,
        core!(SharingNotice; SensitiveDataProcessingOptOutNotice; sensitive 8, child 1;),
        Tail::Nothing,
        Some(OptOut(8, F::SensitiveDataProcessingOptOutNotice)),
    ),
    state(
        L::Connecticut,
        core!(SharingNotice;; sensitive 8, child 3;),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::Florida,
        core!(ProcessingNotice;; sensitive 8, child 3; AdditionalDataProcessingConsent),
        Tail::Nothing,
        Some(Consent(8)),
    ),
    state(
        L::Montana,
        core!(SharingNotice;; sensitive 8, child 3; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::Oregon,
        core!(ProcessingNotice;; sensitive 11, child 3; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(11)),
    ),
    state(
        L::Texas,
        core!(ProcessingNotice;; sensitive 8, child 1; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::Delaware,
        core!(ProcessingNotice;; sensitive 9, child 5; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::Iowa,
        core!(ProcessingNotice; SensitiveDataOptOutNotice; sensitive 8, child 1;),
        Tail::Gpc,
        Some(OptOut(8, F::SensitiveDataOptOutNotice)),
    ),
    state(
        L::Nebraska,
        core!(ProcessingNotice;; sensitive 8, child 1; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::NewHampshire,
        core!(ProcessingNotice;; sensitive 8, child 3; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::NewJersey,
        core!(ProcessingNotice;; sensitive 10, child 5; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::Tennessee,
        core!(ProcessingNotice;; sensitive 8, child 1; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    state(
        L::Minnesota,
        core!(ProcessingNotice;; sensitive 8, child 1; AdditionalDataProcessingConsent),
        Tail::Gpc,
        Some(Consent(8)),
    ),
    newer(L::Maryland, newer!(), Tail::Gpc, None),
    newer(
        L::Indiana,
        newer!(KnownChildSensitiveDataConsents),
        Tail::SensitiveData,
        Some(Consent(8)),
    ),
    newer(
        L::Kentucky,
        newer!(KnownChildSensitiveDataConsents),
        Tail::SensitiveData,
        Some(Consent(8)),
    ),
    newer(
        L::RhodeIsland,
        newer!(KnownChildSensitiveDataConsents),
        Tail::SensitiveData,
        Some(Consent(8)),
    ),
];
