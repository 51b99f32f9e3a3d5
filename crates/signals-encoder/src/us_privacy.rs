//! The US Privacy string (IAB CCPA Compliance Framework, version 1): four characters.

/// What a US Privacy string says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsPrivacy {
    /// Version of the format; 1 is the only one, and one digit is what fits.
    pub version: u8,
    /// Whether notice and the opportunity to opt out were given.
    pub notice: UsPrivacyAnswer,
    /// Whether the person has opted out of the sale.
    pub opt_out_sale: UsPrivacyAnswer,
    /// Whether the publisher has signed the Limited Service Provider Agreement.
    pub lspa_covered: UsPrivacyAnswer,
}

/// One answer in a US Privacy string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsPrivacyAnswer {
    /// `Y`.
    Yes,
    /// `N`.
    No,
    /// `-`.
    NotApplicable,
}

impl UsPrivacy {
    /// Returns a string of version 1 to which the law does not apply: `1---`.
    #[must_use]
    pub const fn new() -> Self {
        let none = UsPrivacyAnswer::NotApplicable;
        Self { version: 1, notice: none, opt_out_sale: none, lspa_covered: none }
    }

    /// Returns the four characters.
    #[must_use]
    pub fn encode(&self) -> String {
        let Self { version, notice, opt_out_sale, lspa_covered } = self;
        assert!(*version <= 9, "version {version} is not one digit");
        let answers = [notice, opt_out_sale, lspa_covered].into_iter().map(|answer| match answer {
            UsPrivacyAnswer::Yes => 'Y',
            UsPrivacyAnswer::No => 'N',
            UsPrivacyAnswer::NotApplicable => '-',
        });
        std::iter::once(char::from(b'0' + version)).chain(answers).collect()
    }
}

impl Default for UsPrivacy {
    fn default() -> Self {
        Self::new()
    }
}
