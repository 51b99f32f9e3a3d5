//! Guarantees that are compile errors.

#[test]
fn a_permit_cannot_be_forged_nor_a_grant_kept() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
