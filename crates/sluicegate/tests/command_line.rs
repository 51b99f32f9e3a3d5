//! The program's verbs, as a person at a terminal meets them: what they print, and how they end.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use serde_json::json;
use sha2::{Digest, Sha256};
use sluicegate_testkit::{
    Program, RecordingPartner, Reply, Setup,
    sample::{choice, demo_dir, demo_files, demo_register, welcome},
};
use std::{
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run_in(dir: &Path, arguments: &[&str]) -> Ended {
    let done = Command::new(env!("CARGO_BIN_EXE_sluicegate"))
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}

#[track_caller]
fn ends_well(dir: &Path, arguments: &[&str]) -> String {
    let Ended { code, out, err } = run_in(dir, arguments);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    out
}

/// Returns what it says on the error stream. Nothing may be on the other.
#[track_caller]
fn fails(dir: &Path, arguments: &[&str], expected: i32) -> String {
    let Ended { code, out, err } = run_in(dir, arguments);
    assert_eq!((code, out.as_str()), (Some(expected), ""), "{err}");
    err
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes the demo's register into a folder, with one change.
fn register_with(dir: &Path, name: &str, file: &str, change: (&str, &str)) {
    let to = dir.join(name);
    std::fs::create_dir(&to).unwrap();
    for (each, text) in demo_files().unwrap() {
        let text = if each == file {
            assert!(text.contains(change.0));
            text.replace(change.0, change.1)
        } else {
            text
        };
        std::fs::write(to.join(each), text).unwrap();
    }
}

#[test]
fn nothing_to_verify_is_another_exit_than_something_that_was_changed() {
    let dir = folder();
    let key = "platform.example/ledger+21e66123+Abx0lF6lxPh8i5d3JHzy7Md4bjl/K3JwQ031kWR/hONO";
    let key = ["--key", key];
    let said = fails(dir.path(), &[&["verify", "nowhere"], &key[..]].concat(), 3);
    assert!(said.contains("no export at `nowhere`: there is no such path"), "{said}");
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let said = fails(dir.path(), &[&["verify", "empty"], &key[..]].concat(), 3);
    assert!(said.contains("no export at `empty`"), "{said}");
    std::fs::create_dir(dir.path().join("empty/sheet")).unwrap();
    let Ended { code, out, .. } = run_in(dir.path(), &[&["verify", "empty"], &key[..]].concat());
    assert_eq!((code, out.as_str()), (Some(1), "NOT AS IT WAS: `checkpoint` is missing\n"));
}

#[test]
fn what_is_asked_for_wrongly_is_refused_by_its_own_name() {
    let dir = folder();
    let said = fails(dir.path(), &["demo", "--rate", "0"], 2);
    assert!(said.contains("--rate") && said.contains("1..=1000"), "{said}");
    let reversed = ["incident", "--from", "2026-11-02", "--to", "2026-11-01"];
    let said = fails(dir.path(), &reversed, 2);
    assert_eq!(said, "sluicegate: `--to` is earlier than `--from`\n");
    let reversed = ["ledger", "check", "--from", "2026-11-02", "--to", "2026-11-01"];
    let said = fails(dir.path(), &reversed, 2);
    assert_eq!(said, "sluicegate: `--from` is after `--to`\n");
    for (wrong, named) in [
        (&["disclosures", "--account", "a", "--since", "2026-13-01"][..], "--since"),
        (&["incident", "--from", "soon"], "--from"),
        (&["deliveries", "replay", "one", "--from", "soon", "--to", "2026-11-01"], "--from"),
        (&["deliveries", "rotate", "one", "--scheme", "v3"], "v1, v1a"),
        (&["deliveries", "rotate", "one", "--scheme", "v1", "--overlap-hours", "200"], "0..=168"),
        (&["deliveries", "dead", "list", "one", "--limit", "0"], "1..=1000"),
        (&["deliveries", "dead", "list", "one", "--reason", "x"], "retention_passed"),
        (&["demo", "--listen", "here"], "--listen"),
    ] {
        let said = fails(dir.path(), wrong, 2);
        assert!(said.contains(named), "{wrong:?}: {said}");
    }
    let said = fails(dir.path(), &["explain", "--account", "a", "--country", "us"], 2);
    assert!(said.contains("in capitals, like `USA` or `US`"), "{said}");
}

#[test]
fn config_check_passes_a_good_file() {
    let dir = folder();
    std::fs::write(dir.path().join("good.toml"), "[settings]\ntakes_effect_within_ms = 3000\n")
        .unwrap();
    assert_eq!(ends_well(dir.path(), &["config", "check", "good.toml"]), "good.toml: in order\n");
}

#[test]
fn config_check_names_every_wrong_key_at_once() {
    let dir = folder();
    let text = "[listen]\naddress = \"here\"\n[settings]\ntakes_effect_within_ms = 1\n[log]\nlevel = \"loud\"\n";
    std::fs::write(dir.path().join("bad.toml"), text).unwrap();
    assert_eq!(
        fails(dir.path(), &["config", "check", "bad.toml"], 1),
        "sluicegate: the configuration has 4 problem(s):\n  \
         `listen.address`: not an address with a port, like `127.0.0.1:8080`\n  \
         `log.level`: none of `error`, `warn`, `info`, `debug`\n  \
         `settings.takes_effect_within_ms`: 1 is not within 1000 to 60000\n  \
         `settings.refresh_every_ms`: more than a quarter of `settings.takes_effect_within_ms`\n\n"
    );
}

#[test]
fn config_check_refuses_two_keys_of_one_name_or_one_hash() {
    let dir = folder();
    let key = |name: &str, scope: &str, digit: &str| {
        let sha256 = digit.repeat(64);
        format!("[[api_key]]\nname = \"{name}\"\nscope = \"{scope}\"\nsha256 = \"{sha256}\"\n")
    };
    let text = key("a", "platform", "a") + &key("b", "operator", "A") + &key("a", "operator", "b");
    std::fs::write(dir.path().join("keys.toml"), text).unwrap();
    assert_eq!(
        fails(dir.path(), &["config", "check", "keys.toml"], 1),
        "sluicegate: the configuration has 2 problem(s):\n  \
         `api_key[1].sha256`: the same as `api_key[0].sha256`, of the key \"a\"\n  \
         `api_key[2].name`: the same as `api_key[0].name`, of the key \"a\"\n\n"
    );
}

#[test]
fn a_device_key_is_made_of_data_that_is_there_and_nothing_else_is_made() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    for data in ["nowhere", "empty"] {
        for more in [&["--unlisted"][..], &[]] {
            let verb = ["keys", "device", "demo-measurement", "--data-dir", data];
            assert_eq!(
                fails(dir.path(), &[&verb, more].concat(), 1),
                format!("sluicegate: there is no data in `{data}`\n")
            );
        }
    }
    assert!(!dir.path().join("nowhere").exists());
    assert_eq!(std::fs::read_dir(dir.path().join("empty")).unwrap().count(), 0);
}

#[test]
fn config_check_refuses_what_it_does_not_know() {
    let dir = folder();
    std::fs::write(dir.path().join("unknown.toml"), "[settings]\nspeed = 1\n").unwrap();
    std::fs::write(dir.path().join("broken.toml"), "[settings\n").unwrap();
    let said = fails(dir.path(), &["config", "check", "unknown.toml"], 1);
    assert!(said.contains("`settings.speed`: an unknown key; there can be"), "{said}");
    let said = fails(dir.path(), &["config", "check", "broken.toml"], 1);
    assert!(said.starts_with("sluicegate: the configuration is not TOML: line 1, "), "{said}");
    let text = "[listen]\nproxies = 1\nproxies = 2\n";
    std::fs::write(dir.path().join("twice.toml"), text).unwrap();
    let said = fails(dir.path(), &["config", "check", "twice.toml"], 1);
    assert!(said.contains("line 3, column 1: duplicate key"), "{said}");
    let said = fails(dir.path(), &["config", "check", "nowhere.toml"], 1);
    assert!(
        said.starts_with("sluicegate: cannot read the configuration `nowhere.toml`: "),
        "{said}"
    );
}

#[test]
fn the_reference_in_the_docs_is_what_the_program_prints() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let written = std::fs::read_to_string(file).unwrap();
    let printed = ends_well(folder().path(), &["config", "reference"]);
    assert!(written == printed, "run `sluicegate config reference > docs/configuration.md`");
}

