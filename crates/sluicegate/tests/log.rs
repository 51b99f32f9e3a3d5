//! An outsider checks the record of the running program with files and a public key, and finds what was changed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::json;
use sha2::{Digest as _, Sha256};
use sluicegate_gate::Secret;
use sluicegate_ledger::log::{
    checkpoint::Checkpoint,
    note::{NoteSigner, NoteVerifier},
    sheet,
};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{demo_register, webhook_secrets, welcome},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const BINARY: &str = env!("CARGO_BIN_EXE_sluicegate");
const PERSON: &str = "person-1";
/// How often something is looked at until it is there.
const LOOKS_MAX: usize = 2_000;
/// How often it is tried to kill the program while a window is open.
const CRASHES_MAX: usize = 20;

struct World {
    program: Program,
    setup: Setup,
    dir: tempfile::TempDir,
    partners: [RecordingPartner; 3],
}

fn start(more: &str) -> World {
    let partners =
        std::array::from_fn(|_| RecordingPartner::start(|_| Reply::status(204)).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let secrets = webhook_secrets(&[
        "demo-measurement",
        "demo-delivery-auditor",
        "demo-bidder-north-invoices",
    ]);
    let setup = Setup {
        binary: PathBuf::from(BINARY),
        dir: dir.path().to_owned(),
        more: format!(
            "[exchange]\ntmax_max_ms = 10_000\n[ledger]\nsheet_every_ms = 100\n{more}{secrets}"
        ),
    };
    let program = Program::start(&setup).unwrap();
    let [north, south, measurement] = &partners;
    let files: Vec<_> = demo_register(north, south, measurement)
        .unwrap()
        .into_iter()
        .map(|(name, text)| (name, text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n")))
        .collect();
    assert_eq!(program.publish(&files).unwrap().status, 200);
    welcome(&program, PERSON).unwrap();
    World { program, setup, dir, partners }
}

impl World {
    fn auctions(&self, count: usize) {
        let request = json!({
            "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
            "app": { "bundle": "com.example.reader" }, "user": { "id": PERSON }, "regs": { "coppa": 0 },
            "device": { "lmt": 0, "geo": { "country": "USA" } },
        });
        for _ in 0..count {
            assert_eq!(self.program.post("/openrtb2/auction", &request).unwrap().status, 200);
        }
    }

    fn key(&self) -> NoteVerifier {
        self.program.verb(&["ledger", "key"]).unwrap().trim().parse().unwrap()
    }

    fn size(&self) -> u64 {
        let note = self.program.get("/tlog/checkpoint").unwrap().text;
        Checkpoint::open(note.as_bytes(), &self.key()).unwrap().size
    }

    /// Returns once the log has grown past a size.
    fn wait_past(&self, size: u64) {
        assert!((0..LOOKS_MAX).any(|_| self.size() > size), "the log does not grow");
    }

    fn export(&self, name: &str) -> PathBuf {
        let to = self.dir.path().join(name);
        self.program.verb(&["ledger", "export", to.to_str().unwrap()]).unwrap();
        to
    }

    /// Runs `sluicegate verify`, and returns whether all was right, and what it said.
    fn verify(&self, export: &Path, more: &[&str]) -> (bool, String) {
        let key = self.key().to_string();
        let done = Command::new(BINARY)
            .arg("verify")
            .arg(export)
            .args(["--key", &key])
            .args(more)
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8(said).unwrap())
    }
}

#[test]
fn the_export_verifies_and_a_change_made_on_purpose_is_found_and_named() {
    let world = start("");
    world.auctions(5);
    world.wait_past(0);
    let first = world.export("first");
    world.auctions(3);
    let size = world.size();
    world.wait_past(size);
    let second = world.export("second");
    let (is_right, said) = world.verify(&second, &["--since", first.to_str().unwrap()]);
    assert!(is_right && said.contains("everything is as it was signed"), "{said}");
    // One byte of the last row of a pack, with the checksum mended, as a careful forger would.
    let file = second.join(sheet::path(0));
    let mut bytes = fs::read(&file).unwrap();
    let (number, rows, length) = {
        let sheet = sheet::read(&bytes).unwrap();
        let (number, pack) = *sheet.packs.last().unwrap();
        (number, sluicegate_ledger::pack::rows(pack).unwrap().len(), pack.len())
    };
    let from = bytes.len() - length;
    let mut writer = sluicegate_ledger::wire::Writer::new();
    let mut pack = bytes[from..].to_vec();
    let last = pack.len() - 9;
    pack[last] ^= 1;
    writer.fixed(&pack[1..pack.len() - 8]);
    bytes.truncate(from);
    bytes.extend(writer.finish());
    fs::write(&file, bytes).unwrap();
    let (is_right, said) = world.verify(&second, &[]);
    let named = format!("pack {number}, row {} was changed (sheet 0)", rows - 1);
    assert!(!is_right && said.contains(&named), "{named}: {said}");
    // Without its last sheet, and with the key of another.
    let (is_right, said) = world.verify(&first, &["--since", second.to_str().unwrap()]);
    assert!(!is_right && said.contains("the log was cut off"), "{said}");
    fs::remove_file(second.join(sheet::path(1))).unwrap();
    let (is_right, said) = world.verify(&second, &[]);
    assert!(!is_right && said.contains("`sheet/001` is missing"), "{said}");
}

#[test]
fn one_disclosure_is_proved_by_one_file_and_a_flipped_byte_is_refused() {
    let world = start("");
    world.auctions(4);
    let file = world.dir.path().join("disclosure.tlog-proof");
    let asked = ["ledger", "prove", "--account", PERSON, "--partnership", "demo-bidder-north"];
    let prove = |more: &[&str]| {
        world.program.verb(&[&asked[..], more, &[file.to_str().unwrap()]].concat()).unwrap();
        fs::read(&file).unwrap()
    };
    let proof = prove(&[]);
    let (is_right, said) = world.verify(&file, &[]);
    assert!(is_right && said.contains("to          demo-bidder-north, via bid_request"), "{said}");
    assert!(said.contains("whose they are, the file does not say"), "{said}");
    // The partner has the same bytes: the digest in the row is theirs.
    let [north, ..] = &world.partners;
    let heard = north.heard();
    let requests = heard.iter().filter(|heard| heard.path().starts_with("/openrtb2"));
    let digests: Vec<String> =
        requests.map(|heard| hex::encode(Sha256::digest(&heard.body))).collect();
    assert!(digests.iter().any(|digest| said.contains(digest)), "{said}");
    let id = said.split(' ').nth(1).unwrap().to_owned();
    assert!(heard.iter().any(|heard| String::from_utf8_lossy(&heard.body).contains(&id)), "{id}");
    // A file that anybody could read, and one that was cut off, are in the way.
    fs::write(file.with_extension("part"), "").unwrap();
    prove(&["--disclosure", &id, "--with-key"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{mode:o}: it holds a person's key");
    }
    let (is_right, said) = world.verify(&file, &[]);
    assert!(is_right && said.contains(&id) && said.contains("whoever has the key"), "{said}");
    let (is_right, said) = world.verify(&file, &["--since", file.to_str().unwrap()]);
    assert!(!is_right && said.contains("for a whole export"), "{said}");
    for at in (0..proof.len()).step_by(proof.len() / 12) {
        let mut bytes = proof.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let (is_right, said) = world.verify(&file, &[]);
        assert!(!is_right, "byte {at}: {said}");
    }
    let missing = "00000000000000000000000000000000";
    let asked = json!({ "key": { "account": PERSON }, "disclosure": missing });
    assert_eq!(world.program.operate("/v1/ledger/proofs", &asked).unwrap().status, 404);
    let other = json!({ "key": { "account": "nobody-1" }, "disclosure": id });
    let refused = world.program.operate("/v1/ledger/proofs", &other).unwrap();
    assert_eq!(refused.status, 404);
    assert!(refused.text.contains("names the account"), "{}", refused.text);
    assert_eq!(world.program.post("/v1/ledger/proofs", &asked).unwrap().status, 403);
}

#[test]
fn the_log_is_served_to_everybody_and_what_it_commits_to_is_not() {
    let world = start("");
    world.auctions(2);
    world.wait_past(0);
    let size = world.size();
    let width = usize::try_from(size).unwrap();
    let tile = world.program.get_bytes(&format!("/tlog/tile/0/000.p/{width}")).unwrap();
    assert_eq!(tile.len(), 32 * width);
    let entries = world.program.get_bytes(&format!("/tlog/tile/entries/000.p/{width}")).unwrap();
    assert!(String::from_utf8_lossy(&entries).contains("sluicegate-sheet/1\nsheet 0\n"));
    for path in ["/tlog/tile/0/000", "/tlog/tile/0/x", "/tlog/tile/9/000", "/tlog/cosigned"] {
        assert_eq!(world.program.get(path).unwrap().status, 404, "{path}");
    }
    assert_eq!(world.program.get("/v1/ledger/sheets/0").unwrap().status, 401);
    assert_eq!(world.program.look("/v1/ledger/sheets/0").unwrap().status, 200);
    assert_eq!(world.program.get("/tlog/key").unwrap().text.trim(), world.key().to_string());
    let refused = world.program.send("/tlog/cosignatures", None, b"not a note").unwrap();
    assert_eq!(refused.status, 400);
    let ours = world.program.get("/tlog/checkpoint").unwrap().text;
    let refused = world.program.send("/tlog/cosignatures", None, ours.as_bytes()).unwrap();
    assert_eq!(refused.status, 403, "nobody of the configuration signed it");
    assert!(world.program.get("/metrics").is_ok());
}

#[test]
fn nothing_is_left_of_an_erased_person_and_the_record_verifies() {
    let world = start("");
    world.auctions(3);
    let who = json!({ "key": { "account": PERSON } });
    let records =
        || world.program.operate("/v1/disclosures/query", &who).unwrap().json()["records"].clone();
    assert!(!records().as_array().unwrap().is_empty());
    assert_eq!(
        world.program.send("/v1/people/erase", None, who.to_string().as_bytes()).unwrap().status,
        401
    );
    let said = world.program.verb(&["erase", "--account", PERSON]).unwrap();
    assert!(said.contains("erased"), "{said}");
    assert_eq!(records(), json!([]));
    let kept = world.program.post("/v1/choices/query", &who).unwrap().json();
    assert_eq!((&kept["sharing"], &kept["history"]), (&json!("off"), &json!([])), "{kept}");
    let profile = world.program.post("/v1/profiles/query", &json!({ "account": PERSON })).unwrap();
    assert_eq!(profile.status, 404, "{}", profile.text);
    let size = world.size();
    world.wait_past(size.saturating_sub(1));
    let export = world.export("export");
    let (is_right, said) = world.verify(&export, &[]);
    assert!(is_right, "{said}");
    // Done again, it is the same.
    assert_eq!(world.program.post("/v1/people/erase", &who).unwrap().status, 204);
}

#[test]
fn an_erasure_that_is_killed_in_the_middle_ends_erased() {
    const PEOPLE: usize = 12;
    let mut world = start("[log]\nlevel = \"error\"\n");
    let names: Vec<String> = (0..PEOPLE).map(|number| format!("erased-{number}")).collect();
    for (round, name) in names.iter().enumerate() {
        welcome(&world.program, name).unwrap();
        let request = json!({
            "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
            "app": { "bundle": "com.example.reader" }, "user": { "id": name }, "regs": { "coppa": 0 },
            "device": { "lmt": 0, "geo": { "country": "USA" } },
        });
        assert_eq!(world.program.post("/openrtb2/auction", &request).unwrap().status, 200);
        let who = json!({ "key": { "account": name } });
        let told = world.program.operate("/v1/disclosures/query", &who).unwrap().text;
        assert!(told.contains("\"disclosure\""), "{told}");
        // Killed after so many other answers, so that it is met at every stage.
        std::thread::scope(|scope| {
            let program = &world.program;
            let erasing =
                scope.spawn(|| program.post("/v1/people/erase", &who).map(|answer| answer.status));
            for _ in 0..round {
                drop(program.get("/healthz"));
            }
            program.end().unwrap();
            if let Ok(status) = erasing.join().unwrap() {
                assert_eq!(status, 204);
            }
        });
        // Why: its directory is free once it is gone.
        world.program.kill().unwrap();
        world.program = Program::start(&world.setup).unwrap();
        let kept = world.program.post("/v1/choices/query", &who).unwrap().json();
        let told = world.program.operate("/v1/disclosures/query", &who).unwrap().json();
        let is_told = !told["records"].as_array().unwrap().is_empty();
        let is_off = kept["sharing"] == json!("off");
        assert_ne!(is_off, is_told, "round {round}: wholly erased, or not begun: {kept} {told}");
        assert_eq!(world.program.post("/v1/people/erase", &who).unwrap().status, 204);
    }
    let size = world.size();
    world.wait_past(size.saturating_sub(1));
    let export = world.export("export");
    let (is_right, said) = world.verify(&export, &[]);
    assert!(is_right, "{said}");
}

/// Kills the program, deletes the rows of open windows from its database, and starts it again. Returns how many
/// there were, too.
fn crash_and_hide(world: World) -> (World, usize) {
    const SCRIPT: &str = "import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute('DELETE FROM ledger_window WHERE uncertain = 0').rowcount)
database.commit()";
    let World { program, setup, dir, partners } = world;
    program.kill().unwrap();
    let database = dir.path().join("data").join("sluicegate.sqlite3");
    let done = Command::new("python3").args(["-c", SCRIPT]).arg(database).output().unwrap();
    let hidden = String::from_utf8(done.stdout).unwrap().trim().parse().unwrap();
    let program = Program::start(&setup).unwrap();
    (World { program, setup, dir, partners }, hidden)
}

#[test]
fn who_deletes_the_row_of_an_open_window_after_a_crash_hides_nothing() {
    let mut world = start("[log]\nlevel = \"error\"\n");
    let mut hidden = 0;
    // A window is open for so short a time that a kill may come after its end.
    for _ in 0..CRASHES_MAX {
        world.auctions(2);
        (world, hidden) = crash_and_hide(world);
        if hidden > 0 {
            break;
        }
    }
    assert!(hidden > 0, "no kill left a window open");
    let status = world.program.look("/v1/status").unwrap().json();
    let declared = status["uncertain_windows"].as_array().unwrap().iter();
    let long = declared
        .filter(|one| one["until_ms"].as_i64().unwrap() - one["from_ms"].as_i64().unwrap() > 50);
    assert_eq!(long.count(), 2, "all since the last record, on both paths: {status}");
    world.wait_past(0);
    let (is_right, said) = (0..LOOKS_MAX)
        .map(|look| world.verify(&world.export(&format!("export-{look}")), &[]))
        .find(|(is_right, said)| !is_right || said.contains("records may be missing"))
        .unwrap();
    assert!(is_right && said.matches("not as the ledger had left them").count() == 2, "{said}");
}

/// Kills the program, runs statements on its database, and starts it again.
fn crash_and_run(world: World, sql: &str) -> World {
    const SCRIPT: &str = "import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.executescript(sys.argv[2])
database.commit()";
    let World { program, setup, dir, partners } = world;
    program.kill().unwrap();
    let database = dir.path().join("data").join("sluicegate.sqlite3");
    let done =
        Command::new("python3").args(["-c", SCRIPT]).arg(database).arg(sql).status().unwrap();
    assert!(done.success());
    let program = Program::start(&setup).unwrap();
    World { program, setup, dir, partners }
}

fn standing(world: &World) -> serde_json::Value {
    world.program.look("/v1/status").unwrap().json()["log"].clone()
}

#[test]
fn a_sheet_that_was_dropped_is_made_anew_as_it_was_signed() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(4);
    world.wait_past(0);
    let first = world.export("first");
    let world = crash_and_run(
        world,
        "DELETE FROM ledger_sheet WHERE sheet = (SELECT max(sheet) FROM ledger_sheet);",
    );
    world.auctions(2);
    let size = world.size();
    world.wait_past(size);
    let (is_right, said) =
        world.verify(&world.export("second"), &["--since", first.to_str().unwrap()]);
    assert!(is_right, "{said}");
    let standing = standing(&world);
    assert_eq!((&standing["began_anew"], standing.get("failing")), (&json!(false), None));
}

#[test]
fn a_log_that_was_emptied_and_a_pack_that_was_damaged_are_said_and_verify_names_the_pack() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(4);
    world.wait_past(0);
    let world = crash_and_run(
        world,
        "DELETE FROM ledger_sheet; DELETE FROM ledger_tile; DELETE FROM ledger_checkpoint;
         UPDATE ledger_pack SET leaves = zeroblob(40)
         WHERE pack = (SELECT pack FROM ledger_pack ORDER BY pack LIMIT 1);",
    );
    world.auctions(2);
    world.wait_past(0);
    let standing = standing(&world);
    assert_eq!(standing["began_anew"], true, "{standing}");
    let pack = standing["unreadable_packs"][0].as_u64().unwrap();
    let metrics = world.program.get("/metrics").unwrap().text;
    for line in ["log_began_anew 1", "log_unreadable_packs 1", "log_failing 0"] {
        assert!(metrics.contains(&format!("\nsluicegate_{line}\n")), "{line}: {metrics}");
    }
    let to = world.dir.path().join("export");
    let said = world.program.verb(&["ledger", "export", to.to_str().unwrap()]).unwrap();
    let lost = format!("pack {pack} could not be read");
    assert!(said.contains(&lost), "{said}");
    let (is_right, said) = world.verify(&to, &[]);
    assert!(!is_right && said.matches("NOT AS IT WAS").count() == 1, "{said}");
    assert!(said.contains(&lost), "{said}");
}

#[test]
fn a_log_that_cannot_go_on_is_said_where_it_is_looked_for_and_an_export_of_it_fails() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(4);
    world.wait_past(0);
    let size = world.size();
    world.auctions(2);
    world.wait_past(size);
    let world = crash_and_run(
        world,
        "UPDATE ledger_pack SET leaves = zeroblob(40)
         WHERE pack = (SELECT last FROM ledger_sheet ORDER BY sheet DESC LIMIT 1);
         DELETE FROM ledger_sheet WHERE sheet = (SELECT max(sheet) FROM ledger_sheet);",
    );
    world.auctions(1);
    let is_failing = |standing: &serde_json::Value| standing["failing"].is_object();
    let standing = (0..LOOKS_MAX).map(|_| standing(&world)).find(is_failing).unwrap();
    assert!(standing["failing"]["cause"].as_str().unwrap().contains("lost its sheets"));
    assert!(standing["behind_packs"].as_u64().unwrap() > 0, "{standing}");
    assert!(standing["failing"]["pack"].as_u64().unwrap() > 0, "{standing}");
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_log_failing 1\n"), "{metrics}");
    let to = world.dir.path().join("export");
    let failed = world.program.verb(&["ledger", "export", to.to_str().unwrap()]);
    let said = format!("{:?}", failed.unwrap_err());
    assert!(said.contains("packs are not in it: the log has lost its sheets"), "{said}");
    let (is_right, said) = world.verify(&to, &[]);
    assert!(!is_right && said.contains("is missing"), "what there is was written: {said}");
    assert!(to.join(sheet::path(0)).exists());
    assert_eq!(said.matches("NOT AS IT WAS").count(), 3, "entry, root and sheet: {said}");
}

