//! `sluicegate ledger`.

use super::{Misused, Running, disclosures::Who, print};
use crate::{local, machine::MachineClock};
use anyhow::Context;
use serde_json::{Value, json};
use sluicegate_gate::{PartnershipId, time::Clock as _};
use sluicegate_ledger::log::{checkpoint::Checkpoint, note::Note, sheet, tiles};
use sluicegate_register::Day;
use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ledger {
    /// Print the public key of the log's checkpoints
    Key(Key),
    /// Write the log and the record as files, to be checked with `sluicegate verify`
    Export(Export),
    /// Count days of the record again, and compare what people are shown, outlines and totals with it
    Check(Check),
    /// Write the proof that one disclosure is on record, to be checked with `sluicegate verify`
    Prove(Prove),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    #[command(flatten)]
    running: Running,
}

/// Ends with 1 where the gateway does not have all of it, or has something else than what was exported into the
/// directory before: what it has is written all the same.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    running: Running,
    /// The directory to write to
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Ends with 1 where something is not as it was recorded. Of days that are older than `ledger.keep_days` what people
/// were told is deleted, and shows as different.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The first day, like 2026-11-01; yesterday without it
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// The last day; today without it
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// The gateway's answers as lines of JSON instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

/// Without an id it is the latest disclosure that is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Prove {
    #[command(flatten)]
    who: Who,
    /// The id of the disclosure, which its partner has, too
    #[arg(long, value_name = "ID")]
    disclosure: Option<String>,
    /// Only to this partnership
    #[arg(long, value_name = "PARTNERSHIP")]
    partnership: Option<PartnershipId>,
    /// From this day on, like 2026-11-01
    #[arg(long, value_name = "DAY")]
    since: Option<Day>,
    /// Add the person's own key, which shows whom the disclosure is about. Whoever gets the file then can read
    /// every row of the record about that person
    #[arg(long)]
    with_key: bool,
    #[command(flatten)]
    running: Running,
    /// The file to write, named like `disclosure.tlog-proof`
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

const A_DAY: Duration = Duration::from_hours(24);
/// Places of an export that are named at most.
const ODD_MAX: usize = 100;

impl Ledger {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Key(verb) => print(key(&verb.running).await?.trim_end()),
            Self::Export(verb) => verb.run().await,
            Self::Check(verb) => verb.run().await,
            Self::Prove(verb) => verb.run().await,
        }
    }
}

async fn key(running: &Running) -> anyhow::Result<String> {
    let key = wanted(running, "/tlog/key").await?;
    String::from_utf8(key).context("the gateway's key is not text")
}

async fn wanted(running: &Running, path: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = local::get(&running.data_dir, path).await?;
    Ok(bytes.with_context(|| format!("the gateway has no `{path}`"))?.to_vec())
}

impl Export {
    async fn run(self) -> anyhow::Result<()> {
        let mut odd = Odd::default();
        let written = self.files(&mut odd).await;
        if let Ok(words) = &written {
            print(words)?;
        }
        // Why first: where the log is torn that is why a file is missing.
        require_whole(&self.running).await?;
        written?;
        odd.require_none()
    }

    /// Writes the files that there are, and returns what there is to say of them.
    async fn files(&self, odd: &mut Odd) -> anyhow::Result<String> {
        // The checkpoint first: everything it speaks of is there, and stays.
        let checkpoint = self.fetched("/tlog/checkpoint", odd).await?;
        let key = key(&self.running).await?;
        let size = match &checkpoint {
            Some(note) => Checkpoint::read(Note::read(note)?.text())?.size,
            None => self.entries().await?,
        };
        for file in tiles::all(size) {
            self.file(&file.to_string(), &format!("/tlog/{file}"), odd).await?;
        }
        let mut sheets = 0_u64;
        for number in 0..size {
            let from = format!("/v1/ledger/sheets/{number}");
            sheets += u64::from(self.file(&sheet::path(number), &from, odd).await?);
        }
        if let Some(checkpoint) = &checkpoint {
            self.checkpoint(checkpoint, size, odd)?;
        }
        Ok(format!("{sheets} sheets in `{}`; the key is {}", self.dir.display(), key.trim_end()))
    }

    /// Returns how many entries the log has where no checkpoint says so.
    async fn entries(&self) -> anyhow::Result<u64> {
        let status = local::call(&self.running.data_dir, "GET", "/v1/status", None).await?;
        Ok(status.pointer("/log/entries").and_then(Value::as_u64).unwrap_or_default())
    }

