//! What is wrong with the query of an address.

use super::body::is_plain;
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;

/// Says which field of a query is to blame: one that nobody asked for, or is there twice, or else the only one that can
/// be wrong. A name is the sender's text and may hold anything; one that is not plain appears as `?`.
pub(super) fn wrong(
    rejection: &QueryRejection,
    field: &'static str,
    detail: &'static str,
) -> Problem {
    let text = rejection.body_text();
    let named = |start: &str| Some(text.split_once(start)?.1.split_once('`')?.0);
    let named = named("unknown field `").or_else(|| named("duplicate field `"));
    match named {
        Some(name) if is_plain(name) => Problem::field(name, detail),
        Some(_) => Problem::field("?", detail),
        None => Problem::field(field, detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::report::Span;
    use axum::extract::Query;

    #[test]
    fn a_field_that_nobody_asked_for_is_named_and_no_other() {
        for (query, field) in [
            ("from=2026-11-01&x=1", "x"),
            ("until=2026-11-01", "until"),
            ("from=2026-11-01&from=2026-11-02", "from"),
            ("to=2026-11-01&to=2026-11-02", "to"),
            ("ada%40example.com=1", "?"),
            ("a%60b=1", "a"),
        ] {
            let address = format!("http://localhost/?{query}").parse().unwrap();
            let rejection = Query::<Span>::try_from_uri(&address).unwrap_err();
            let problem = wrong(&rejection, "from", "only `from` and `to`, once");
            assert_eq!(problem, Problem::field(field, "only `from` and `to`, once"), "{query}");
        }
    }
}
