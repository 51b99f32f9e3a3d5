//! The laws of the United States that have a section, and the fields that their sections have.

macro_rules! laws {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $prefix:literal, $law:literal;)*) => {
        /// A law of the United States, or the agreement that stands for all of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum UsLaw {
            $($(#[$doc])* $name,)*
        }

        impl UsLaw {
            /// Every law, by section id.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the law of a section id.
            pub fn of(section: u16) -> Option<Self> {
                match section {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Returns the id of its section.
            pub fn section(self) -> u16 {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// Returns the prefix of its section, for example `usca`.
            pub fn prefix(self) -> &'static str {
                match self {
                    $(Self::$name => $prefix,)*
                }
            }

            /// Returns the name of the law, with its place in the code.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $law,)*
                }
            }
        }
    };
}

laws! {
    /// All of them, by the national approach of the Multi-State Privacy Agreement.
    National = 7, "usnat", "Multi-State Privacy Agreement, national approach";
    /// California.
    California = 8, "usca", "California Consumer Privacy Act, Cal. Civ. Code 1798.120 and 1798.135";
    /// Virginia.
    Virginia = 9, "usva", "Virginia Consumer Data Protection Act, Va. Code 59.1-577";
    /// Colorado.
    Colorado = 10, "usco", "Colorado Privacy Act, Colo. Rev. Stat. 6-1-1306";
    /// Utah.
    Utah = 11, "usut", "Utah Consumer Privacy Act, Utah Code 13-61-201";
    /// Connecticut.
    Connecticut = 12, "usct", "Connecticut Data Privacy Act, Conn. Gen. Stat. 42-518";
    /// Florida.
    Florida = 13, "usfl", "Florida Digital Bill of Rights, Fla. Stat. 501.705";
    /// Montana.
    Montana = 14, "usmt", "Montana Consumer Data Privacy Act, Mont. Code 30-14-2808";
    /// Oregon.
    Oregon = 15, "usor", "Oregon Consumer Privacy Act, ORS 646A.574";
    /// Texas.
    Texas = 16, "ustx", "Texas Data Privacy and Security Act, Tex. Bus. & Com. Code 541.051";
    /// Delaware.
    Delaware = 17, "usde", "Delaware Personal Data Privacy Act, Del. Code tit. 6, 12D-104";
    /// Iowa.
    Iowa = 18, "usia", "Iowa Consumer Data Protection Act, Iowa Code 715D.3";
    /// Nebraska.
    Nebraska = 19, "usne", "Nebraska Data Privacy Act, Neb. Rev. Stat. 87-1107";
    /// New Hampshire.
    NewHampshire = 20, "usnh", "New Hampshire privacy law, N.H. Rev. Stat. 507-H:4";
    /// New Jersey.
    NewJersey = 21, "usnj", "New Jersey Data Privacy Act, N.J. Stat. 56:8-166.10";
    /// Tennessee.
    Tennessee = 22, "ustn", "Tennessee Information Protection Act, Tenn. Code 47-18-3304";
    /// Minnesota.
    Minnesota = 23, "usmn", "Minnesota Consumer Data Privacy Act, Minn. Stat. 325M.14";
    /// Maryland.
    Maryland = 24, "usmd", "Maryland Online Data Privacy Act, Md. Code Com. Law 14-4705";
    /// Indiana.
    Indiana = 25, "usin", "Indiana Consumer Data Protection Act, Ind. Code 24-15-3-1";
    /// Kentucky.
    Kentucky = 26, "usky", "Kentucky Consumer Data Protection Act, Ky. Rev. Stat. 367.3615";
    /// Rhode Island.
    RhodeIsland = 27, "usri", "Rhode Island Data Transparency and Privacy Protection Act, R.I. Gen. Laws 6-48.1-5";
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A field of such a section, by the specification's own name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum UsField {
            $($(#[$doc])* $name,)*
        }

        impl UsField {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the specification's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

fields! {
    /// Notice of sharing: 1 given, 2 not given.
    SharingNotice,
    /// Notice of processing: 1 given, 2 not given.
    ProcessingNotice,
    /// Notice of the right to opt out of sale: 1 given, 2 not given.
    SaleOptOutNotice,
    /// Notice of the right to opt out of sharing: 1 given, 2 not given.
    SharingOptOutNotice,
    /// Notice of the right to opt out of targeted advertising: 1 given, 2 not given.
    TargetedAdvertisingOptOutNotice,
    /// Notice of the right to opt out of the processing of sensitive data: 1 given, 2 not given.
    SensitiveDataProcessingOptOutNotice,
    /// The same, as Iowa calls it.
    SensitiveDataOptOutNotice,
    /// Notice of the right to limit the use of sensitive data: 1 given, 2 not given.
    SensitiveDataLimitUseNotice,
    /// Opt-out of sale: 1 opted out, 2 did not.
    SaleOptOut,
    /// Opt-out of sharing: 1 opted out, 2 did not.
    SharingOptOut,
    /// Opt-out of targeted advertising: 1 opted out, 2 did not.
    TargetedAdvertisingOptOut,
    /// For each kind of sensitive data, 1 no, 2 yes.
    SensitiveDataProcessing,
    /// For each age group, 0 if no child is known, 1 no consent, 2 consent.
    KnownChildSensitiveDataConsents,
    /// Consent to use beyond the stated purpose: 1 no consent, 2 consent.
    PersonalDataConsents,
    /// The same in newer sections.
    AdditionalDataProcessingConsent,
    /// Whether the agreement covers the transaction: 1 yes, 2 no.
    MspaCoveredTransaction,
    /// Opt-out option mode of the agreement: 1 yes, 2 no.
    MspaOptOutOptionMode,
    /// Service provider mode of the agreement: 1 yes, 2 no.
    MspaServiceProviderMode,
    /// Both modes in newer sections: 1 opt-out option mode, 2 service provider mode.
    MspaMode,
}