    /// Gets something of the gateway; what it does not have or cannot give is named.
    async fn fetched(&self, from: &str, odd: &mut Odd) -> anyhow::Result<Option<Vec<u8>>> {
        match local::get(&self.running.data_dir, from).await {
            Ok(Some(bytes)) => return Ok(Some(bytes.to_vec())),
            Ok(None) => odd.name(format!("the gateway has no `{from}`"))?,
            // Without a gateway there is nothing to go on with.
            Err(error) if error.chain().any(<dyn std::error::Error>::is::<io::Error>) => {
                return Err(error);
            }
            Err(error) => odd.name(format!("the gateway cannot give `{from}`: {error:#}"))?,
        }
        Ok(None)
    }

    /// Writes one file, and returns whether the gateway has it. No such file ever changes: one that is there
    /// already and another is named, and kept beside it.
    async fn file(&self, name: &str, from: &str, odd: &mut Odd) -> anyhow::Result<bool> {
        let Some(bytes) = self.fetched(from, odd).await? else { return Ok(false) };
        let path = self.dir.join(name);
        match earlier(&path)? {
            Some(before) if before == bytes => return Ok(true),
            Some(_other) => {
                let kept = unused(&path)?;
                fs::rename(&path, &kept)
                    .with_context(|| format!("cannot write `{}`", kept.display()))?;
                odd.name(format!(
                    "`{name}` is another than was exported before, which is in `{}` now",
                    kept.display()
                ))?;
            }
            None => {}
        }
        write(&path, &bytes)?;
        Ok(true)
    }

    fn checkpoint(&self, note: &[u8], size: u64, odd: &mut Odd) -> anyhow::Result<()> {
        let path = self.dir.join("checkpoint");
        let before = earlier(&path)?;
        let before = before.and_then(|note| Checkpoint::read(Note::read(&note).ok()?.text()).ok());
        if let Some(before) = before.filter(|before| before.size > size) {
            odd.name(format!(
                "the log was cut off: it had {} entries when it was exported before, and has {size}",
                before.size
            ))?;
        }
        write(&path, note)
    }
}

/// Returns a name beside a file that nothing has yet: what was kept before is evidence.
fn unused(path: &Path) -> anyhow::Result<PathBuf> {
    let mut names = (1_u64..).map(|number| match number {
        1 => path.with_extension("before"),
        _ => path.with_extension(format!("before.{number}")),
    });
    let is_unused = |name: &PathBuf| fs::symlink_metadata(name).is_err();
    names.find(is_unused).context("no name is left for what was kept before")
}

/// Returns the file that is there already, if one is.
fn earlier(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    }
}

/// What is not as it should be in an export.
#[derive(Debug, Default)]
struct Odd(usize);

impl Odd {
    /// Says it, up to a hundred times.
    fn name(&mut self, words: String) -> anyhow::Result<()> {
        self.0 += 1;
        if self.0 <= ODD_MAX { print(words) } else { Ok(()) }
    }

    fn require_none(&self) -> anyhow::Result<()> {
        let count = self.0;
        anyhow::ensure!(count == 0, "the log is not all there or was changed, in {count} places");
        Ok(())
    }
}

/// Fails while the log cannot be written: then what is recorded is not in what was exported.
async fn require_whole(running: &Running) -> anyhow::Result<()> {
    let status = local::call(&running.data_dir, "GET", "/v1/status", None).await?;
    let of_the_log = |place: &str| status.pointer(&format!("/log/{place}"));
    let unreadable = of_the_log("unreadable_packs").and_then(Value::as_array);
    for pack in unreadable.into_iter().flatten() {
        print(format!(
            "pack {pack} could not be read when it was signed: what it recorded is lost"
        ))?;
    }
    if let Some(cause) = of_the_log("failing/cause").and_then(Value::as_str) {
        let behind = of_the_log("behind_packs").and_then(Value::as_u64).unwrap_or_default();
        anyhow::bail!("the log cannot be written, and up to {behind} packs are not in it: {cause}");
    }
    Ok(())
}

impl Prove {
    async fn run(self) -> anyhow::Result<()> {
        let body = json!({
            "key": self.who.key(),
            "disclosure": self.disclosure,
            "partnership": self.partnership,
            "from_ms": self.since.map(|day| day.start().0),
            "with_key": self.with_key,
        });
        let proof = local::text(&self.running.data_dir, "/v1/ledger/proofs", &body).await?;
        write_private(&self.file, proof.as_bytes())?;
        let key = key(&self.running).await?;
        print(format!("written to `{}`; the key is {}", self.file.display(), key.trim_end()))
    }
}

