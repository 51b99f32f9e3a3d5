//! The words that several pages share. What only one page says stands in its template.

use sluicegate_gate::{Activity, AgeBand, Category, Choice, Gender, Kind, Path, Setting, Source};

/// Returns the name of a setting.
pub(crate) fn setting(setting: Setting, platform: &str) -> String {
    match setting {
        Setting::Sharing => format!("Share your data with {platform}\u{2019}s business partners"),
        Setting::PersonalizeAds => String::from("Personalize ads"),
    }
}

/// Returns the state of a setting as a sentence without its stop.
pub(crate) fn state(setting: Setting, choice: Choice) -> &'static str {
    match (setting, choice) {
        (Setting::Sharing, Choice::On) => "Sharing is on",
        (Setting::Sharing, Choice::Off) => "Sharing is off",
        (Setting::PersonalizeAds, Choice::On) => "Personalized ads are on",
        (Setting::PersonalizeAds, Choice::Off) => "Personalized ads are off",
    }
}

/// Returns what the button says that changes a setting to this choice.
pub(crate) fn turn(setting: Setting, choice: Choice) -> &'static str {
    match (setting, choice) {
        (Setting::Sharing, Choice::On) => "Turn sharing on",
        (Setting::Sharing, Choice::Off) => "Turn sharing off",
        (Setting::PersonalizeAds, Choice::On) => "Turn personalized ads on",
        (Setting::PersonalizeAds, Choice::Off) => "Turn personalized ads off",
    }
}

/// Returns what a setting means while it stands at this choice.
pub(crate) fn meaning(setting: Setting, choice: Choice, platform: &str) -> String {
    match (setting, choice) {
        (Setting::Sharing, Choice::On) => String::from(
            "Partners for real-time bidding and conversion tracking get the data that the list of \
             partners names for each of them.",
        ),
        (Setting::Sharing, Choice::Off) => String::from(
            "They get nothing about you or your devices. You still see ads; a partner may be asked \
             for one that fits the page alone.",
        ),
        (Setting::PersonalizeAds, Choice::On) => format!(
            "Bidding partners may recognize your device, and may get what {platform} learned about \
             you from partners and from your activity elsewhere."
        ),
        (Setting::PersonalizeAds, Choice::Off) => String::from(
            "They get neither. Which ads your device saw may still be measured while sharing is on.",
        ),
    }
}

/// Returns the heading of a kind of partnership.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::RealTimeBidding => "Real-time bidding",
        Kind::ConversionTracking => "Conversion tracking",
        Kind::ServiceProvider => "Service providers",
        Kind::Other => "Other arrangements",
    }
}

/// Returns what a category holds, as part of a sentence.
pub(crate) fn category(category: Category) -> &'static str {
    match category {
        Category::Plumbing => "what the exchange of messages itself needs (nothing about you)",
        Category::Context => "the site or app around the ad and its subject (nothing about you)",
        Category::CoarseDevice => "the kind of device, its language and the rough region",
        Category::DeviceIdentifier => "an identifier of your device",
        Category::Demographic => "your gender and age band",
        Category::Exposure => "which ads were seen, watched or otherwise interacted with",
        Category::PreciseLocation => "where your device is",
    }
}

/// Returns where a value of the profile comes from.
pub(crate) fn source(source: Source, platform: &str) -> String {
    match source {
        Source::Declared => String::from("you said so"),
        Source::Inferred => format!("{platform} guessed it from what happens on {platform}"),
        Source::Partner => String::from("a partner said so"),
        Source::OffPlatform => format!("guessed from activity outside {platform}"),
    }
}

/// Returns what somebody did with an advertiser.
pub(crate) fn activity(activity: Activity) -> &'static str {
    match activity {
        Activity::Visit => "You visited its site",
        Activity::ViewProduct => "You looked at something it sells",
        Activity::AddToCart => "You put something into a cart",
        Activity::SignUp => "You signed up",
        Activity::Purchase => "You bought something",
        Activity::OpenApp => "You opened its app",
    }
}

/// Returns the way by which something left.
pub(crate) fn path(path: Path) -> &'static str {
    match path {
        Path::BidRequest => "Asked to bid for an ad",
        Path::ContextualBidRequest => "Asked to bid for an ad, without data about you",
        Path::WinNotice => "Told that its ad won",
        Path::BillingNotice => "Told that its ad was shown and is to be paid",
        Path::LossNotice => "Told that its ad did not win",
        Path::Exposures => "Told which ads your device saw",
        Path::Touches => "Told after which ad an app was installed",
        Path::Recall => "Told to forget or correct what it got",
        Path::DeletionRequest => "Asked to delete what it has",
    }
}

/// Returns a gender.
pub(crate) fn gender(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "Female",
        Gender::Male => "Male",
        Gender::Other => "Other",
    }
}

/// Returns an age band.
pub(crate) fn age_band(band: AgeBand) -> &'static str {
    match band {
        AgeBand::From18To24 => "18 to 24",
        AgeBand::From25To34 => "25 to 34",
        AgeBand::From35To44 => "35 to 44",
        AgeBand::From45To54 => "45 to 54",
        AgeBand::From55To64 => "55 to 64",
        AgeBand::From65 => "65 and over",
    }
}

/// Returns a number with its noun, for example `1 partner`, `2 partners`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(number)) }
}

/// Joins words as English lists them.
pub(crate) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_counted() {
        assert_eq!(count(1, "time", "times"), "1 time");
        assert_eq!(count(0, "time", "times"), "0 times");
        assert_eq!(count(1_234_567, "time", "times"), "1,234,567 times");
        assert_eq!(count(123, "time", "times"), "123 times");
    }

    #[test]
    fn lists_read_as_english() {
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c"]), "a, b, and c");
    }

    #[test]
    fn on_and_off_are_said_in_the_same_manner() {
        for setting in Setting::ALL {
            let (on, off) = (state(setting, Choice::On), state(setting, Choice::Off));
            assert_eq!(on.replace(" on", " off"), off);
            let (on, off) = (turn(setting, Choice::On), turn(setting, Choice::Off));
            assert_eq!(on.replace(" on", " off"), off);
        }
    }
}