#[test]
fn register_check_passes_the_demo() {
    let dir = demo_dir();
    let path = dir.to_string_lossy();
    let said = ends_well(&dir, &["register", "check", &path]);
    assert_eq!(said, format!("{path}: in order, 8 files\n"));
}

#[test]
fn register_check_names_file_and_field() {
    let dir = folder();
    register_with(
        dir.path(),
        "broken",
        "demo-measurement.toml",
        ("retention_days = 180", "retention = 180"),
    );
    assert_eq!(
        fails(dir.path(), &["register", "check", "broken"], 1),
        "sluicegate: the register has 2 problem(s):\n  \
         demo-measurement.toml: partnership[demo-measurement].retention_days is missing\n  \
         demo-measurement.toml: partnership[demo-measurement].retention is not a field that exists here\n"
    );
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    assert_eq!(
        fails(dir.path(), &["register", "check", "empty"], 1),
        "sluicegate: the folder `empty` has no TOML files\n"
    );
    let said = fails(dir.path(), &["register", "check", "nowhere"], 1);
    assert!(said.starts_with("sluicegate: cannot read the folder `nowhere`: "), "{said}");
}

#[test]
fn register_check_names_what_it_does_not_read() {
    let dir = folder();
    let (file, name) = ("demo-measurement.toml", "retention_days = 180");
    register_with(dir.path(), "files", file, (name, name));
    let files = dir.path().join("files");
    for other in ["north.TOML", "south.yaml", ".gitignore"] {
        std::fs::write(files.join(other), "id = 1").unwrap();
    }
    assert_eq!(
        ends_well(dir.path(), &["register", "check", "files"]),
        "files: in order, 8 files\n\
         not read, as the name does not end in `.toml`: `north.TOML`, `south.yaml`\n"
    );
    std::fs::create_dir(dir.path().join("others")).unwrap();
    std::fs::write(dir.path().join("others/north.yml"), "").unwrap();
    assert_eq!(
        fails(dir.path(), &["register", "check", "others"], 1),
        "sluicegate: the folder `others` has no TOML files; \
         not read, as the name does not end in `.toml`: `north.yml`\n"
    );
}

