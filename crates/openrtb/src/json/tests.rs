//! What is accepted, what is refused, and how it is named.

use super::*;
use crate::document::Number;
use proptest::prelude::*;

fn fault(text: &str) -> (String, Problem) {
    let error = check(text.as_bytes(), &Limits::REQUEST).unwrap_err();
    (error.path, error.problem)
}

#[test]
fn a_hundred_thousand_open_brackets_are_refused_at_the_limit() {
    let text = "[".repeat(100_000);
    let (path, problem) = fault(&text);
    assert_eq!(problem, Problem::TooDeep);
    assert_eq!(path, "[0]".repeat(32));
    assert_eq!(fault(&"{\"a\":".repeat(40_000)).1, Problem::TooDeep);
}

#[test]
fn the_deepest_permitted_value_is_accepted_and_one_more_level_is_not() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(check(nested(32).as_bytes(), &Limits::REQUEST).is_ok());
    assert_eq!(fault(&nested(33)).1, Problem::TooDeep);
}

#[test]
fn duplicate_keys_are_found_at_any_depth_and_behind_escapes() {
    for (text, path) in [
        (r#"{"a":1,"a":2}"#, "a"),
        (r#"{"imp":[{},{"ext":{"b":1,"\u0062":2}}]}"#, "imp[1].ext.b"),
        (r#"{"x":{"\/":1,"/":2}}"#, "x.?"),
    ] {
        assert_eq!(fault(text), (String::from(path), Problem::DuplicateKey));
    }
    assert!(check(br#"{"a":{"b":1},"c":{"b":1}}"#, &Limits::REQUEST).is_ok());
}

#[test]
fn objects_of_every_size_are_searched_alike() {
    for size in [1, FEW - 1, FEW, FEW + 1, 10 * FEW] {
        // In no order of their own.
        let keys: Vec<String> = (0..size).map(|key| format!("{}", key * 7_919 % 10_007)).collect();
        let fields = |keys: &[String]| {
            let fields: Vec<String> = keys.iter().map(|key| format!("\"{key}\":[{key}]")).collect();
            format!("{{{}}}", fields.join(","))
        };
        let text = fields(&keys);
        let document = parse(text.as_bytes(), &Limits::REQUEST).unwrap();
        for key in &keys {
            let found = document.root().field(key).unwrap().children().next().unwrap();
            assert!(
                matches!(found.number(), Some(Number::Integer(number)) if number.to_string() == *key)
            );
        }
        assert!(document.root().field("none").is_none());
        for again in [0, size / 2, size - 1] {
            let twice = [&keys[..], &keys[again..=again]].concat();
            assert_eq!(fault(&fields(&twice)).1, Problem::DuplicateKey, "{again} of {size}");
        }
    }
}

#[test]
fn keys_that_have_much_in_common_are_told_apart() {
    let text =
        r#"{"abcd-efgh":[0],"abcd+efgh":[1],"a":[2],"a\u0000":[3],"\u0061bcd":[4],"abcdabcd":[5]}"#;
    let document = parse(text.as_bytes(), &Limits::REQUEST).unwrap();
    for (number, key) in
        ["abcd-efgh", "abcd+efgh", "a", "a\0", "abcd", "abcdabcd"].into_iter().enumerate()
    {
        let found = document.root().field(key).unwrap().children().next().unwrap();
        assert!(
            matches!(found.number(), Some(Number::Integer(found)) if found == i64::try_from(number).unwrap())
        );
    }
    for key in ["", "abc", "abcd*efgh", "aa", "abcdabcdabcd"] {
        assert!(document.root().field(key).is_none(), "{key}");
    }
    assert_eq!(fault(r#"{"abcd-efgh":1,"abcd-efgh":2}"#).1, Problem::DuplicateKey);
}

#[test]
fn each_fault_has_its_own_name() {
    for (text, problem) in [
        ("", Problem::Truncated),
        ("{} x", Problem::Trailing),
        ("{}{}", Problem::Trailing),
        ("{\"a\":01}", Problem::Number),
        ("[1.]", Problem::Number),
        ("[-]", Problem::Number),
        ("[1e]", Problem::Number),
        ("[+1]", Problem::Syntax),
        ("[1,]", Problem::Syntax),
        ("{\"a\" 1}", Problem::Syntax),
        ("{a:1}", Problem::Syntax),
        ("[NaN]", Problem::Syntax),
        ("[tru", Problem::Truncated),
        ("[\"a", Problem::Truncated),
        ("[\"\\x\"]", Problem::String),
        ("[\"\\ud800\"]", Problem::String),
        ("[\"\\ud800\\u0041\"]", Problem::String),
        ("[\"a\nb\"]", Problem::String),
        ("[\"\\u0041bcdef\",\"\\u", Problem::String),
        ("[\"\\u0041bcdef\",\"\\", Problem::Truncated),
    ] {
        assert_eq!(fault(text).1, problem, "{text}");
    }
    let too_large = vec![b' '; Limits::REQUEST.bytes + 1];
    assert_eq!(check(&too_large, &Limits::REQUEST).unwrap_err().problem, Problem::TooLarge);
    assert_eq!(check(b"[\"\xff\"]", &Limits::REQUEST).unwrap_err().problem, Problem::NotUtf8);
}

#[test]
fn a_path_never_repeats_a_key_that_is_not_plain() {
    let (path, _) = fault(r#"{"user":{"ada@example.com":{"b":01}}}"#);
    assert_eq!(path, "user.?.b");
}

#[test]
fn surrogate_pairs_are_decoded() {
    let document = parse(br#""\ud83d\ude00\u00e9""#, &Limits::REQUEST).unwrap();
    assert_eq!(document.root().text(), Some("\u{1f600}\u{e9}"));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic_and_what_passes_is_json(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if check(&bytes, &Limits::REQUEST).is_ok() {
            prop_assert!(serde_json::from_slice::<&serde_json::value::RawValue>(&bytes).is_ok());
        }
    }

    #[test]
    fn random_json_like_text_is_judged_as_another_reader_judges_it(
        text in r#"[\[\]{}:,"a0-9.eE+\-\\u tn]{0,24}"#
    ) {
        let ours = check(text.as_bytes(), &Limits::REQUEST);
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match ours {
            Ok(()) => prop_assert!(
                theirs.is_ok() || theirs.is_err_and(|e| e.to_string().contains("out of range"))
            ),
            Err(error) if error.problem == Problem::DuplicateKey => {}
            Err(_) => prop_assert!(theirs.is_err()),
        }
    }

    #[test]
    fn whatever_another_writer_writes_is_accepted(value in json()) {
        prop_assert!(check(value.to_string().as_bytes(), &Limits::REQUEST).is_ok());
    }
}