/// Exports, and returns whether that ended well, and what it said.
fn exported(world: &World, to: &Path) -> (bool, String) {
    let done = Command::new(BINARY)
        .args(["ledger", "export"])
        .arg(to)
        .arg("--data-dir")
        .arg(world.dir.path().join("data"))
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn an_export_over_an_earlier_one_hides_nothing_that_was_changed_since() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(4);
    world.wait_past(0);
    let size = world.size();
    world.auctions(2);
    world.wait_past(size);
    let to = world.export("export");
    assert!(exported(&world, &to).0, "nothing was changed");
    let before = fs::read(to.join(sheet::path(0))).unwrap();
    let world = crash_and_run(
        world,
        "DELETE FROM ledger_pack WHERE pack = (SELECT last FROM ledger_sheet WHERE sheet = 0);",
    );
    let (is_well, said) = exported(&world, &to);
    assert!(!is_well && said.contains("`sheet/000` is another than was exported before"), "{said}");
    assert_eq!(fs::read(to.join("sheet/000.before")).unwrap(), before);
    let (is_right, said) = world.verify(&to, &[]);
    assert!(!is_right && said.contains("(sheet 0)"), "{said}");
    // A file that was spoilt in the export is mended, and said.
    fs::write(to.join(sheet::path(0)), "spoilt").unwrap();
    let (is_well, said) = exported(&world, &to);
    assert!(!is_well && said.contains("`sheet/000` is another"), "{said}");
    assert_eq!(fs::read(to.join("sheet/000.before")).unwrap(), before, "nothing kept is lost");
    assert_eq!(fs::read(to.join("sheet/000.before.2")).unwrap(), b"spoilt");
    assert!(exported(&world, &to).0, "it is what the gateway has");
}