#[test]
fn register_diff_says_what_changes() {
    let dir = folder();
    let (file, name) = ("demo-measurement.toml", "retention_days = 180");
    register_with(dir.path(), "before", file, (name, name));
    register_with(dir.path(), "after", file, (name, "retention_days = 90"));
    register_with(dir.path(), "broken", file, (name, "retention_days = 0.5"));
    assert_eq!(ends_well(dir.path(), &["register", "diff", "before", "before"]), "no difference\n");
    let said = ends_well(dir.path(), &["register", "diff", "before", "after"]);
    assert!(
        said.ends_with(
            "\nPartnerships\n  ~ demo-measurement: Measuring ads with Demo Measurement\n      \
             retention_days: 180 -> 90\n"
        ),
        "{said}"
    );
    let said = fails(dir.path(), &["register", "diff", "before", "broken"], 1);
    assert!(said.starts_with("sluicegate: in `broken`: the register has 1 problem(s):"), "{said}");
}

#[test]
fn a_new_key_comes_with_its_hash() {
    let said = ends_well(folder().path(), &["keys", "new"]);
    let mut words = said.split_whitespace();
    let (Some("key"), Some(key), Some("sha256"), Some(hash), None) =
        (words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        unreachable!("{said}")
    };
    assert!(key.starts_with("sg_") && key.len() == 46, "{key}");
    assert_eq!(hash, hex::encode(Sha256::digest(key.as_bytes())));
    assert_ne!(said, ends_well(folder().path(), &["keys", "new"]));
    let secret = ends_well(folder().path(), &["keys", "webhook"]);
    assert!(secret.starts_with("whsec_") && secret.trim_end().len() == 50, "{secret}");
}

