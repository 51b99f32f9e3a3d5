//! Global Privacy Control (W3C, `Sec-GPC`).

/// Global Privacy Control, as the `Sec-GPC` header or `regs.ext.gpc` carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Gpc {
    /// Not expressed.
    #[default]
    Absent,
    /// Expressed: do not sell or share.
    On,
}

impl Gpc {
    /// Reads all values of the header. Only the exact value `1` counts, and one of several suffices, in lines of their own
    /// or in one, as who stands in between may join them (W3C Global Privacy Control, "The Sec-GPC header field"; RFC
    /// 9110, section 5.3).
    pub fn read<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        if values.into_iter().any(says_on) { Self::On } else { Self::Absent }
    }

    /// Returns `On` if either says so.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::On { self } else { other }
    }
}

fn says_on(value: &[u8]) -> bool {
    let mut joined = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    value == b"1" || value.contains(&b',') && joined.any(|one| one == b"1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_one_counts() {
        for ignored in
            [&b"0"[..], b"", b",", b" 1", b"1 ", b"1 1", b"true", b"11", b"1;q=1", b"\xff"]
        {
            assert_eq!(Gpc::read([ignored]), Gpc::Absent, "{ignored:?}");
        }
        assert_eq!(Gpc::read([&b"1"[..]]), Gpc::On);
    }

    #[test]
    fn one_of_several_headers_suffices() {
        assert_eq!(Gpc::read([&b"0"[..], b"1", b"nonsense"]), Gpc::On);
        for joined in [&b"1, 1"[..], b"1,1", b"0 ,\t1"] {
            assert_eq!(Gpc::read([joined]), Gpc::On, "{joined:?}");
        }
        assert_eq!(Gpc::read(std::iter::empty()), Gpc::Absent);
    }
}
