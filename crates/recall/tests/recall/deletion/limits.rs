//! What a token says of itself: until when it is good, from when on, for whom, and what its reader must understand.

use super::*;

/// Longest request that is taken, in bytes.
const REQUEST_MAX: usize = 8 << 10;

/// What the claims of a token are given beside those of the framework.
type Twist = fn(&mut Value);

fn as_it_is(_claims: &mut Value) {}

fn subject(value: &str, kind: &str) -> Value {
    json!({ "identifierValue": value, "identifierType": kind, "identifierFormat": "raw" })
}

/// A request about one person, whose two tokens are twisted apart.
fn request(partner: &Partner, twist: Twist, identity: Twist, header: fn(&mut Header)) -> String {
    let mut id = json!({
        "version": "1.0", "jti": "i-1", "iss": "meter.example", "sub": subject("1", "user_id"),
        "iat": SECONDS,
    });
    identity(&mut id);
    let mut claims = json!({
        "version": "1.0", "jti": "r-1", "iss": "meter.example", "sub": subject("1", "user_id"),
        "iat": SECONDS, "idJWT": partner.sign_under(&id, header),
    });
    twist(&mut claims);
    partner.sign_under(&claims, header)
}

#[tokio::test]
async fn a_token_that_is_over_not_good_yet_or_for_somebody_else_erases_nobody() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let receiver = receiver(&world, &partner);
    let cases: [(Twist, ResultCode); 11] = [
        (|claims| claims["exp"] = json!(SECONDS - 100_000), ResultCode::InvalidTimestamp),
        (|claims| claims["exp"] = json!(SECONDS - 300), ResultCode::InvalidTimestamp),
        (|claims| claims["exp"] = json!(-1), ResultCode::InvalidTimestamp),
        (|claims| claims["nbf"] = json!(SECONDS + 301), ResultCode::InvalidTimestamp),
        (|claims| claims["aud"] = json!("other-company.example"), ResultCode::InvalidToken),
        (|claims| claims["aud"] = json!(["a.example", "b.example"]), ResultCode::InvalidToken),
        (|claims| claims["aud"] = json!([]), ResultCode::InvalidToken),
        (|claims| claims["aud"] = json!({ "for": OURS }), ResultCode::Malformed),
        (|claims| claims["aud"] = Value::Null, ResultCode::Malformed),
        (|claims| claims["exp"] = json!("tomorrow"), ResultCode::Malformed),
        (|claims| claims["nbf"] = Value::Null, ResultCode::Malformed),
    ];
    for (number, (twist, expected)) in cases.into_iter().enumerate() {
        for token in
            [request(&partner, twist, as_it_is, |_| {}), request(&partner, as_it_is, twist, |_| {})]
        {
            let answered = receiver.take(token.as_bytes()).await.unwrap();
            assert_eq!(answered.result, expected, "case {number}");
        }
    }
    assert!(world.erasures.asked().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_with_a_header_that_must_be_understood_is_refused() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let token = request(&partner, as_it_is, as_it_is, |header| {
        header.crit = Some(vec![String::from("must")]);
    });
    let answered = receiver(&world, &partner).take(token.as_bytes()).await.unwrap();
    assert_eq!(answered.result, ResultCode::InvalidToken);
    let proof = claims(&answered.token, signer().public());
    let words = "the token has a critical header that is not understood";
    assert_eq!(proof["raResultString"], words);
    assert!(world.erasures.asked().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_for_us_that_is_good_by_either_clock_is_accepted() {
    let twists: [Twist; 6] = [
        |claims| claims["exp"] = json!(SECONDS + 1),
        |claims| claims["exp"] = json!(SECONDS - 299),
        |claims| claims["nbf"] = json!(SECONDS + 300),
        |claims| claims["aud"] = json!(OURS),
        |claims| claims["aud"] = json!(["a.example", "https://platform.example/dsrdelete"]),
        // A date with a fraction is one, too.
        |claims| claims["iat"] = json!(1_772_323_200.5),
    ];
    for (number, twist) in twists.into_iter().enumerate() {
        let world = World::new().await;
        let partner = Partner::new(2);
        let token = request(&partner, twist, twist, |_| {});
        let answered = receiver(&world, &partner).take(token.as_bytes()).await.unwrap();
        assert_eq!(answered.result, ResultCode::Successful, "case {number}");
    }
}

#[tokio::test]
async fn both_tokens_of_a_request_are_about_the_same() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let receiver = receiver(&world, &partner);
    let other: Twist = |claims| claims["sub"] = subject("2", "user_id");
    for token in
        [request(&partner, as_it_is, other, |_| {}), request(&partner, other, as_it_is, |_| {})]
    {
        let answered = receiver.take(token.as_bytes()).await.unwrap();
        assert_eq!(answered.result, ResultCode::Malformed);
        let proof = claims(&answered.token, signer().public());
        let words = "the idJWT is about another identifier than the rqJWT";
        assert_eq!(proof["raResultString"], words);
    }
    assert!(world.erasures.asked().await.unwrap().is_empty());
    // An identifier has several names.
    let token = request(&partner, as_it_is, |claims| claims["sub"] = subject("1", "UID"), |_| {});
    let answered = receiver.take(token.as_bytes()).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful);
}

#[tokio::test]
async fn a_request_is_taken_as_long_as_its_acknowledgement_can_repeat_it() {
    let world = World::new().await;
    let partner = Partner::new(2);
    let receiver = receiver(&world, &partner);
    let of_length =
        |jti: usize| rq_jwt(&partner.request("1", |claims| claims["jti"] = json!("j".repeat(jti))));
    let jti = (REQUEST_MAX - of_length(1).len()) * 3 / 4 + 4;
    let longest = (1..jti).rev().map(of_length).find(|token| token.len() <= REQUEST_MAX).unwrap();
    assert!(longest.len() > REQUEST_MAX - 4);
    let too_long = of_length(REQUEST_MAX);
    let answered = receiver.take(too_long.as_bytes()).await.unwrap();
    assert_eq!(answered.result, ResultCode::InvalidToken, "{} bytes", too_long.len());
    assert!(world.erasures.asked().await.unwrap().is_empty());
    let answered = receiver.take(longest.as_bytes()).await.unwrap();
    assert_eq!(answered.result, ResultCode::Successful);
    assert_eq!(claims(&answered.token, signer().public())["rqJWT"], json!(longest));
}

#[tokio::test]
async fn an_acknowledgement_that_is_over_or_for_somebody_else_counts_for_nothing() {
    let twists: [(Twist, bool); 3] = [
        (|claims| claims["exp"] = json!(SECONDS - 3_600), false),
        (|claims| claims["aud"] = json!("other-company.example"), false),
        (|claims| claims["aud"] = json!(OURS), true),
    ];
    for (twist, is_good) in twists {
        let world = World::new().await;
        let partner = Partner::new(2);
        erased(&world).await;
        let answering = partner.clone();
        world.answer_with(move |heard| {
            let mut claims = json!({
                "version": "1.0", "rqJWT": rq_jwt(&heard.body), "jti": "a-1",
                "iss": "meter.example", "iat": SECONDS, "raResultCode": 0,
            });
            twist(&mut claims);
            let body = json!({ "acJWT": answering.sign(&claims) }).to_string();
            Ok((202, Bytes::from(body)))
        });
        let accepted = deletions(&world, &partner).step(&meter()).await.unwrap();
        assert_eq!(accepted, usize::from(is_good));
    }
}
