//! The messages that several pages share, by what they are about.

use super::language::{Language, Message};
use sluicegate_gate::{
    Activity, AgeBand, Category, Choice, Country, Gender, Kind, Path, Reason, Setting, Source,
};

/// Returns the name of a setting.
pub(crate) fn setting(language: Language, setting: Setting, platform: &str) -> Message {
    match setting {
        Setting::Sharing => language.say("setting-sharing").with("platform", platform),
        Setting::PersonalizeAds => language.say("setting-personalize-ads"),
    }
}

/// Returns the state of a setting as a sentence without its stop.
pub(crate) fn state(language: Language, setting: Setting, choice: Choice) -> Message {
    language.say(match (setting, choice) {
        (Setting::Sharing, Choice::On) => "state-sharing-on",
        (Setting::Sharing, Choice::Off) => "state-sharing-off",
        (Setting::PersonalizeAds, Choice::On) => "state-personalize-ads-on",
        (Setting::PersonalizeAds, Choice::Off) => "state-personalize-ads-off",
    })
}

/// Returns what the button says that changes a setting to this choice.
pub(crate) fn turn(language: Language, setting: Setting, choice: Choice) -> Message {
    language.say(match (setting, choice) {
        (Setting::Sharing, Choice::On) => "turn-sharing-on",
        (Setting::Sharing, Choice::Off) => "turn-sharing-off",
        (Setting::PersonalizeAds, Choice::On) => "turn-personalize-ads-on",
        (Setting::PersonalizeAds, Choice::Off) => "turn-personalize-ads-off",
    })
}

/// Returns what a setting means while it stands at this choice.
pub(crate) fn meaning(
    language: Language,
    setting: Setting,
    choice: Choice,
    platform: &str,
) -> Message {
    match (setting, choice) {
        (Setting::Sharing, Choice::On) => language.say("meaning-sharing-on"),
        (Setting::Sharing, Choice::Off) => language.say("meaning-sharing-off"),
        (Setting::PersonalizeAds, Choice::On) => {
            language.say("meaning-personalize-ads-on").with("platform", platform)
        }
        (Setting::PersonalizeAds, Choice::Off) => language.say("meaning-personalize-ads-off"),
    }
}

/// Returns the heading of a kind of partnership.
pub(crate) fn kind(language: Language, kind: Kind) -> Message {
    language.say(match kind {
        Kind::RealTimeBidding => "kind-real-time-bidding",
        Kind::ConversionTracking => "kind-conversion-tracking",
        Kind::ServiceProvider => "kind-service-provider",
        Kind::Other => "kind-other",
    })
}

/// Returns what a category holds, as part of a sentence.
pub(crate) fn category(language: Language, category: Category) -> Message {
    language.say(match category {
        Category::Plumbing => "category-plumbing",
        Category::Context => "category-context",
        Category::CoarseDevice => "category-coarse-device",
        Category::DeviceIdentifier => "category-device-identifier",
        Category::Demographic => "category-demographic",
        Category::Exposure => "category-exposure",
        Category::PreciseLocation => "category-precise-location",
    })
}

/// Returns where a value of the profile comes from.
pub(crate) fn source(language: Language, source: Source, platform: &str) -> Message {
    match source {
        Source::Declared => language.say("source-declared"),
        Source::Inferred => language.say("source-inferred").with("platform", platform),
        Source::Partner => language.say("source-partner"),
        Source::OffPlatform => language.say("source-off-platform").with("platform", platform),
    }
}

/// Returns what somebody did with an advertiser.
pub(crate) fn activity(language: Language, activity: Activity) -> Message {
    language.say(match activity {
        Activity::Visit => "activity-visit",
        Activity::ViewProduct => "activity-view-product",
        Activity::AddToCart => "activity-add-to-cart",
        Activity::SignUp => "activity-sign-up",
        Activity::Purchase => "activity-purchase",
        Activity::OpenApp => "activity-open-app",
    })
}

/// Returns the way by which something left.
pub(crate) fn path(language: Language, path: Path) -> Message {
    language.say(match path {
        Path::BidRequest => "path-bid-request",
        Path::ContextualBidRequest => "path-contextual-bid-request",
        Path::WinNotice => "path-win-notice",
        Path::BillingNotice => "path-billing-notice",
        Path::LossNotice => "path-loss-notice",
        Path::Exposures => "path-exposures",
        Path::Touches => "path-touches",
        Path::Recall => "path-recall",
        Path::DeletionRequest => "path-deletion-request",
    })
}

/// Returns why something was held back.
pub(crate) fn reason(language: Language, reason: Reason) -> Message {
    language.say(format!("reason-{}", reason.code().replace('_', "-")))
}

