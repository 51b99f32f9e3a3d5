//! Moving partners' addresses before the files are read.

/// Returns the text of a file with each origin (`http://host:port`) replaced by its new one.
///
/// For rehearsals, where partners listen on ports that are known only once they run. The text is read
/// once from start to end, so no replacement is replaced again, and an origin that only begins like an
/// old one (`:9101` in `:91011`) stays.
pub fn rebase(text: &str, origins: &[(&str, &str)]) -> String {
    let mut moved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = origins.iter().find_map(|(old, new)| {
            let after = rest.strip_prefix(old).filter(|_| !old.is_empty())?;
            let ends = !after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '.');
            ends.then_some((*new, after))
        });
        if let Some((new, after)) = found {
            moved.push_str(new);
            rest = after;
        } else {
            moved.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_change_places_without_meeting() {
        let text =
            "é http://127.0.0.1:1/a http://127.0.0.1:2/b http://127.0.0.1:12 http://127.0.0.1:1";
        let swapped = [
            ("http://127.0.0.1:1", "http://127.0.0.1:2"),
            ("http://127.0.0.1:2", "http://127.0.0.1:1"),
        ];
        assert_eq!(
            rebase(text, &swapped),
            "é http://127.0.0.1:2/a http://127.0.0.1:1/b http://127.0.0.1:12 http://127.0.0.1:2"
        );
        assert_eq!(rebase(text, &[]), text);
    }
}
