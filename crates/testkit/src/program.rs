//! The running program: a real process, called over HTTP as a stranger would.

use anyhow::{Context, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The key that the platform's services use in tests.
pub const PLATFORM_KEY: &str = "sg_test_platform";
/// The key that operators use in tests.
const OPERATOR_KEY: &str = "sg_test_operator";

/// The origin whose pages may ask for ads.
pub const LISTED_ORIGIN: &str = "https://news.example";

/// How the program is started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program.
    pub binary: PathBuf,
    /// Its data directory.
    pub dir: PathBuf,
    /// More of the configuration file, after the keys.
    pub more: String,
}

/// A running program. Dropping it kills it, as a power cut would.
#[derive(Debug)]
pub struct Program {
    process: Child,
    origin: String,
    dir: PathBuf,
    binary: PathBuf,
}

/// An answer of the program.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The origin whose pages may read the answer, by `Access-Control-Allow-Origin`.
    pub allowed_origin: Option<String>,
    /// When to come again (`Retry-After`); empty where it does not say.
    pub retry_after: String,
    /// The body as text; what is none in it is replaced.
    pub text: String,
}

impl Answer {
    /// Returns the body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

impl Program {
    /// Starts the program and returns once it listens.
    pub fn start(setup: &Setup) -> anyhow::Result<Self> {
        Self::start_with(setup, &[])
    }

    /// Starts the program with variables in its environment.
    pub fn start_with(setup: &Setup, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&setup.dir)?;
        let file = setup.dir.join("sluicegate.toml");
        std::fs::write(&file, configuration(setup)?)?;
        let mut process = Command::new(&setup.binary)
            .arg("serve")
            .arg("--config")
            .arg(&file)
            // Why: tests share a busy machine, which is no overload.
            .env("SLUICEGATE_EXCHANGE__BEHIND_MAX_MS", "10000")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", setup.binary.display()))?;
        let out = process.stdout.take().context("a started program has an output")?;
        let mut first = String::new();
        BufReader::new(out).read_line(&mut first)?;
        let Some(origin) = first.trim_end().strip_prefix("listening on ") else {
            bail!("the program did not start");
        };
        let origin = origin.to_owned();
        Ok(Self { process, origin, dir: setup.dir.clone(), binary: setup.binary.clone() })
    }

    /// Returns `http://address`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the process with `kill -9`.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Sends `kill -9` while others still call. It ends the process; [`Drop`] clears up.
    pub fn end(&self) -> anyhow::Result<()> {
        let killed = Command::new("kill").args(["-9", &self.id().to_string()]).status()?;
        if killed.success() { Ok(()) } else { bail!("the process could not be killed") }
    }

    /// Posts a JSON body with the platform's key.
    pub fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(path, Some(PLATFORM_KEY), &serde_json::to_vec(body)?)
    }

    /// Posts a JSON body with an operator's key.
    pub fn operate(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(path, Some(OPERATOR_KEY), &serde_json::to_vec(body)?)
    }

    /// Posts bytes, with a key or without.
    pub fn send(&self, path: &str, key: Option<&str>, body: &[u8]) -> anyhow::Result<Answer> {
        let mut request = agent()
            .post(format!("{}{path}", self.origin))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        answer(request.send(body)?)
    }

    /// Posts bytes with the platform's key.
    pub fn send_as_platform(&self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        self.send(path, Some(PLATFORM_KEY), body)
    }

    /// Posts bytes as a browser does for a page of that origin, with a further header.
    pub fn send_from(
        &self,
        origin: &str,
        path: &str,
        header: Option<(&str, &str)>,
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        let mut request = agent()
            .post(format!("{}{path}", self.origin))
            .header("content-type", "text/plain")
            .header("origin", origin);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        answer(request.send(body)?)
    }

    /// Gets a path without a key.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        answer(agent().get(format!("{}{path}", self.origin)).call()?)
    }

    /// Gets a path without a key whose answer is no text. Fails unless the status is one of success.
    pub fn get_bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut response = agent().get(format!("{}{path}", self.origin)).call()?;
        if !response.status().is_success() {
            bail!("the answer is {}", response.status());
        }
        Ok(response.body_mut().read_to_vec()?)
    }

    /// Gets a path with an operator's key.
    pub fn look(&self, path: &str) -> anyhow::Result<Answer> {
        let request = agent().get(format!("{}{path}", self.origin));
        answer(request.header("authorization", format!("Bearer {OPERATOR_KEY}")).call()?)
    }

    /// Publishes the register's files and returns the answer.
    pub fn publish(&self, files: &[(String, String)]) -> anyhow::Result<Answer> {
        let files: serde_json::Map<String, Value> =
            files.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect();
        self.operate("/v1/register/editions", &serde_json::json!({ "files": files }))
    }

    /// Runs another verb of the program on this one's data directory, and returns what it printed.
    pub fn verb(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let done = Command::new(&self.binary)
            .args(arguments)
            .arg("--data-dir")
            .arg(self.dir.join("data"))
            .output()?;
        if !done.status.success() {
            bail!("{}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8(done.stdout)?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn configuration(setup: &Setup) -> anyhow::Result<String> {
    let mut text = format!(
        "[listen]\naddress = \"127.0.0.1:0\"\norigins = [\"{LISTED_ORIGIN}\"]\n[store]\ndata_dir = {:?}\n\
         [egress]\naddresses = \"loopback\"\n",
        setup.dir.join("data").to_string_lossy()
    );
    for (name, scope, key) in
        [("tests", "platform", PLATFORM_KEY), ("operators", "operator", OPERATOR_KEY)]
    {
        let hash = hex::encode(Sha256::digest(key.as_bytes()));
        write!(text, "[[api_key]]\nname = \"{name}\"\nscope = \"{scope}\"\nsha256 = \"{hash}\"\n")?;
    }
    text.push_str(&setup.more);
    Ok(text)
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    ureq::Agent::new_with_config(config)
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Answer> {
    let status = response.status().as_u16();
    let header = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let content_type = header("content-type").unwrap_or_default();
    let allowed_origin = header("access-control-allow-origin");
    let retry_after = header("retry-after").unwrap_or_default();
    let text = String::from_utf8_lossy(&response.body_mut().read_to_vec()?).into_owned();
    Ok(Answer { status, content_type, allowed_origin, retry_after, text })
}