#[test]
fn a_sheet_that_cannot_be_made_anew_is_named_everywhere_and_the_rest_is_exported() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(3);
    world.wait_past(0);
    let size = world.size();
    world.auctions(3);
    world.wait_past(size);
    let world = crash_and_run(
        world,
        "UPDATE ledger_pack SET leaves = zeroblob(40)
         WHERE pack = (SELECT last FROM ledger_sheet WHERE sheet = 0);
         DELETE FROM ledger_sheet WHERE sheet = 0;",
    );
    let is_named = |standing: &serde_json::Value| standing["changed_entries"] == json!([0]);
    let said = (0..LOOKS_MAX).map(|_| standing(&world)).find(is_named);
    assert!(said.is_some(), "{}", standing(&world));
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_log_changed_entries 1\n"), "{metrics}");
    let to = world.dir.path().join("export");
    let (is_well, said) = exported(&world, &to);
    assert!(!is_well && said.contains("the gateway has no `/v1/ledger/sheets/0`"), "{said}");
    let (is_right, said) = world.verify(&to, &[]);
    for named in ["entry 0 of the log was changed", "`sheet/000` is missing"] {
        assert!(!is_right && said.contains(named), "{named}: {said}");
    }
    assert!(to.join(sheet::path(1)).exists() && !said.contains("sheet 1)"), "{said}");
}

