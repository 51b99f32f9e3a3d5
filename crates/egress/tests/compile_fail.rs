//! Guarantees that are compile errors.

#[test]
fn only_what_the_ledger_has_recorded_can_be_sent() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
