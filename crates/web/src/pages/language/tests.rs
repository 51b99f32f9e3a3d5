//! The gate: every catalogue has the same messages with the same variables and tags, every plural of the language
//! is there, and the sources use what the catalogues have, and nothing else.

use super::{Language, catalogue};
use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Resource, VariantKey,
};
use http::{HeaderMap, header};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What must be alike in all languages, and the plural forms, which must not.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    variables: BTreeSet<String>,
    tags: BTreeSet<String>,
    forms: BTreeSet<String>,
    is_plural: bool,
}

fn parsed(language: Language) -> Resource<&'static str> {
    fluent_syntax::parser::parse(catalogue::source(language))
        .unwrap_or_else(|(_, faults)| panic!("{}: {faults:?}", language.tag()))
}

fn shapes(language: Language) -> BTreeMap<String, Shape> {
    let mut shapes = BTreeMap::new();
    for entry in parsed(language).body {
        match entry {
            Entry::Message(message) => {
                let mut shape = Shape::default();
                let value = message.value.expect("every message has a value");
                assert!(message.attributes.is_empty(), "{}", message.id.name);
                read(&value, &mut shape);
                let before = shapes.insert(message.id.name.to_owned(), shape);
                assert!(before.is_none(), "{} is there twice", message.id.name);
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(_) | Entry::Junk { .. } => panic!("{}: {entry:?}", language.tag()),
        }
    }
    shapes
}

fn read(pattern: &Pattern<&str>, shape: &mut Shape) {
    let mut text = String::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.push_str(value),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => {
                variable(inline, shape);
            }
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                variable(selector, shape);
                shape.is_plural = true;
                for variant in variants {
                    if let VariantKey::Identifier { name } = variant.key {
                        shape.forms.insert(name.to_owned());
                    }
                    read(&variant.value, shape);
                }
            }
        }
    }
    shape.tags.extend(tags(&text));
}

fn variable(inline: &InlineExpression<&str>, shape: &mut Shape) {
    let InlineExpression::VariableReference { id } = inline else { panic!("{inline:?}") };
    shape.variables.insert(id.name.to_owned());
}

/// Returns the tags of a text, checking that each is closed after it was opened.
fn tags(text: &str) -> Vec<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag ends");
        match tag.strip_prefix('/') {
            Some(end) => assert_eq!(open.pop(), Some(end), "{text}"),
            None => open.push(tag),
        }
        all.push(tag.to_owned());
    }
    assert!(open.is_empty(), "{text}");
    all
}

#[test]
fn every_language_has_every_message_with_the_same_variables_and_tags() {
    let english = shapes(Language::English);
    for language in Language::ALL {
        let theirs = shapes(language);
        let ids =
            |shapes: &BTreeMap<String, Shape>| shapes.keys().cloned().collect::<BTreeSet<_>>();
        let (all, own) = (ids(&english), ids(&theirs));
        let missing: Vec<_> = all.difference(&own).collect();
        let unknown: Vec<_> = own.difference(&all).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{} {missing:?} {unknown:?}",
            language.tag()
        );
        for (id, shape) in &theirs {
            let expected = &english[id];
            let name = format!("{} {id}", language.tag());
            assert_eq!(shape.variables, expected.variables, "{name}");
            assert_eq!(shape.tags, expected.tags, "{name}");
            assert!(!expected.is_plural || shape.is_plural || forms(language).len() == 1, "{name}");
            if shape.is_plural {
                let forms: BTreeSet<String> =
                    forms(language).iter().map(|&form| form.into()).collect();
                assert_eq!(shape.forms, forms, "{name}");
            }
        }
    }
}

/// The plural forms that whole numbers have, after the Unicode CLDR.
fn forms(language: Language) -> &'static [&'static str] {
    match language {
        // Millions have a form of their own in Spanish; it is that of the others wherever no noun is a sum.
        Language::English | Language::German | Language::Spanish => &["one", "other"],
        Language::Japanese => &["other"],
        Language::Arabic => &["zero", "one", "two", "few", "many", "other"],
    }
}

#[test]
fn the_pages_say_only_what_the_catalogues_have_and_nothing_there_is_unused() {
    let known: BTreeSet<String> = shapes(Language::English).into_keys().collect();
    let mut sources = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "templates"] {
        gather(&root.join(folder), &mut sources);
    }
    let made = |id: &str| MADE.iter().any(|start| id.starts_with(start));
    let all = sources.concat();
    let unused: Vec<_> =
        known.iter().filter(|id| !made(id) && !all.contains(&format!("\"{id}\""))).collect();
    assert!(unused.is_empty(), "{unused:?}");
    let said = ["say(\"", "of_platform(\""].into_iter().flat_map(|call| all.split(call).skip(1));
    for after in said {
        let id = after.split('"').next().unwrap();
        assert!(known.contains(id), "{id}");
    }
}

#[test]
fn a_setting_has_one_name_in_each_language() {
    let quoting = [
        "elsewhere-open",
        "elsewhere-off",
        "elsewhere-age",
        "partners-lists-text",
        "partners-personalize",
    ];
    for language in Language::ALL {
        let name = language.say("setting-personalize-ads").plain();
        for id in quoting {
            let said = language.say(id).plain();
            assert!(said.contains(&name), "{} {id}: {said}", language.tag());
        }
    }
}

/// Messages whose names are made from codes: of reasons, fields and values.
const MADE: [&str; 3] = ["reason-", "field-", "meaning-"];

fn gather(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, sources);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            sources.push(fs::read_to_string(path).unwrap());
        }
    }
}

fn preferred(range: &str) -> Option<Language> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_LANGUAGE, range.parse().unwrap());
    Language::preferred(&headers)
}

#[test]
fn the_language_is_the_one_the_browser_prefers_among_ours() {
    assert_eq!(preferred("de-AT,de;q=0.9,en;q=0.8"), Some(Language::German));
    assert_eq!(preferred("fr, es;q=0.5, ja;q=0.7"), Some(Language::Japanese));
    assert_eq!(preferred("AR"), Some(Language::Arabic));
    assert_eq!(preferred("es;q=0, en;q=0.001"), Some(Language::English));
    assert_eq!(preferred("en;q=0.8, de;q=0.8"), Some(Language::English));
    for none in ["", "fr", "*", "de;q=x", "q=1", ",,;;"] {
        assert_eq!(preferred(none), None, "{none}");
    }
}

#[test]
fn values_are_text_wherever_they_stand() {
    let hostile = "<b>&{ $x }\"'\u{fdd0}i\u{fdd1}";
    let message =
        || Language::English.say("removed-list").with("list", hostile).with("partner", "P");
    assert_eq!(message().to_string(), "&#60;b&#62;&#38;{ $x }&#34;&#39;i (P)");
    let link = Language::English.say("list-by").with("partner", "a").link("partnership", "/x\"y");
    assert_eq!(link.to_string(), "Put there by <a href=\"/x&#34;y\">a</a>.");
    assert_eq!(link.plain(), "Put there by a.");
    let arabic =
        Language::Arabic.say("removed-activity").with("advertiser", "Shop <1>").to_string();
    assert!(arabic.contains("<bdi>Shop &#60;1&#62;</bdi>"), "{arabic}");
}