#[test]
fn a_row_of_the_log_that_does_not_read_hides_no_other_and_is_named_itself() {
    let mut world = start("[log]\nlevel = \"error\"\n");
    for size in 0..4 {
        world.auctions(3);
        world.wait_past(size);
    }
    world = crash_and_run(
        world,
        "UPDATE ledger_sheet SET first = -1 WHERE sheet = 2;
         DELETE FROM ledger_pack WHERE pack = (SELECT last FROM ledger_sheet WHERE sheet = 0);
         DELETE FROM ledger_sheet WHERE sheet = 0;",
    );
    world.auctions(1);
    let is_whole = |standing: &serde_json::Value| standing["compared_entries"] != json!(0);
    let named = (0..LOOKS_MAX).map(|_| standing(&world)).find(is_whole).unwrap();
    assert_eq!(named["changed_entries"], json!([0]), "{named}");
    assert_eq!(named["mended_entries"], json!([2]), "the record comes to it: {named}");
    assert_eq!(named.get("not_comparing"), None);
    let metrics = world.program.get("/metrics").unwrap().text;
    for line in ["log_changed_entries 1", "log_not_comparing 0", "log_failing 0"] {
        assert!(metrics.contains(&format!("\nsluicegate_{line}\n")), "{line}: {metrics}");
    }
}

