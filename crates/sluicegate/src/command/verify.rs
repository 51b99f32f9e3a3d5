//! `sluicegate verify`: needs files and a public key, and no gateway.

use super::print;
use anyhow::{Context, bail};
use sluicegate_ledger::log::{
    checkpoint::Checkpoint,
    note::NoteVerifier,
    verify::{Earlier, Report, Source, verify},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The exported record
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The public key of its checkpoints, like `platform.example/ledger+1a2b3c4d+AQ…`
    #[arg(long, value_name = "KEY")]
    key: NoteVerifier,
    /// A checkpoint from before, or a whole export: the record has to contain it
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

impl Verify {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let before = self.since.as_deref().map(|path| self.before(path)).transpose()?;
        let earlier = before.as_ref().map(|(checkpoint, files)| Earlier {
            checkpoint: checkpoint.clone(),
            files: files.as_ref().map(|files| -> &dyn Source { files }),
        });
        let report = verify(&Files(self.dir.clone()), &self.key, &self.witness, earlier.as_ref())
            .with_context(|| format!("`{}` cannot be read", self.dir.display()))?;
        for fault in &report.faults {
            print(format!("NOT AS IT WAS: {fault}"))?;
        }
        if !report.faults.is_empty() {
            bail!("the record was changed: {} faults", report.faults.len());
        }
        print(words(&report))?;
        let is_missing =
            |witness: &&NoteVerifier| !report.witnesses.iter().any(|name| name == witness.name());
        match self.witness.iter().find(is_missing) {
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
    let Report { entries, packs, rows, messages, erasures, witnesses, faults: _ } = report;
    let mut words = format!(
        "everything is as it was signed: {messages} messages in {rows} rows of {packs} packs, \
         {entries} entries in the log; {erasures} keys of people were destroyed"
    );
    if !witnesses.is_empty() {
        words.push_str("; signed by ");
        words.push_str(&witnesses.join(" and "));
    }
    words
}