impl Check {
    async fn run(self) -> anyhow::Result<()> {
        let today = Day::of(MachineClock::new().now());
        let yesterday = Day::of(today.start().minus(A_DAY));
        let (from, to) = (self.from.unwrap_or(yesterday), self.to.unwrap_or(today));
        anyhow::ensure!(from <= to, Misused("`--from` is after `--to`"));
        let (mut odd, mut unknown) = (0, 0);
        for day in days(from, to) {
            let body = json!({ "day": day.to_string() });
            let path = "/v1/ledger/recounts";
            let answer = local::call(&self.running.data_dir, "POST", path, Some(&body)).await?;
            let of = |name: &str| listed(&answer, name).count();
            let beyond = listed(&answer, "differences").filter(|one| one["what"] == "beyond");
            odd += of("differences") - beyond.count();
            unknown += of("damaged_packs") + of("not_compared") + of("unread_files");
            let rows = answer.get("unread_rows").and_then(Value::as_u64).unwrap_or_default();
            unknown += usize::from(rows > 0);
            if self.json {
                print(&answer)?;
            } else {
                print(counted(&answer))?;
            }
        }
        anyhow::ensure!(odd == 0, "rows are not as it was recorded");
        anyhow::ensure!(unknown == 0, "not everything could be compared with what was recorded");
        Ok(())
    }
}

/// Returns the days from one to another. The calendar ends with one that none follows.
fn days(from: Day, to: Day) -> impl Iterator<Item = Day> {
    let after = move |day: &Day| {
        let next = Day::of(day.start().plus(A_DAY));
        (*day < next && next <= to).then_some(next)
    };
    std::iter::successors(Some(from), after)
}

fn listed<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    answer[name].as_array().into_iter().flatten()
}

fn counted(answer: &Value) -> String {
    let mut lines = format!(
        "{}  {} messages about {} people",
        answer["day"].as_str().unwrap_or_default(),
        answer["messages"],
        answer["people"]
    );
    for pack in listed(answer, "damaged_packs") {
        // Writing to a string cannot fail.
        let _written = write!(
            lines,
            "\n  pack {pack} is damaged, and what it recorded is unknown: told, outlines and totals are compared for less \
             than is on record elsewhere, not for more; times and numbers of single rows are not"
        );
    }
    for file in listed(answer, "unread_files").filter_map(Value::as_str) {
        let _written = write!(lines, "\n  the file records/{file} of told does not read");
    }
    if let Some(rows) = answer["unread_rows"].as_u64().filter(|rows| *rows > 0) {
        let _written = write!(lines, "\n  {rows} rows of told do not read, and are left out");
    }
    if let Some(people) = answer["people_in_doubt"].as_u64().filter(|people| *people > 0) {
        let _written = write!(
            lines,
            "\n  {people} people may have rows in a file that does not read: told of them is compared for more than is on \
             record, not for less"
        );
    }
    for rows in listed(answer, "not_compared").filter_map(Value::as_str) {
        let _written = write!(lines, "\n  {rows} cannot be read in whole, and are not compared");
    }
    for one in listed(answer, "differences") {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        let rows = match text("rows") {
            "total_disclosures" => "disclosures in totals",
            rows => rows,
        };
        let about = |key: &str, before: &str| {
            one[key].as_str().map_or_else(String::new, |value| format!("{before}{value}"))
        };
        let (recorded, found) = (tally(&one["recorded"]), tally(&one["found"]));
        let odd = match text("what") {
            "values" => format!("the values do not open, told {found}"),
            "row" => format!(
                "a row of {found} is not of the {recorded} on record, by its times, its number or its edition"
            ),
            "beyond" => format!(
                "recorded at least {recorded}, found {found}; a damaged pack may have recorded the rest"
            ),
            "missing" => format!("of {recorded} on record some are in no row"),
            _ => format!("recorded {recorded}, found {found}"),
        };
        let _written = write!(
            lines,
            "\n  {rows} of {} by {}{}{}: {odd}",
            text("partnership"),
            text("path"),
            about("key", " about key "),
            about("digest", ", set "),
        );
    }
    match answer["more"].as_u64() {
        Some(more) if more > 0 => format!("{lines}\n  and {more} more"),
        _ => lines,
    }
}

fn tally(counted: &Value) -> String {
    let time = |key: &str| {
        let at = counted[key].as_i64()?;
        Some(jiff::Timestamp::from_millisecond(at).ok()?.to_string())
    };
    let times = time("first_ms").zip(time("last_ms"));
    let times = times.map_or_else(String::new, |(first, last)| format!(" ({first} to {last})"));
    format!("{}{times}", counted["count"])
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace(path, |part| fs::write(part, bytes))
}

/// Writes a file whole or not at all, for its owner alone: it can hold a person's key.
fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace(path, |part| {
        // Why: the mode is that of a new file, and one that was left behind can have another.
        match fs::remove_file(part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(part)?.write_all(bytes)
    })
}

fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> anyhow::Result<()> {
    let named = || format!("cannot write `{}`", path.display());
    let folder = path.parent().with_context(named)?;
    fs::create_dir_all(folder).with_context(named)?;
    let part = path.with_extension("part");
    write(&part).with_context(named)?;
    fs::rename(&part, path).with_context(named)
}
