//! Notes as the standard has them, against its own example and the published reader.

use super::*;

/// The example of the standard: <https://c2sp.org/signed-note>.
const KEY: &str = "example.com/foo+530a903d+ASGbEKuURnRCgJC77uTZ6/0ZPX8CO0u7ADKhk3Dri3aN";

fn signer(name: &str) -> NoteSigner {
    NoteSigner::new(name, &Secret::new([7; 32])).unwrap()
}

#[test]
fn a_key_reads_back_and_a_wrong_one_is_refused() {
    let text = signer("ledger.example/log").verifier().to_string();
    let read: NoteVerifier = text.parse().unwrap();
    assert_eq!(read, signer("ledger.example/log").verifier());
    assert!(!read.is_witness());
    for odd in ["", "a+b", "a+00000000+AQ==", &text.replace("ledger", "other"), KEY] {
        assert!(odd.parse::<NoteVerifier>().is_err(), "{odd}");
    }
    assert!(NoteSigner::new("a name", &Secret::new([7; 32])).is_err());
    assert!(NoteSigner::new("a+name", &Secret::new([7; 32])).is_err());
}

#[test]
fn a_note_is_signed_and_whoever_changes_it_is_found_out() {
    let signer = signer("ledger.example/log");
    let note = signer.sign("first\nsecond\n\nfourth\n");
    let read = Note::read(note.as_bytes()).unwrap();
    assert_eq!(read.text(), "first\nsecond\n\nfourth\n");
    assert_eq!(read.to_string(), note);
    assert_eq!(signer.verifier().check(&read), Ok(()));
    let forged = Note::read(note.replace("second", "sEcond").as_bytes()).unwrap();
    assert_eq!(signer.verifier().check(&forged), Err(NoteError::Forged));
    let other = NoteSigner::new("other.example", &Secret::new([7; 32])).unwrap();
    assert_eq!(other.verifier().check(&read), Err(NoteError::Unsigned));
    for odd in ["", "text\n", "text\n\n", "text\n\nno dash\n", &note[..note.len() - 1]] {
        assert_eq!(Note::read(odd.as_bytes()), Err(NoteError::Malformed), "{odd:?}");
    }
}

#[test]
fn the_published_reader_takes_our_keys_and_notes() {
    let signer = signer("ledger.example/log");
    let verifier = signed_note::StandardVerifier::new(&signer.verifier().to_string()).unwrap();
    let list = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let note = signed_note::Note::from_bytes(signer.sign("text\n").as_bytes()).unwrap();
    let (right, unknown) = note.verify(&list).unwrap();
    assert_eq!((right.len(), unknown.len()), (1, 0));
    let forged = signer.sign("text\n").replacen("text", "test", 1);
    let note = signed_note::Note::from_bytes(forged.as_bytes()).unwrap();
    assert!(note.verify(&list).is_err());
}
