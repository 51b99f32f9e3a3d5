//! Other people's readers, for tests: the official JavaScript libraries of the IAB Tech Lab.
//!
//! They run in one `node` process for all strings. `peers/` of this crate holds the small program
//! that asks them, the versions, and what is known of where they leave the specifications. They are
//! used where they were installed, and installed by nothing here.

use std::{
    error::Error,
    fmt,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
};

/// Which library a string is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A TC string: `@iabtcf/core`.
    Tcf,
    /// A GPP string: `@iabgpp/cmpapi`.
    Gpp,
    /// A US Privacy string: `@iabgpp/cmpapi`.
    UsPrivacy,
}

/// Returns whether the libraries are there.
pub fn are_installed() -> bool {
    let libraries = ["@iabtcf/core", "@iabgpp/cmpapi"];
    libraries
        .iter()
        .all(|name| folder().join("node_modules").join(name).join("package.json").is_file())
}

/// Has each string read, and returns one line of JSON for each, in order.
///
/// A line is `{"ok":true,"value":{…}}` or `{"ok":false,"error":"…"}`. For a TC string the value holds
/// what the library calls its fields, times in tenths of a second, lists of numbers sorted, and `null`
/// for a segment that is not there. For GPP it holds the numbers of the sections (`ids`) and
/// `sections` by prefix, for US Privacy its fields: both exactly as the library names them, but times
/// in tenths of a second.
pub fn decode(requests: &[(Kind, String)]) -> Result<Vec<String>, PeersError> {
    if !are_installed() {
        return Err(PeersError::NotInstalled);
    }
    let mut child = Command::new("node")
        .arg("decode.mjs")
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(PeersError::Started)?;
    let spoken = speak(&mut child, requests);
    let status = child.wait().map_err(PeersError::Spoken)?;
    if !status.success() {
        return Err(PeersError::Ended(status));
    }
    let lines = spoken.map_err(PeersError::Spoken)?;
    if lines.len() != requests.len() {
        return Err(PeersError::Counted { asked: requests.len(), answered: lines.len() });
    }
    Ok(lines)
}

/// Why the libraries did not answer.
#[derive(Debug)]
pub enum PeersError {
    /// They were not installed.
    NotInstalled,
    /// `node` could not be started.
    Started(io::Error),
    /// The talk with the process broke off.
    Spoken(io::Error),
    /// The process failed; its own words are on standard error.
    Ended(ExitStatus),
    /// There are not as many answers as requests.
    Counted {
        /// How many strings were asked about.
        asked: usize,
        /// How many lines came back.
        answered: usize,
    },
}

impl fmt::Display for PeersError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => formatter.write_str("the official libraries are not installed"),
            Self::Started(_) => formatter.write_str("`node` could not be started"),
            Self::Spoken(_) => formatter.write_str("the talk with `node` broke off"),
            Self::Ended(status) => write!(formatter, "`node` ended with {status}"),
            Self::Counted { asked, answered } => {
                write!(formatter, "{answered} answers for {asked} requests")
            }
        }
    }
}

impl Error for PeersError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Started(error) | Self::Spoken(error) => Some(error),
            Self::NotInstalled | Self::Ended(_) | Self::Counted { .. } => None,
        }
    }
}

/// Writes and reads at the same time: neither side waits for the other's full pipe.
fn speak(child: &mut Child, requests: &[(Kind, String)]) -> io::Result<Vec<String>> {
    let missing = || io::Error::other("a pipe is missing");
    let input = child.stdin.take().ok_or_else(missing)?;
    let output = child.stdout.take().ok_or_else(missing)?;
    thread::scope(|scope| {
        let writer = scope.spawn(move || ask(input, requests));
        let lines = BufReader::new(output).lines().collect();
        let written =
            writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer panicked")));
        written.and(lines)
    })
}

fn ask(input: ChildStdin, requests: &[(Kind, String)]) -> io::Result<()> {
    let mut input = BufWriter::new(input);
    for (kind, text) in requests {
        let kind = match kind {
            Kind::Tcf => "tcf",
            Kind::Gpp => "gpp",
            Kind::UsPrivacy => "usp",
        };
        write!(input, r#"{{"kind":"{kind}","text":""#)?;
        write_escaped(&mut input, text)?;
        writeln!(input, r#""}}"#)?;
    }
    input.flush()
}

/// Writes the inside of a JSON string.
fn write_escaped(output: &mut impl Write, text: &str) -> io::Result<()> {
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(output, "\\{c}")?,
            '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                write!(output, "\\u{:04x}", u32::from(c))?;
            }
            _ => write!(output, "{c}")?,
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_into_one_line_of_json() {
        let mut line = Vec::new();
        write_escaped(&mut line, "a\"b\\c\n\u{2028}é").unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), r#"a\"b\\c\u000a\u2028é"#);
    }

    #[test]
    fn an_error_says_what_happened() {
        let error = PeersError::Counted { asked: 2, answered: 1 };
        assert_eq!(error.to_string(), "1 answers for 2 requests");
        assert!(PeersError::Started(io::Error::other("why")).source().is_some());
    }
}
