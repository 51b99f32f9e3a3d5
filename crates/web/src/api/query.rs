//! What is wrong with the query of an address.

use super::body::is_plain;
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;

/// Says which field of a query is to blame: one that nobody asked for, is there twice or does not fit, or else the one
/// that is usually meant. A name is the sender's text and may hold anything; one that is not plain appears as `?`.
pub(super) fn wrong(
    rejection: &QueryRejection,
    field: &'static str,
    detail: &'static str,
) -> Problem {
    let text = rejection.body_text();
    let named = |start: &str| Some(text.split_once(start)?.1.split_once('`')?.0);
    let named = named("unknown field `").or_else(|| named("duplicate field `"));
    // A value that does not fit comes after the name of its field.
    let unfit = || text.strip_prefix(UNFIT)?.split_once(": ").map(|(name, _why)| name);
    match named.or_else(unfit) {
        Some(name) if is_plain(name) => Problem::field(name, detail),
        Some(_) => Problem::field("?", detail),
        None => Problem::field(field, detail),
    }
}

/// How the words of a rejection begin.
const UNFIT: &str = "Failed to deserialize query string: ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::dead::Asked;
    use crate::api::report::Span;
    use axum::extract::Query;

    #[test]
    fn a_field_that_nobody_asked_for_is_named_and_no_other() {
        for (query, field) in [
            ("from=2026-11-01&x=1", "x"),
            ("until=2026-11-01", "until"),
            ("from=2026-11-01&from=2026-11-02", "from"),
            ("to=2026-11-01&to=2026-11-02", "to"),
            ("campaign_id=a&campaign_id=b", "campaign_id"),
            ("ada%40example.com=1", "?"),
            ("a%60b=1", "a"),
        ] {
            let address = format!("http://localhost/?{query}").parse().unwrap();
            let rejection = Query::<Span>::try_from_uri(&address).unwrap_err();
            let problem = wrong(&rejection, "from", "only `from` and `to`, once");
            assert_eq!(problem, Problem::field(field, "only `from` and `to`, once"), "{query}");
        }
    }

    #[test]
    fn a_field_with_a_value_that_does_not_fit_is_named() {
        for (query, field) in [
            ("from_ms=x", "from_ms"),
            ("limit=3&to_ms=1.5", "to_ms"),
            ("before_event=-1&limit=3", "before_event"),
            ("limit=", "limit"),
            ("reason=a:%20b&limit=%60c%60:%20d", "limit"),
        ] {
            let address = format!("http://localhost/?{query}").parse().unwrap();
            let rejection = Query::<Asked>::try_from_uri(&address).unwrap_err();
            assert_eq!(wrong(&rejection, "?", "whole"), Problem::field(field, "whole"), "{query}");
        }
    }
}
