//! What must hold of every page, whatever is on it: read from the rendered markup.

use super::samples;
use sluicegate_gate::Choice;
use std::collections::HashSet;

/// A start or end tag with its attributes.
#[derive(Debug)]
struct Tag<'p> {
    name: &'p str,
    is_end: bool,
    attributes: Vec<(&'p str, &'p str)>,
}

const VOID: [&str; 5] = ["meta", "link", "img", "input", "br"];

fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let after = &rest[start + 1..];
        let end = after.find('>').expect("a tag ends");
        tags.push(tag(&after[..end]));
        rest = &after[end + 1..];
    }
    tags
}

fn tag(inner: &str) -> Tag<'_> {
    let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    let mut attributes = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let bare = rest.find([' ', '=']).unwrap_or(rest.len());
        if rest[bare..].starts_with('=') {
            let value = rest[bare + 1..].strip_prefix('"').expect("values are quoted");
            let end = value.find('"').expect("a value ends");
            attributes.push((&rest[..bare], &value[..end]));
            rest = &value[end + 1..];
        } else {
            attributes.push((&rest[..bare], ""));
            rest = &rest[bare..];
        }
    }
    Tag { name, is_end, attributes }
}

impl<'p> Tag<'p> {
    fn get(&self, name: &str) -> Option<&'p str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    fn opens(&self, name: &str) -> bool {
        self.name == name && !self.is_end
    }
}

fn every_page(check: impl Fn(&str, &str, &[Tag<'_>])) {
    for (name, page) in samples::all().into_iter().chain(samples::hostile()) {
        check(&name, &page, &tags(&page));
    }
}

#[test]
fn every_element_is_closed_in_its_place() {
    every_page(|name, _, tags| {
        let mut open = Vec::new();
        for tag in tags.iter().filter(|tag| !VOID.contains(&tag.name) && tag.name != "!doctype") {
            if tag.is_end {
                assert_eq!(open.pop(), Some(tag.name), "{name}");
            } else {
                open.push(tag.name);
            }
        }
        assert!(open.is_empty(), "{name} {open:?}");
    });
}

#[test]
fn a_page_has_one_of_each_landmark_and_headings_that_do_not_skip() {
    every_page(|name, _, tags| {
        for element in ["h1", "main", "header", "footer", "title"] {
            assert_eq!(tags.iter().filter(|tag| tag.opens(element)).count(), 1, "{name} {element}");
        }
        let html = tags.iter().find(|tag| tag.opens("html")).unwrap();
        let direction = if html.get("lang") == Some("ar") { "rtl" } else { "ltr" };
        assert_eq!(html.get("dir"), Some(direction), "{name}");
        let levels = tags.iter().filter(|tag| !tag.is_end && tag.name.len() == 2);
        let levels: Vec<u8> =
            levels.filter_map(|tag| tag.name.strip_prefix('h')?.parse().ok()).collect();
        assert_eq!(levels.first(), Some(&1), "{name}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name} {levels:?}");
        assert_eq!(tags.iter().find(|tag| tag.opens("a")).unwrap().get("href"), Some("#main"));
    });
}

#[test]
fn ids_are_unique_and_everything_that_is_referred_to_is_there() {
    every_page(|name, _, tags| {
        let all: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let ids: HashSet<&str> = all.iter().copied().collect();
        assert_eq!(ids.len(), all.len(), "{name} {all:?}");
        for tag in tags {
            let referred = [tag.get("aria-labelledby"), tag.get("for")];
            let within = tag.get("href").and_then(|href| href.strip_prefix('#'));
            for target in referred.into_iter().chain([within]).flatten() {
                assert!(ids.contains(target), "{name} {target}");
            }
        }
    });
}

#[test]
fn every_form_is_proven_and_has_one_button_and_every_control_a_label() {
    every_page(|name, page, tags| {
        let labels: HashSet<&str> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        let is_control = |tag: &&Tag<'_>| {
            let is_shown = tag.opens("input") && tag.get("type") != Some("hidden");
            is_shown || tag.opens("select") || tag.opens("textarea")
        };
        for control in tags.iter().filter(is_control) {
            assert!(labels.contains(control.get("id").unwrap()), "{name}");
        }
        for form in page.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let is_question = form.starts_with("method=\"get\" action=\"/");
            assert!(is_question || form.starts_with("method=\"post\" action=\"/"), "{name}");
            let proofs = usize::from(!is_question);
            assert_eq!(form.matches("name=\"csrf\"").count(), proofs, "{name}");
            assert_eq!(form.matches("<button").count(), 1, "{name}");
            assert_eq!(form.matches("type=\"submit\"").count(), 1, "{name}");
        }
        assert_eq!(page.matches("<button").count(), page.matches("<form ").count(), "{name}");
        assert!(tags.iter().filter(|tag| tag.opens("img")).all(|tag| tag.get("alt").is_some()));
    });
}

#[test]
fn nothing_runs_but_our_script_and_nothing_is_loaded_from_elsewhere() {
    every_page(|name, page, tags| {
        assert_eq!(page.matches("<script").count(), 1, "{name}");
        for tag in tags {
            assert!(!["style", "iframe", "object", "embed"].contains(&tag.name), "{name}");
            assert!(!tag.opens("script") || tag.get("src").is_some(), "{name}");
            for (attribute, value) in &tag.attributes {
                assert!(
                    *attribute != "style" && !attribute.starts_with("on"),
                    "{name} {attribute}"
                );
                let loads = *attribute == "src" || (tag.name == "link" && *attribute == "href");
                let is_feed = tag.get("rel") == Some("alternate");
                let is_ours =
                    value.starts_with("/assets/") || (is_feed && value.starts_with("/partners"));
                assert!(!loads || is_ours, "{name} {value}");
            }
        }
    });
}

#[test]
fn text_that_wants_to_be_markup_stays_text() {
    for (name, page) in samples::hostile() {
        assert!(page.contains("script&#62;alert"), "{name}");
        assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{name}");
    }
}

#[test]
fn on_and_off_differ_in_words_and_in_what_marks_the_one_that_holds() {
    let (on, off) = (samples::settings_at(Choice::On), samples::settings_at(Choice::Off));
    let shape = |page: &str| -> Vec<String> {
        let shapes = tags(page).into_iter().map(|tag| format!("{tag:?}"));
        let alike = [("chip-off", "chip-on"), ("\"off\"", "\"on\""), ("rests", "holds")];
        shapes
            .map(|tag| alike.iter().fold(tag, |tag, (one, other)| tag.replace(one, other)))
            .collect()
    };
    assert_eq!(shape(&on), shape(&off));
    let forms = |page: &str| page.matches("action=\"/settings\"").count();
    assert_eq!((forms(&on), forms(&off)), (2, 2));
    let buttons =
        |page: &str| page.matches("<button class=\"button\" type=\"submit\">Turn ").count();
    assert_eq!((buttons(&on), buttons(&off)), (2, 2));
}

#[test]
fn every_state_of_a_setting_is_said_in_words() {
    let (on, off) = (samples::settings_at(Choice::On), samples::settings_at(Choice::Off));
    for (page, state) in [(on, "on"), (off, "off")] {
        assert!(page.contains(&format!(">Sharing is {state}</p>")));
        assert!(page.contains(&format!(">Personalized ads are {state}</p>")));
    }
}