#[test]
fn a_log_without_its_head_is_signed_and_that_is_said_at_every_start() {
    let mut world = start("[log]\nlevel = \"error\"\n");
    world.auctions(3);
    world.wait_past(0);
    world = crash_and_run(world, "DELETE FROM ledger_checkpoint;");
    let size = standing(&world)["entries"].clone();
    world.auctions(1);
    world.wait_past(0);
    for _ in 0..2 {
        let said = standing(&world);
        assert_eq!(said["signed_anew"].as_array().map(Vec::len), Some(1), "{size}: {said}");
        assert_eq!((&said["began_anew"], said.get("failing")), (&json!(false), None), "{said}");
        let metrics = world.program.get("/metrics").unwrap().text;
        assert!(metrics.contains("\nsluicegate_log_signed_anew 1\n"), "{metrics}");
        world = crash_and_run(world, "");
    }
}

#[test]
fn a_row_that_was_added_to_the_log_is_named_and_the_log_goes_on() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(3);
    world.wait_past(0);
    let world = crash_and_run(
        world,
        "INSERT INTO ledger_sheet SELECT 100000, first, last, entry, marks FROM ledger_sheet WHERE sheet = 0;",
    );
    let size = world.size();
    world.auctions(2);
    world.wait_past(size);
    let said = standing(&world);
    assert_eq!((&said["added_entries"], said.get("failing")), (&json!([100_000]), None), "{said}");
    let metrics = world.program.get("/metrics").unwrap().text;
    assert!(metrics.contains("\nsluicegate_log_added_entries 1\n"), "{metrics}");
    let (is_right, said) = world.verify(&world.export("export"), &[]);
    assert!(is_right, "{said}");
}

