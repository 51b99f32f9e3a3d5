//! Guarantees that are compile errors.

#[test]
fn a_clearance_cannot_be_forged_copied_or_skipped() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
