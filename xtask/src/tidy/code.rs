//! Rust text as the rules want to see it: without comments, strings, or test modules.

/// Returns the text with comments blanked and the insides of literals replaced by underscores.
/// Lines stay where they are.
pub(super) fn bare(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = characters.as_slice();
    while let Some(first) = rest.first() {
        let (length, fill) = token(rest, out.chars().next_back());
        let (taken, after) = rest.split_at(length.clamp(1, rest.len()));
        match fill {
            Fill::Keep => out.push(*first),
            Fill::Blank => out.extend(taken.iter().map(|c| if *c == '\n' { '\n' } else { ' ' })),
            Fill::Literal => {
                let inside = |c: &char| if *c == '\n' { '\n' } else { '_' };
                out.push('"');
                out.extend(taken.iter().skip(1).take(taken.len().saturating_sub(2)).map(inside));
                if taken.len() > 1 {
                    out.push('"');
                }
            }
        }
        rest = after;
    }
    out
}

/// Returns bare code with every item behind `#[cfg(test)]` blanked.
pub(super) fn without_tests(bare: &str) -> String {
    let mut out = String::with_capacity(bare.len());
    let mut rest = bare;
    while let Some(start) = rest.find("#[cfg(test)]") {
        let (before, item) = rest.split_at(start);
        out.push_str(before);
        let (gone, after) = item.split_at(item_end(item));
        out.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns the line, from 1, of a byte position.
pub(super) fn line_at(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

/// Returns the byte positions at which the word stands alone.
pub(super) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(position, _)| position).filter(move |position| {
        let (before, after) = text.split_at(*position);
        let after = after.strip_prefix(word).unwrap_or_default();
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[derive(Clone, Copy)]
enum Fill {
    Keep,
    Blank,
    Literal,
}

/// Returns how long the next piece is and what becomes of it.
fn token(rest: &[char], before: Option<char>) -> (usize, Fill) {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    match rest {
        ['/', '/', ..] => (until(rest, |c| c == '\n'), Fill::Blank),
        ['/', '*', ..] => (block_comment(rest), Fill::Blank),
        ['"', ..] => (string(rest), Fill::Literal),
        ['r', '"' | '#', ..] if !in_word => raw_string(rest).map_or((1, Fill::Keep), literal),
        ['\'', '\\', ..] => (2 + closing_quote(rest.get(2..).unwrap_or_default()), Fill::Literal),
        ['\'', _, '\'', ..] => (3, Fill::Literal),
        _ => (1, Fill::Keep),
    }
}

fn literal(length: usize) -> (usize, Fill) {
    (length, Fill::Literal)
}

fn until(rest: &[char], stop: fn(char) -> bool) -> usize {
    rest.iter().position(|c| stop(*c)).unwrap_or(rest.len())
}

/// Returns the length up to and with the closing quote of a character literal, escape not counted.
fn closing_quote(rest: &[char]) -> usize {
    rest.iter().skip(1).position(|c| *c == '\'').map_or(rest.len(), |at| at + 2)
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut skip = false;
    for (index, pair) in rest.windows(2).enumerate() {
        if skip {
            skip = false;
            continue;
        }
        match pair {
            ['/', '*'] => (depth, skip) = (depth + 1, true),
            ['*', '/'] if depth == 1 => return index + 2,
            ['*', '/'] => (depth, skip) = (depth.saturating_sub(1), true),
            _ => {}
        }
    }
    rest.len()
}

fn string(rest: &[char]) -> usize {
    let mut escaped = false;
    for (index, c) in rest.iter().enumerate().skip(1) {
        match (escaped, c) {
            (true, _) => escaped = false,
            (false, '\\') => escaped = true,
            (false, '"') => return index + 1,
            (false, _) => {}
        }
    }
    rest.len()
}

/// Returns the length of a raw string, or nothing when it is a raw identifier.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().skip(1).take_while(|c| **c == '#').count();
    let body = rest.get(hashes + 1..)?;
    let inside = body.strip_prefix(&['"'])?;
    let closes = |at: &usize| {
        inside.get(*at) == Some(&'"')
            && inside.iter().skip(at + 1).take(hashes).filter(|c| **c == '#').count() == hashes
    };
    let end = (0..inside.len()).find(closes).map_or(inside.len(), |at| at + 1 + hashes);
    Some(hashes + 2 + end)
}

/// Returns where the item that begins here ends: after its block, or after its semicolon.
fn item_end(item: &str) -> usize {
    let mut depth = 0_usize;
    for (position, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return position + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return position + 1,
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_not_code() {
        let text = "a(); // b()\n/* c /* d */ e */ f(\"g { \\\" h\", r#\"i \" {\"#, '{', '\\'', '\\\\');\n";
        let code = bare(text);
        assert_eq!(code.lines().count(), text.lines().count());
        assert!(code.starts_with("a();") && code.contains("f("), "{code}");
        for gone in ["b()", "c", "d", "e", "g", "h", "i", "{"] {
            assert!(!code.contains(gone), "{gone} in {code}");
        }
    }

    #[test]
    fn lifetimes_and_raw_names_survive() {
        let text = "fn a<'b>(r#type: &'b str) -> &'b str { bar(\"x\") }";
        let code = bare(text);
        assert_eq!(code, "fn a<'b>(r#type: &'b str) -> &'b str { bar(\"_\") }");
    }

    #[test]
    fn a_test_module_is_blanked_and_what_follows_stays() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { {} }\n}\nfn c() {}\n#[cfg(test)]\nuse d;\nfn e() {}";
        let left = without_tests(code);
        assert!(left.contains("fn a()") && left.contains("fn c()") && left.contains("fn e()"));
        assert!(!left.contains("fn b()") && !left.contains("use d"));
        assert_eq!(left.lines().count(), code.lines().count());
        assert_eq!(line_at(&left, left.find("fn c").unwrap()), 6);
    }

    #[test]
    fn only_whole_words_count() {
        assert_eq!(words("decide undecide decided (decide)", "decide").count(), 2);
    }
}