#[test]
fn a_directory_in_place_of_a_file_is_named_and_the_rest_is_checked() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(3);
    world.wait_past(0);
    let size = world.size();
    world.auctions(3);
    world.wait_past(size);
    let to = world.export("export");
    fs::remove_file(to.join(sheet::path(0))).unwrap();
    fs::create_dir(to.join(sheet::path(0))).unwrap();
    fs::remove_file(to.join(sheet::path(1))).unwrap();
    let (is_right, said) = world.verify(&to, &[]);
    for named in ["`sheet/000` cannot be read", "`sheet/001` is missing"] {
        assert!(!is_right && said.contains(named), "{named}: {said}");
    }
}

#[test]
fn the_last_day_of_the_calendar_is_counted_once() {
    let world = start("[log]\nlevel = \"error\"\n");
    let last = "9999-12-31";
    let said = world.program.verb(&["ledger", "check", "--from", last, "--to", last]).unwrap();
    assert_eq!(said, "9999-12-31  0 messages about 0 people\n");
}

#[test]
fn a_log_without_entries_is_nothing_to_check() {
    let dir = tempfile::tempdir().unwrap();
    let signer = NoteSigner::new("platform.example/ledger", &Secret::new([5; 32])).unwrap();
    let nothing = Checkpoint {
        origin: "platform.example/ledger".to_owned(),
        size: 0,
        root: Sha256::digest(b"").into(),
    };
    fs::write(dir.path().join("checkpoint"), nothing.sign(&signer)).unwrap();
    let key = signer.verifier().to_string();
    let done =
        Command::new(BINARY).arg("verify").arg(dir.path()).args(["--key", &key]).output().unwrap();
    let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
    assert_eq!(done.status.code(), Some(3), "{said}");
    assert!(said.contains("its log has no entries"), "{said}");
}

