//! `sluicegate verify`: needs files and a public key, and no gateway.

use super::{NothingThere, print};
use anyhow::{Context, bail};
use sluicegate_gate::{Category, time::UnixMillis};
use sluicegate_ledger::{
    UncertainWindow,
    log::{
        checkpoint::Checkpoint,
        note::NoteVerifier,
        proof::{DisclosureProof, PROOF_BYTES_MAX, ProvedDisclosure},
        verify::{Earlier, Report, Source, verify},
    },
};
use std::{
    collections::HashSet,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Verify {
    /// The exported record, a directory, or the proof of one disclosure, a file
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The public key of its checkpoints, like `platform.example/ledger+1a2b3c4d+AQ…`
    #[arg(long, value_name = "KEY")]
    key: NoteVerifier,
    /// A checkpoint from before, or a whole export: the record has to contain it (not with a proof)
    #[arg(long, value_name = "PATH")]
    since: Option<PathBuf>,
    /// The key of a witness whose signature has to be on the checkpoint
    #[arg(long, value_name = "KEY")]
    witness: Vec<NoteVerifier>,
}

/// The files of an export.
#[derive(Debug)]
struct Files(PathBuf);

impl Source for Files {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the exit codes of this verb mean, under its help.
const EXIT_CODES: &str = "Exit codes:
  0  everything is as it was signed
  1  something is not as it was signed, or cannot be read, or a witness did not sign
  2  the command line is not as it must be
  3  there is nothing to check at the path";

impl Verify {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if self.path.is_file() {
            return self.proof();
        }
        self.require_export()?;
        self.record()
    }

    /// Refuses a path at which no export is, which says nothing of any record.
    fn require_export(&self) -> anyhow::Result<()> {
        let path = self.path.display();
        if !self.path.exists() {
            bail!(NothingThere(format!("no export at `{path}`: there is no such path")));
        }
        if !self.path.join("checkpoint").exists() && !self.path.join("sheet").exists() {
            bail!(NothingThere(format!("no export at `{path}`: neither `checkpoint` nor `sheet`")));
        }
        Ok(())
    }

    /// Checks the proof of one disclosure.
    fn proof(&self) -> anyhow::Result<()> {
        if self.since.is_some() {
            bail!("a proof has one checkpoint: `--since` is for a whole export");
        }
        let named = || format!("`{}`", self.path.display());
        let file = fs::File::open(&self.path).with_context(named)?;
        let mut bytes = Vec::new();
        let most = u64::try_from(PROOF_BYTES_MAX)?.saturating_add(1);
        file.take(most).read_to_end(&mut bytes).with_context(named)?;
        let proof = DisclosureProof::read(&bytes).with_context(named)?;
        let proved = proof.check(&self.key, &self.witness);
        let proved = proved.context("the disclosure is not proved")?;
        print(words_of(&proved))?;
        self.require_witnesses(&proved.witnesses)
    }

    /// Checks a whole export.
    fn record(&self) -> anyhow::Result<()> {
        let before = self.since.as_deref().map(|path| self.before(path)).transpose()?;
        let earlier = before.as_ref().map(|(checkpoint, files)| Earlier {
            checkpoint: checkpoint.clone(),
            files: files.as_ref().map(|files| -> &dyn Source { files }),
        });
        let report = verify(&Files(self.path.clone()), &self.key, &self.witness, earlier.as_ref());
        for fault in &report.faults {
            print(format!("NOT AS IT WAS: {fault}"))?;
        }
        if !report.faults.is_empty() {
            bail!("the record is not as it was signed");
        }
        if report.entries == 0 {
            let path = self.path.display();
            bail!(NothingThere(format!("nothing to check at `{path}`: its log has no entries")));
        }
        print(words(&report))?;
        for window in &report.windows {
            print(format!("records may be missing: {}", span(window)))?;
        }
        self.require_witnesses(&report.witnesses)
    }

    /// Fails unless each of them signed. A witness can have several keys under one name: none stands for another.
    fn require_witnesses(&self, right: &[NoteVerifier]) -> anyhow::Result<()> {
        match self.witness.iter().find(|witness| !right.contains(witness)) {
            Some(witness) => bail!("`{}` did not sign this checkpoint", witness.name()),
            None => Ok(()),
        }
    }

    /// Reads a checkpoint from before, and with it the export that it is in, if it is in one.
    fn before(&self, path: &Path) -> anyhow::Result<(Checkpoint, Option<Files>)> {
        let is_export = path.is_dir();
        let file = if is_export { path.join("checkpoint") } else { path.to_owned() };
        let named = || format!("`{}`", file.display());
        let note = fs::read(&file).with_context(named)?;
        let checkpoint = Checkpoint::open(&note, &self.key).with_context(named)?;
        Ok((checkpoint, is_export.then(|| Files(path.to_owned()))))
    }
}

fn words(report: &Report) -> String {
    let Report { entries, packs, rows, messages, erasures, windows, witnesses, faults: _ } = report;
    let windows = windows.len();
    let mut words = format!(
        "everything is as it was signed: {messages} messages in {rows} rows of {packs} packs, \
         {entries} entries in the log; {erasures} keys of people were destroyed, \
         {windows} windows declared"
    );
    if !witnesses.is_empty() {
        words.push_str("; signed by ");
        words.push_str(&names(witnesses));
    }
    words
}

fn words_of(proved: &ProvedDisclosure) -> String {
    let ProvedDisclosure { disclosure, message, pack, row, checkpoint, witnesses, decided } =
        proved;
    let categories: Vec<&str> = message.categories.iter().map(Category::name).collect();
    let about = message.items.iter().flat_map(|item| item.about.iter().map(|about| about.key));
    let people = about.collect::<HashSet<_>>().len();
    let mut lines = vec![
        format!("disclosure {disclosure} is on record as it was signed"),
        format!("  to          {}, via {}", message.partnership, message.path.name()),
        format!("  at          {}", time(message.at)),
        format!("  categories  {}", categories.join(", ")),
        format!("  message     {}, SHA-256 {}", message.message, hex::encode(message.sha256)),
        format!("  edition     {}", message.edition),
        format!("  place       row {row} of pack {pack}, in a log of {} entries", checkpoint.size),
    ];
    lines.push(match decided {
        Some(_) => String::from("  about       whoever has the key in the file"),
        None => {
            format!("  about       {people} keys of people; whose they are, the file does not say")
        }
    });
    if !witnesses.is_empty() {
        lines.push(format!("  signed by   {}", names(witnesses)));
    }
    lines.join("\n")
}

fn names(witnesses: &[NoteVerifier]) -> String {
    witnesses.iter().map(NoteVerifier::name).collect::<Vec<_>>().join(" and ")
}

fn span(window: &UncertainWindow) -> String {
    let UncertainWindow { path, from, until } = window;
    let why = if window.is_of_changed_rows() {
        "; the rows of open windows were not as the ledger had left them"
    } else {
        ""
    };
    format!("{} from {} until {}{why}", path.name(), time(*from), time(*until))
}

fn time(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_range| at.0.to_string(), |time| time.to_string())
}
