//! The messages: one file per language, built in.

use super::{Language, locale};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::sync::LazyLock;

type Bundle = FluentBundle<FluentResource>;

static ALL: LazyLock<[Bundle; 5]> = LazyLock::new(|| Language::ALL.map(bundle));

/// Returns the catalogue's text.
pub(super) fn source(language: Language) -> &'static str {
    match language {
        Language::English => concat!(
            include_str!("../../../catalogue/en.ftl"),
            include_str!("../../../catalogue/public.en.ftl")
        ),
        Language::Spanish => concat!(
            include_str!("../../../catalogue/es.ftl"),
            include_str!("../../../catalogue/public.es.ftl")
        ),
        Language::German => concat!(
            include_str!("../../../catalogue/de.ftl"),
            include_str!("../../../catalogue/public.de.ftl")
        ),
        Language::Japanese => concat!(
            include_str!("../../../catalogue/ja.ftl"),
            include_str!("../../../catalogue/public.ja.ftl")
        ),
        Language::Arabic => concat!(
            include_str!("../../../catalogue/ar.ftl"),
            include_str!("../../../catalogue/public.ar.ftl")
        ),
    }
}

/// Returns whether the catalogue has a message.
pub(super) fn has(language: Language, id: &str) -> bool {
    bundle_of(language).is_some_and(|bundle| bundle.has_message(id))
}

/// Returns a message with its variables filled in. What no catalogue has is an empty text, which a test finds.
#[expect(clippy::cognitive_complexity, reason = "two faults to say")]
pub(super) fn filled(language: Language, id: &str, arguments: &FluentArgs<'_>) -> String {
    let found =
        bundle_of(language).and_then(|bundle| Some((bundle, bundle.get_message(id)?.value()?)));
    let Some((bundle, pattern)) = found else {
        tracing::error!(message.id = id, "a message is not in the catalogue");
        return String::new();
    };
    let mut faults = Vec::new();
    let text = bundle.format_pattern(pattern, Some(arguments), &mut faults).into_owned();
    if !faults.is_empty() {
        tracing::error!(message.id = id, "a message could not be filled in");
    }
    text
}

fn bundle_of(language: Language) -> Option<&'static Bundle> {
    let place = Language::ALL.iter().position(|one| *one == language)?;
    ALL.get(place)
}

fn bundle(language: Language) -> Bundle {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Why: markup isolates values by elements, and the marks would be in the words that the history keeps.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match language {
        Language::English => number::<0, _>,
        Language::Spanish => number::<1, _>,
        Language::German => number::<2, _>,
        Language::Japanese => number::<3, _>,
        Language::Arabic => number::<4, _>,
    }));
    let resource = FluentResource::try_new(source(language).to_owned())
        .unwrap_or_else(|(partly, _faults)| partly);
    if bundle.add_resource(resource).is_err() {
        tracing::error!(language = language.tag(), "a catalogue has a message twice");
    }
    bundle
}

/// Writes a number as the language at that place of [`Language::ALL`] does.
fn number<const PLACE: usize, M>(value: &FluentValue<'_>, _memoizer: &M) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let language = Language::ALL.get(PLACE)?;
    Some(locale::number(*language, &number.as_string()))
}