/// Kills the program, runs a statement on its database, and starts it again. Returns how many rows were changed, too.
fn crash_and_change(world: World, sql: &str) -> (World, usize) {
    const SCRIPT: &str = "import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute(sys.argv[2]).rowcount)
database.commit()";
    let World { program, setup, dir, partners } = world;
    program.kill().unwrap();
    let database = dir.path().join("data").join("sluicegate.sqlite3");
    let done =
        Command::new("python3").args(["-c", SCRIPT]).arg(database).arg(sql).output().unwrap();
    let changed = String::from_utf8(done.stdout).unwrap().trim().parse().unwrap();
    let program = Program::start(&setup).unwrap();
    (World { program, setup, dir, partners }, changed)
}

/// Counts the record of today again, and returns whether all was right, and what was said.
fn recount(world: &World) -> (bool, String) {
    let day = jiff::Timestamp::now().strftime("%F").to_string();
    let done = Command::new(BINARY)
        .args(["ledger", "check", "--from", &day, "--data-dir"])
        .arg(world.dir.path().join("data"))
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn rows_beside_the_record_that_were_changed_or_dropped_are_found_when_it_is_counted_again() {
    let mut world = start("[log]\nlevel = \"error\"\n");
    world.auctions(6);
    let (is_right, said) = recount(&world);
    assert!(is_right && said.contains("messages about 1 people"), "{said}");
    for (sql, named) in [
        (
            "UPDATE ledger_told SET edition = zeroblob(32)",
            "by its times, its number or its edition",
        ),
        ("UPDATE ledger_told SET value = NULL", "the values do not open, told"),
        (
            "UPDATE ledger_total SET disclosures = disclosures + 1",
            "disclosures in totals of demo-bidder-north by bid_request",
        ),
        (
            "UPDATE ledger_told SET count = count - 1 WHERE path = 'bid_request'",
            "told of demo-bidder",
        ),
        // Of somebody about whom nothing is recorded that day.
        (
            "INSERT INTO ledger_told SELECT key + 1, partnership, day, digest, path, categories, edition, count, \
             first_ms, last_ms, pack, value, spare, aside FROM ledger_told LIMIT 1",
            "recorded 0",
        ),
        ("DELETE FROM ledger_told", "found 0"),
        (
            "UPDATE ledger_total SET messages = messages + 1",
            "totals of demo-bidder-north by bid_request",
        ),
        ("DELETE FROM ledger_outline", "outlines of demo-bidder-north by bid_request"),
    ] {
        let mut changed = 0;
        // What was added is merged into the tables in the background of a start.
        for _ in 0..CRASHES_MAX {
            (world, changed) = crash_and_change(world, sql);
            if changed > 0 {
                break;
            }
            // Why not another auction: what it adds would be merged over what is changed.
            recount(&world);
        }
        assert!(changed > 0, "`{sql}` changed nothing");
        let (is_right, said) = recount(&world);
        assert!(!is_right && said.contains(named), "{sql}: {said}");
        if sql.contains("value = NULL") {
            let who = json!({ "key": { "account": PERSON } });
            let shown = world.program.operate("/v1/disclosures/query", &who).unwrap();
            assert_eq!(shown.status, 200, "{}", shown.text);
            assert!(shown.text.contains("\"told\":[],\"damaged\":true"), "{}", shown.text);
        }
    }
    let refused =
        world.program.operate("/v1/ledger/recounts", &json!({ "day": "yesterday" })).unwrap();
    assert_eq!((refused.status, &refused.json()["field"]), (400, &json!("day")));
    let refused =
        world.program.post("/v1/ledger/recounts", &json!({ "day": "2026-11-01" })).unwrap();
    assert_eq!(refused.status, 403);
}

/// Runs a command about the person, and returns whether it ended well, and what it said.
fn disclosures(world: &World, form: Option<&str>) -> (bool, String) {
    let done = Command::new(BINARY)
        .args(["disclosures", "--account", PERSON, "--data-dir"])
        .arg(world.dir.path().join("data"))
        .args(form)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn what_does_not_read_of_what_was_told_is_left_out_and_every_command_says_so() {
    const ROWS: &str =
        "UPDATE ledger_told SET edition = x'00' WHERE partnership = 'demo-bidder-north'";
    const FILE: &str = "INSERT INTO ledger_part \
        SELECT 'told/day=' || date(day * 86400, 'unixepoch') || '/part-999999.parquet', 'told', day, min(key), max(key), pack, 1, 1, '[\"x\"]', 0 \
        FROM ledger_told";
    let mut world = start("[log]\nlevel = \"error\"\n");
    world.auctions(6);
    assert!(disclosures(&world, None).0);
    let mut changed = 0;
    for _ in 0..CRASHES_MAX {
        (world, changed) = crash_and_change(world, ROWS);
        if changed > 0 {
            break;
        }
        recount(&world);
    }
    assert!(changed > 0, "nothing was merged");
    let (is_right, said) = recount(&world);
    assert!(!is_right && said.contains("rows of told do not read, and are left out"), "{said}");
    let (world, added) = crash_and_change(world, FILE);
    assert_eq!(added, 1);
    let (is_right, said) = recount(&world);
    assert!(
        !is_right && said.contains(" people may have rows in a file that does not read"),
        "{said}"
    );
    assert!(said.contains("/part-999999.parquet of told does not read"), "{said}");
    for form in [None, Some("--json"), Some("--csv")] {
        let (is_whole, said) = disclosures(&world, form);
        assert!(!is_whole && said.contains("does not read, and is left out"), "{said}");
        assert!(
            said.contains("demo-bidder-south") && said.contains("/part-999999.parquet"),
            "{said}"
        );
    }
    the_receipt_says_so(&world);
    let status = world.program.look("/v1/status").unwrap().json();
    assert_eq!(status["files_set_aside"], 1, "{status}");
    what_is_too_much_is_found(world);
}

fn the_receipt_says_so(world: &World) {
    let who = json!({ "key": { "account": PERSON } });
    let receipt = world.program.operate("/v1/receipts/query", &who).unwrap().json();
    let unread = &receipt["unread"];
    assert!(unread["rows"].as_u64() > Some(0), "{unread}");
    assert!(unread["files"][0].as_str().unwrap().ends_with("/part-999999.parquet"), "{unread}");
    assert_eq!(unread["values"], 0, "{unread}");
}

/// What is too much is found beside a damaged file, and what is too little may be in it.
fn what_is_too_much_is_found(world: World) {
    let change = |sign: &str| {
        format!(
            "UPDATE ledger_told SET count = count {sign} 1 WHERE partnership = 'demo-bidder-south'"
        )
    };
    let odd = "told of demo-bidder-south by bid_request";
    let (world, changed) = crash_and_change(world, &change("+"));
    assert!(changed > 0);
    let (_, said) = recount(&world);
    assert!(said.contains(odd), "{said}");
    let (world, _) = crash_and_change(world, &change("-"));
    let (_, said) = recount(&world);
    assert!(!said.contains(odd), "{said}");
}

#[test]
fn beside_a_damaged_pack_the_record_is_counted_and_what_cannot_be_compared_is_said() {
    let world = start("[log]\nlevel = \"error\"\n");
    world.auctions(6);
    let pack = "(SELECT pack FROM ledger_pack ORDER BY length(leaves) DESC LIMIT 1)";
    let world = crash_and_run(
        world,
        &format!("UPDATE ledger_pack SET leaves = zeroblob(40) WHERE pack = {pack}"),
    );
    let (is_right, said) = recount(&world);
    assert!(!is_right && said.contains("is damaged, and what it recorded is unknown"), "{said}");
    assert!(said.contains("told of demo-bidder-north by bid_request about key"), "{said}");
    assert!(said.contains("a damaged pack may have recorded the rest"), "{said}");
    assert!(said.contains("not everything could be compared"), "{said}");
    let (world, changed) =
        crash_and_change(world, "UPDATE ledger_outline SET outlines = zeroblob(40)");
    assert!(changed > 0);
    let (is_right, said) = recount(&world);
    assert!(!is_right && said.contains("\n  outlines cannot be read in whole"), "{said}");
    assert!(said.contains("told of demo-bidder-north by bid_request about key"), "{said}");
}

#[test]
fn an_edition_that_does_not_read_stops_no_deleting_of_old_records_and_hides_no_partnership() {
    let world = start("[log]\nlevel = \"error\"\n");
    let [north, south, measurement] = &world.partners;
    let changed = demo_register(north, south, measurement).unwrap();
    assert_eq!(world.program.publish(&changed).unwrap().status, 200);
    let world = crash_and_run(
        world,
        "DROP TRIGGER edition_is_never_changed;
         UPDATE edition SET canonical = '{}' WHERE number = 1;",
    );
    let is_so = |line: &str| world.program.look("/metrics").unwrap().text.contains(line);
    assert!((0..LOOKS_MAX).any(|_| is_so("\nsluicegate_unread_editions 1\n")));
    assert!(is_so("\nsluicegate_records_not_deleted 0\n"));
    let asked = |question: serde_json::Value| {
        world.program.operate("/v1/incidents/query", &question).unwrap()
    };
    assert_eq!(asked(json!({ "partnership": "demo-bidder-north" })).status, 200);
    assert_eq!(asked(json!({ "partnership": "gone-since" })).status, 200, "edition 1 may list it");
    let refused = asked(json!({ "partner": "demo-bidder-north" }));
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("edition 1 does not read"), "{}", refused.text);
}
