//! `sluicegate config`.

use super::print;
use crate::config::{Checked, Config as File, reference};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say what is wrong with a configuration file, without starting anything
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print the reference of all keys, as Markdown
    Reference,
}

impl Config {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Check { file } => {
                let read = File::read(Some(&file), std::env::vars_os())?;
                Checked::try_from(read)?;
                print(format_args!("{}: in order", file.display()))
            }
            Self::Reference => print(reference().trim_end()),
        }
    }
}