/// Returns a gender.
pub(crate) fn gender(language: Language, gender: Gender) -> Message {
    language.say(match gender {
        Gender::Female => "gender-female",
        Gender::Male => "gender-male",
        Gender::Other => "gender-other",
    })
}

/// Returns an age band.
pub(crate) fn age_band(language: Language, band: AgeBand) -> Message {
    language.say(match band {
        AgeBand::From18To24 => "age-band-18-24",
        AgeBand::From25To34 => "age-band-25-34",
        AgeBand::From35To44 => "age-band-35-44",
        AgeBand::From45To54 => "age-band-45-54",
        AgeBand::From55To64 => "age-band-55-64",
        AgeBand::From65 => "age-band-65",
    })
}

/// Returns the name of a country, in English where nobody named it in the language.
pub(crate) fn country(language: Language, country: Country) -> String {
    language.country(country.alpha2()).unwrap_or_else(|| country.name().to_owned())
}

/// Returns the name of a language given by its tag, else the tag.
pub(crate) fn language_name(language: Language, tag: &str) -> String {
    language.name_of(tag).unwrap_or_else(|| tag.to_owned())
}

/// Returns a law that a default rests on. The gate words it in English, and so does the English catalogue.
pub(crate) fn law(language: Language, law: &'static str) -> String {
    let found = LAWS.iter().find(|id| Language::English.say(**id).plain() == law);
    found.map_or_else(|| law.to_owned(), |id| language.say(*id).plain())
}

const LAWS: [&str; 21] = [
    "law-us",
    "law-au",
    "law-nz",
    "law-mx",
    "law-br",
    "law-ca",
    "law-cn",
    "law-in",
    "law-kr",
    "law-za",
    "law-europe",
    "law-outermost",
    "law-ax",
    "law-sj",
    "law-gb",
    "law-ch",
    "law-gi",
    "law-gg",
    "law-im",
    "law-je",
    "law-none",
];

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_gate::Jurisdiction;

    #[test]
    fn on_and_off_are_said_in_the_same_manner() {
        for setting in Setting::ALL {
            for say in [state, turn] {
                let plain = |choice| say(Language::English, setting, choice).plain();
                assert_eq!(plain(Choice::On).replace(" on", " off"), plain(Choice::Off));
            }
        }
    }

    #[test]
    fn every_reason_is_said_in_every_language() {
        for language in Language::ALL {
            for known in Reason::ALL {
                assert!(!reason(language, known).plain().is_empty(), "{}", known.code());
            }
        }
    }

    #[test]
    fn every_law_that_a_default_rests_on_is_said_in_every_language() {
        let rows = Jurisdiction::ROWS.iter().map(|(_, row)| row.law);
        for known in rows.chain([Jurisdiction::STRICT.law]) {
            assert_eq!(law(Language::English, known), known);
            for other in Language::ALL.into_iter().skip(1) {
                assert_ne!(law(other, known), known, "{}", other.tag());
            }
        }
    }

    #[test]
    fn every_country_has_a_name_in_every_language() {
        for (code, _) in Jurisdiction::ROWS {
            let known: Country = code.parse().unwrap();
            let names = Language::ALL.map(|language| language.country(known.alpha2()).unwrap());
            assert_ne!(names[0], names[3], "{code} in Japanese");
            assert_ne!(names[0], names[4], "{code} in Arabic");
        }
        assert_eq!(country(Language::German, "FJI".parse().unwrap()), "Fidschi");
        assert_eq!(country(Language::Spanish, "USA".parse().unwrap()), "Estados Unidos");
    }

    #[test]
    fn languages_are_named_in_the_language_of_the_page() {
        let named = |language, tag| language_name(language, tag);
        assert_eq!(named(Language::English, "de"), "German");
        assert_eq!(named(Language::German, "az"), "Aserbaidschanisch");
        assert_eq!(named(Language::Japanese, "en"), "英語");
        assert_eq!(named(Language::English, "no such tag"), "no such tag");
    }

    #[test]
    fn numbers_have_the_groups_and_the_forms_of_their_language() {
        let devices = |language: Language, count: u64| {
            language.say("linked-devices").with("count", count).plain()
        };
        assert_eq!(devices(Language::English, 1), "1 device");
        assert_eq!(devices(Language::English, 1_234_567), "1,234,567 devices");
        assert!(devices(Language::German, 1_234_567).starts_with("1.234.567 "));
        // Arabic has six forms: two of something is a word of its own.
        assert!(!devices(Language::Arabic, 2).chars().any(char::is_numeric));
    }

    #[test]
    fn lists_read_as_their_language_does() {
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(Language::English.list(&words), "a, b and c");
        assert_eq!(Language::German.list(&words), "a, b und c");
        assert_eq!(Language::English.list(&[]), "");
    }
}
