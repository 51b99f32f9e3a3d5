//! What is read here is what the check of bodies lets pass, and what another reader reads.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

const LIMITS: Limits = Limits { bytes: 4096, depth: 4 };

/// Returns the value as another reader has it.
fn value(node: &Node<'_>) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Bool(flag) => Value::from(*flag),
        Node::Number(number) => Value::from(*number),
        Node::Fraction(number) => Value::from(*number),
        Node::Text(text) => Value::from(text.as_ref()),
        Node::List(list) => list.iter().map(value).collect(),
        Node::Object(object) => Value::Object(
            object.0.iter().map(|(key, node)| (String::from(key.as_ref()), value(node))).collect(),
        ),
    }
}

/// Whole numbers that are too large read as nothing.
fn whole(mut other: Value) -> Value {
    match &mut other {
        Value::Number(number) if number.is_u64() => Value::from(number.as_i64()),
        Value::Array(list) => list.drain(..).map(whole).collect(),
        Value::Object(object) => Value::Object(
            std::mem::take(object).into_iter().map(|(key, v)| (key, whole(v))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => other,
    }
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let checked = json::check(bytes, &LIMITS);
    match (parse(bytes, &LIMITS), checked) {
        (Ok(node), checked) => {
            prop_assert_eq!(checked, Ok(()));
            let other: Value = serde_json::from_slice(bytes).unwrap();
            prop_assert_eq!(value(&node), whole(other));
        }
        (Err(error), Ok(())) => prop_assert_eq!(error.problem, Problem::Number),
        (Err(error), Err(checked)) => prop_assert_eq!(error, checked),
    }
    Ok(())
}

proptest! {
    #[test]
    fn json_like_text_is_judged_as_the_check_judges_it(
        text in r#"[\[\]{}:,"a0-9.eE+\-\\u tn]{0,24}"#
    ) {
        agree(text.as_bytes())?;
    }

    #[test]
    fn objects_are_judged_as_the_check_judges_them(
        keys in prop::collection::vec("[a-d]{1,3}", 0..60),
        depth in 0..6_usize,
    ) {
        let pairs: Vec<_> = keys.iter().map(|key| format!("\"{key}\":1.5e1")).collect();
        let text = format!("{}{{{}}}{}", "[".repeat(depth), pairs.join(","), "]".repeat(depth));
        agree(text.as_bytes())?;
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        agree(&bytes)?;
    }
}

#[test]
fn keys_are_compared_after_their_escapes_and_text_without_any_is_not_copied() {
    assert!(parse(br#"{"a":1,"\u0061":2}"#, &LIMITS).is_err());
    let Ok(Node::List(list)) = parse(br#"["plain","\u0061"]"#, &LIMITS) else { panic!("no list") };
    let borrowed = list.iter().map(|node| matches!(node, Node::Text(Cow::Borrowed(_))));
    assert_eq!(borrowed.collect::<Vec<_>>(), [true, false]);
    assert_eq!(parse(&[b' '; 4097], &LIMITS).err().unwrap().problem, Problem::TooLarge);
}
