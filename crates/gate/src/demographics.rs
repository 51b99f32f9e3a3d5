//! Gender and age band, each with where it comes from.

use serde::{Deserialize, Serialize};

/// Gender as the IAB Audience Taxonomy 1.1 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Segment 49.
    Female,
    /// Segment 50.
    Male,
    /// Segment 51.
    Other,
}

impl Gender {
    /// Returns the segment of IAB Audience Taxonomy 1.1 (`segtax` 4).
    pub fn segment(self) -> &'static str {
        match self {
            Self::Female => "49",
            Self::Male => "50",
            Self::Other => "51",
        }
    }

    /// Returns the name on wires and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
        }
    }
}

/// An age band. There is none for minors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AgeBand {
    /// 18 to 24.
    #[serde(rename = "18-24")]
    From18To24,
    /// 25 to 34.
    #[serde(rename = "25-34")]
    From25To34,
    /// 35 to 44.
    #[serde(rename = "35-44")]
    From35To44,
    /// 45 to 54.
    #[serde(rename = "45-54")]
    From45To54,
    /// 55 to 64.
    #[serde(rename = "55-64")]
    From55To64,
    /// 65 and over.
    #[serde(rename = "65+")]
    From65,
}

impl AgeBand {
    /// All bands, youngest first.
    pub const ALL: [Self; 6] = [
        Self::From18To24,
        Self::From25To34,
        Self::From35To44,
        Self::From45To54,
        Self::From55To64,
        Self::From65,
    ];

    /// Returns every five-year segment of IAB Audience Taxonomy 1.1 (`segtax` 4) inside the band, so
    /// that no more is told than the band.
    pub fn segments(self) -> &'static [&'static str] {
        match self {
            Self::From18To24 => &["3", "4"],
            Self::From25To34 => &["5", "6"],
            Self::From35To44 => &["7", "8"],
            Self::From45To54 => &["9", "10"],
            Self::From55To64 => &["11", "12"],
            Self::From65 => &["13", "14", "15"],
        }
    }

    /// Returns the first and the last year of the band; the last has no end.
    pub fn years(self) -> (u8, u8) {
        match self {
            Self::From18To24 => (18, 24),
            Self::From25To34 => (25, 34),
            Self::From35To44 => (35, 44),
            Self::From45To54 => (45, 54),
            Self::From55To64 => (55, 64),
            Self::From65 => (65, u8::MAX),
        }
    }

    /// Returns the name on wires and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::From18To24 => "18-24",
            Self::From25To34 => "25-34",
            Self::From35To44 => "35-44",
            Self::From45To54 => "45-54",
            Self::From55To64 => "55-64",
            Self::From65 => "65+",
        }
    }

    /// Returns the band of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }
}

/// Where a value comes from. An earlier source wins over a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The person said so.
    Declared,
    /// The platform guessed it from what happens on the platform.
    Inferred,
    /// A partner said so.
    Partner,
    /// Guessed from activity off the platform.
    OffPlatform,
}

impl Source {
    /// Returns whether the value came from a partner or from activity off the platform, which
    /// "Personalize ads" governs.
    pub fn is_from_elsewhere(self) -> bool {
        matches!(self, Self::Partner | Self::OffPlatform)
    }

    /// Returns the name on wires and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Inferred => "inferred",
            Self::Partner => "partner",
            Self::OffPlatform => "off_platform",
        }
    }
}

/// A value with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

/// What is in use about a person: values that were disabled or removed are not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Demographics {
    /// Gender.
    pub gender: Option<Sourced<Gender>>,
    /// Age band.
    pub age_band: Option<Sourced<AgeBand>>,
}

impl Demographics {
    /// Nothing known.
    pub const NONE: Self = Self { gender: None, age_band: None };

    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.gender.is_none() && self.age_band.is_none()
    }

    /// Returns what remains without partners' values and activity off the platform.
    #[must_use]
    pub fn from_here(self) -> Self {
        Self {
            gender: self.gender.filter(|value| !value.source.is_from_elsewhere()),
            age_band: self.age_band.filter(|value| !value.source.is_from_elsewhere()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_cover_the_adult_segments_once_and_in_order() {
        let told: Vec<u32> = AgeBand::ALL
            .iter()
            .flat_map(|band| band.segments())
            .map(|segment| segment.parse().unwrap())
            .collect();
        assert_eq!(told, (3..=15).collect::<Vec<u32>>());
    }

    #[test]
    fn the_bands_follow_on_each_other_from_eighteen() {
        let mut next = 18;
        for band in AgeBand::ALL {
            assert_eq!(band.years().0, next);
            next = band.years().1.saturating_add(1);
        }
    }

    #[test]
    fn values_from_elsewhere_are_dropped_one_by_one() {
        let mixed = Demographics {
            gender: Some(Sourced { value: Gender::Female, source: Source::Partner }),
            age_band: Some(Sourced { value: AgeBand::From25To34, source: Source::Declared }),
        };
        assert_eq!(mixed.from_here(), Demographics { gender: None, ..mixed });
    }
}