#[test]
fn what_the_program_does_not_know_ends_with_usage() {
    let dir = folder();
    for wrong in [
        vec!["open"],
        vec!["serve", "--fast"],
        vec!["config"],
        vec!["config", "check"],
        vec!["register", "burn"],
        vec!["explain"],
        vec!["disclosures"],
        vec!["disclosures", "--account", "a", "--device", "b"],
        vec!["keys", "old"],
    ] {
        let said = fails(dir.path(), &wrong, 2);
        assert!(said.contains("Usage: sluicegate"), "{wrong:?}: {said}");
    }
    // Generations begin at 1.
    let zeroth = ["keys", "device", "demo-measurement", "--generation", "0"];
    assert!(fails(dir.path(), &zeroth, 2).contains("--generation"));
    assert!(ends_well(dir.path(), &["--version"]).starts_with("sluicegate "));
    let help = ends_well(dir.path(), &["--help"]);
    for verb in ["serve", "demo", "register", "explain", "disclosures", "config", "keys"] {
        assert!(help.contains(&format!("\n  {verb} ")), "{help}");
    }
}

#[test]
fn verbs_that_need_a_running_gateway_say_so() {
    let dir = folder();
    std::fs::write(dir.path().join("request.json"), "{}").unwrap();
    let register = demo_dir();
    let register = register.to_string_lossy();
    for verb in [
        vec!["disclosures", "--account", "a", "--data-dir", "none"],
        vec!["explain", "request.json", "--data-dir", "none"],
        vec!["register", "publish", &register, "--data-dir", "none"],
    ] {
        let said = fails(dir.path(), &verb, 1);
        assert!(
            said.starts_with("sluicegate: no gateway is running on the data directory `none`"),
            "{said}"
        );
    }
}

