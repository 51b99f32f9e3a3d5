//! The one-number signals of `OpenRTB` 2.6: `regs.coppa`, `regs.gdpr`, `device.lmt`, and
//! `device.ext.atts` from the `SKAdNetwork` extension.

/// `device.lmt` (`OpenRTB` 2.6, section 3.2.18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lmt {
    /// Not said. In an app this counts as limited.
    #[default]
    Absent,
    /// `0`: tracking is not limited.
    Off,
    /// `1`, or a value the specification does not define.
    On,
}

impl Lmt {
    /// Reads the number of the request.
    pub fn read(value: Option<i64>) -> Self {
        match value {
            None => Self::Absent,
            Some(0) => Self::Off,
            Some(_) => Self::On,
        }
    }
}

/// Apple's App Tracking Transparency status (`device.ext.atts`, 0 to 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Att {
    /// Not said.
    #[default]
    Absent,
    /// `0`: the person has not been asked.
    NotDetermined,
    /// `1`: the device does not allow asking.
    Restricted,
    /// `2`, or a value that is not defined.
    Denied,
    /// `3`.
    Authorized,
}

impl Att {
    /// Reads the number of the request.
    pub fn read(value: Option<i64>) -> Self {
        match value {
            None => Self::Absent,
            Some(0) => Self::NotDetermined,
            Some(1) => Self::Restricted,
            Some(3) => Self::Authorized,
            Some(_) => Self::Denied,
        }
    }
}

/// `regs.coppa` (`OpenRTB` 2.6, section 3.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Coppa {
    /// Absent or `0`.
    #[default]
    Off,
    /// `1`, or a value that is not defined.
    On,
}

impl Coppa {
    /// Reads the number of the request.
    pub fn read(value: Option<i64>) -> Self {
        match value {
            None | Some(0) => Self::Off,
            Some(_) => Self::On,
        }
    }
}

/// `regs.gdpr` (`OpenRTB` 2.6, section 3.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Gdpr {
    /// Not said: the country decides.
    #[default]
    Unsaid,
    /// `0`. A European country still outranks it.
    OutOfScope,
    /// `1`, or a value that is not defined.
    InScope,
}

impl Gdpr {
    /// Reads the number of the request.
    pub fn read(value: Option<i64>) -> Self {
        match value {
            None => Self::Unsaid,
            Some(0) => Self::OutOfScope,
            Some(_) => Self::InScope,
        }
    }
}

/// Whether the General Data Protection Regulation applies, as whoever decides found from all that is known: the request
/// alone cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GdprScope {
    /// It applies.
    In,
    /// It does not.
    Out,
}

/// Whether the laws of the United States that are in force allow telling where exactly the device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LocationConsent {
    /// None of them is in force.
    #[default]
    NoLaw,
    /// By every one of them the person agreed.
    Given,
    /// By one of them at least the person did not: it was refused, nothing was said, or the law has no entry for it.
    NotGiven,
}

impl LocationConsent {
    /// Returns what holds where two laws are in force: both have to allow it.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotGiven, _) | (_, Self::NotGiven) => Self::NotGiven,
            (Self::Given, _) | (_, Self::Given) => Self::Given,
            (Self::NoLaw, Self::NoLaw) => Self::NoLaw,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_numbers_are_read_as_the_most_protective_value() {
        for odd in [-1, 2, 4, 7, i64::MAX, i64::MIN] {
            assert_eq!(Lmt::read(Some(odd)), Lmt::On);
            assert_eq!(Coppa::read(Some(odd)), Coppa::On);
            assert_eq!(Gdpr::read(Some(odd)), Gdpr::InScope);
            assert_eq!(Att::read(Some(odd)), Att::Denied);
        }
    }

    #[test]
    fn defined_numbers_mean_what_the_tables_say() {
        assert_eq!([None, Some(0), Some(1)].map(Lmt::read), [Lmt::Absent, Lmt::Off, Lmt::On]);
        assert_eq!(
            [None, Some(0), Some(1), Some(2), Some(3)].map(Att::read),
            [Att::Absent, Att::NotDetermined, Att::Restricted, Att::Denied, Att::Authorized]
        );
        assert_eq!([None, Some(0), Some(1)].map(Coppa::read), [Coppa::Off, Coppa::Off, Coppa::On]);
        assert_eq!(
            [None, Some(0), Some(1)].map(Gdpr::read),
            [Gdpr::Unsaid, Gdpr::OutOfScope, Gdpr::InScope]
        );
    }
}
