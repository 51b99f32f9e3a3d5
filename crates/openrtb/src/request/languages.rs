//! In which languages ads may be (`wlang`, `wlangb`).

use crate::{
    fields::{Fault, Fields},
    grammar,
    kept::LIST_MAX,
    written::Written,
};

/// Languages of ads that alone may be shown; none means all. Every entry holds, also one that is told to nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Languages {
    /// `wlang`, of ISO 639-1.
    plain: Vec<String>,
    /// `wlangb`, tags of BCP 47.
    tags: Vec<String>,
}

/// An ad without words is in no language.
const NO_WORDS: &str = "xx";

impl Languages {
    pub(super) fn of(root: &Fields<'_>) -> Result<Self, Fault> {
        let list = |key| -> Result<Vec<String>, Fault> {
            let languages = root.texts(key)?;
            if languages.len() > LIST_MAX {
                return Err(root.fault(key, "holds too many languages"));
            }
            Ok(languages.into_iter().map(str::to_owned).collect())
        };
        Ok(Self { plain: list("wlang")?, tags: list("wlangb")? })
    }

    /// Returns whether an ad in that language may be shown, as `language` or `langb` of its bid says. One that does
    /// not say may; of two tags the shorter covers the longer, whichever is which.
    pub fn allow(&self, said: Option<&str>) -> bool {
        let Some(said) = said.filter(|said| !said.eq_ignore_ascii_case(NO_WORDS)) else {
            return true;
        };
        let allowed = |list: &[String]| list.is_empty() || list.iter().any(|one| agree(one, said));
        allowed(&self.plain) && allowed(&self.tags)
    }

    /// Writes what fits its grammar of one of the two lists: tags say more.
    pub(crate) fn write(&self, out: &mut Written) {
        let (key, list, fits): (_, _, fn(&str) -> bool) = if self.tags.is_empty() {
            ("wlang", &self.plain, grammar::language)
        } else {
            ("wlangb", &self.tags, grammar::language_tag)
        };
        let fitting: Vec<&String> = list.iter().filter(|one| fits(one)).collect();
        out.texts(key, &fitting);
    }
}

/// Returns whether each part that both tags have is the same.
fn agree(one: &str, other: &str) -> bool {
    one.split('-').zip(other.split('-')).all(|(one, other)| one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_covers_its_regions_and_no_other() {
        let texts = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let plain = Languages { plain: texts(&["en", "de"]), tags: Vec::new() };
        let tags = Languages { plain: Vec::new(), tags: texts(&["en-US", "zh-Hant"]) };
        for (said, by_plain, by_tags) in [
            ("en", true, true),
            ("EN-us", true, true),
            ("en-GB", true, false),
            ("zh-Hant-TW", false, true),
            ("zh-Hans", false, false),
            ("fr", false, false),
            ("xx", true, true),
        ] {
            assert_eq!(
                (plain.allow(Some(said)), tags.allow(Some(said))),
                (by_plain, by_tags),
                "{said}"
            );
        }
        assert!(plain.allow(None) && Languages::default().allow(Some("fr")));
    }
}