#[test]
fn a_user_who_may_not_open_the_socket_reads_who_may() {
    let dir = folder();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(dir.path(), 0o755);
    mode(&data, 0o000);
    let owner = std::fs::metadata(&data).unwrap().uid();
    let mut asked = Command::new(env!("CARGO_BIN_EXE_sluicegate"));
    asked.args(["deliveries", "--data-dir", "data"]).current_dir(dir.path()).env_clear();
    if owner == 0 {
        // Root may open everything.
        asked.uid(65_534);
    }
    let done = asked.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    mode(&data, 0o700);
    assert_eq!(done.status.code(), Some(1), "{said}");
    let who = match owner {
        0 => String::from("root may"),
        id => format!("the user with the id {id} and root may"),
    };
    let expected = format!("sluicegate: this user may not open `data/sluicegate.sock`; {who}");
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn a_gateway_with_a_wrong_configuration_does_not_start() {
    let dir = folder();
    std::fs::write(dir.path().join("bad.toml"), "[egress]\naddresses = \"all\"\n").unwrap();
    assert_eq!(
        fails(dir.path(), &["serve", "--config", "bad.toml"], 1),
        "sluicegate: the configuration has 1 problem(s):\n  \
         `egress.addresses`: neither `public` nor `loopback`\n\n"
    );
}

struct World {
    program: Program,
    dir: TempDir,
}

fn start() -> World {
    let dir = folder();
    let setup = Setup {
        binary: PathBuf::from(env!("CARGO_BIN_EXE_sluicegate")),
        dir: dir.path().to_owned(),
        more: String::from("[exchange]\ntmax_max_ms = 10_000\n"),
    };
    World { program: Program::start(&setup).unwrap(), dir }
}

fn publish(world: &World) -> RecordingPartner {
    let partner = RecordingPartner::start(|_| Reply::status(204)).unwrap();
    let folder = world.dir.path().join("register");
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in demo_register(&partner, &partner, &partner).unwrap() {
        std::fs::write(
            folder.join(name),
            text.replace("timeout_ms = 200\n", "timeout_ms = 20_000\n"),
        )
        .unwrap();
    }
    let said = world.program.verb(&["register", "publish", &folder.to_string_lossy()]).unwrap();
    let status = world.program.look("/v1/status").unwrap().json();
    assert_eq!(
        said,
        format!(
            "edition 1 is in force\nhash {}\n",
            status.get("edition_hash").unwrap().as_str().unwrap()
        )
    );
    partner
}

fn request() -> serde_json::Value {
    json!({
        "id": "r", "tmax": 9000, "imp": [{ "id": "1", "banner": { "w": 320, "h": 50 } }],
        "app": { "bundle": "com.example.reader" }, "user": { "id": "person-1" }, "regs": { "coppa": 0 },
        "device": {
            "ifa": "44444444-5555-4666-8777-888888888888", "lmt": 0, "make": "Example Phones",
            "geo": { "country": "USA" },
        },
    })
}

#[test]
fn register_publish_puts_the_next_edition_in_force_and_no_edition_twice() {
    let world = start();
    publish(&world);
    let folder = world.dir.path().join("register");
    let file = folder.join("demo-measurement.toml");
    let again = world.program.verb(&["register", "publish", &folder.to_string_lossy()]);
    let said = again.unwrap_err().to_string();
    assert!(said.starts_with("sluicegate: The request contradicts what is there: "), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("retention_days = 180", "retention_days = 90")).unwrap();
    let said = world.program.verb(&["register", "publish", &folder.to_string_lossy()]).unwrap();
    assert!(said.starts_with("edition 2 is in force\nhash "), "{said}");
    assert!(said.contains("90"), "{said}");
    assert_eq!(world.program.look("/v1/status").unwrap().json().get("edition"), Some(&json!(2)));
}

#[test]
fn explain_shows_what_would_leave_and_every_reason_against_it() {
    let world = start();
    let partner = publish(&world);
    welcome(&world.program, "person-1").unwrap();
    let file = world.dir.path().join("request.json");
    std::fs::write(&file, request().to_string()).unwrap();
    let file = file.to_string_lossy();
    let said =
        world.program.verb(&["explain", &file, "--partnership", "demo-bidder-north"]).unwrap();
    assert!(said.starts_with("demo-bidder-north: told\n"), "{said}");
    for line in [
        "  leaves    device_identifier  device.ifa = 44444444-5555-4666-8777-888888888888\n",
        "  leaves    coarse_device      device.make = Example Phones\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let off = choice("person-1", "sharing", "off");
    assert_eq!(world.program.post("/v1/choices", &off).unwrap().status, 200);
    let said = world.program.verb(&["explain", &file]).unwrap();
    assert!(said.starts_with("demo-bidder-north: withheld\n"), "{said}");
    assert!(said.contains("\ndemo-bidder-south: asked without the person\n"), "{said}");
    assert!(
        said.contains("  withheld  sharing is off for this account (setting: share your data"),
        "{said}"
    );
    assert!(!said.contains("leaves"), "{said}");
    let said = world.program.verb(&["explain", &file, "--json"]).unwrap();
    let explained: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(explained.pointer("/partnerships/0/decision"), Some(&json!("withheld")));
    assert!(partner.heard().is_empty(), "explaining asks nobody");
    std::fs::write(world.dir.path().join("request.json"), "{}").unwrap();
    let said = world.program.verb(&["explain", &file]).unwrap_err().to_string();
    assert!(said.starts_with("sluicegate: The request is not valid: `id`: "), "{said}");
}

#[test]
fn disclosures_shows_what_left_to_whom() {
    let world = start();
    publish(&world);
    welcome(&world.program, "person-1").unwrap();
    let nothing = world.program.verb(&["disclosures", "--account", "person-1"]).unwrap();
    assert_eq!(nothing, "nothing left, and nothing was withheld\n");
    assert_eq!(world.program.post("/openrtb2/auction", &request()).unwrap().status, 200);
    let said = world.program.verb(&["disclosures", "--account", "person-1"]).unwrap();
    for line in [
        "told       demo-bidder-north  1 x  ",
        "told       demo-bidder-south  1 x  ",
        "device_identifier  device.ifa = 44444444-5555-4666-8777-888888888888\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    // What was told of an account is the account's, also where a device was named.
    let device = ["disclosures", "--device", "44444444-5555-4666-8777-888888888888"];
    assert_eq!(world.program.verb(&device).unwrap(), nothing);
    let lines = world.program.verb(&["disclosures", "--account", "person-1", "--json"]).unwrap();
    for line in lines.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["record"], "disclosure");
    }
    let later = ["disclosures", "--account", "person-1", "--since", "2190-01-01"];
    assert!(world.program.verb(&later).is_err());
    let said =
        world.program.verb(&["disclosures", "--account", "a", "--since", "soon"]).unwrap_err();
    assert!(said.to_string().contains("'soon' for '--since <DAY>': not a calendar day"), "{said}");
    let other = world.program.verb(&["disclosures", "--account", "person-2"]).unwrap();
    assert_eq!(other, "nothing left, and nothing was withheld\n");
}
