//! The identity provider: its description, its keys, and what it is asked.

use super::{
    begun::{AllBegun, Begun},
    believed::Believed,
    id_token::{self, Arrived, Expected, ProviderKey, TokenFault},
    logout::{self, Logout},
};
use crate::pages::once::Once;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sluicegate_egress::{FetchError, Fetched, Fetcher};
use sluicegate_gate::{
    Secret,
    time::{BootMillis, Clock},
};
use std::{fmt, sync::Arc, time::Duration};
use url::{Url, form_urlencoded::byte_serialize};

/// How much longer the provider's description is used while the provider does not answer. Its keys are not: one that
/// it took back must not be believed for as long as somebody can keep us from asking.
const DESCRIPTION_STAYS: Duration = Duration::from_hours(24);
/// How soon keys are asked for once more, where a token names one that is not known.
const KEYS_APART: Duration = Duration::from_mins(1);
/// Keys of a provider at most; further ones are not looked at.
const KEYS_MAX: usize = 50;

/// How we speak with the provider.
#[derive(Debug)]
pub struct ProviderRules {
    /// Its name, exactly as it writes it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; a client without one is public, and proves itself with PKCE alone.
    pub client_secret: Option<Secret<String>>,
    /// The claim that is the account's id.
    pub account_claim: String,
    /// Where browsers come back to.
    pub redirect: String,
    /// What we ask with.
    pub fetcher: Arc<Fetcher>,
}

/// A provider that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The issuer is no address, or has a query.
    #[error("not an http or https address without a query")]
    Issuer,
}

/// The provider with what is known of it.
#[derive(Debug)]
pub(crate) struct Provider {
    rules: Arc<ProviderRules>,
    pub(crate) begun: AllBegun,
    /// Tokens that ended sessions.
    pub(super) logouts: Once,
    described: Believed<Arc<Description>>,
    keys: Believed<Arc<[ProviderKey]>>,
    /// When keys were last asked for because one was not known.
    missed: Mutex<Option<BootMillis>>,
}

/// What the provider says of itself (`OpenID` Connect Discovery 1.0).
#[derive(Debug, Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: Address,
    token_endpoint: Address,
    jwks_uri: Address,
    end_session_endpoint: Option<Address>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// An address of the provider's.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Address(Url);

impl TryFrom<String> for Address {
    type Error = ProviderFault;

    fn try_from(text: String) -> Result<Self, ProviderFault> {
        let url = Url::parse(&text).map_err(|_no_address| ProviderFault::Unreadable)?;
        let is_web = matches!(url.scheme(), "https" | "http");
        is_web.then_some(Self(url)).ok_or(ProviderFault::Unreadable)
    }
}

/// What a browser brings back.
pub(crate) struct Answer {
    pub(crate) state: String,
    code: Option<Secret<String>>,
    issuer: Option<String>,
}

/// A sign-in that does not succeed. It holds nothing of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It was begun elsewhere, too long ago, or not at all.
    #[error("it was not begun in this browser, or too long ago")]
    NotBegunHere,
    /// The provider, or the person there, refused.
    #[error("the provider refused")]
    Refused,
    /// The provider does not answer as it must.
    #[error(transparent)]
    Provider(#[from] ProviderFault),
    /// The token cannot be believed.
    #[error(transparent)]
    Token(#[from] TokenFault),
}

/// A provider that does not answer as it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProviderFault {
    /// Nothing usable came.
    #[error("the provider could not be asked: {0}")]
    Fetch(#[from] FetchError),
    /// It answered with an error.
    #[error("the provider answered with an error")]
    Status,
    /// It answered with something else than it must.
    #[error("the provider's answer cannot be read")]
    Unreadable,
    /// Its description is another issuer's, or its answer is.
    #[error("the answer is another issuer's")]
    Issuer,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl ProviderRules {
    /// Checks an issuer.
    pub fn check_issuer(issuer: &str) -> Result<(), ClientError> {
        let url = Url::parse(issuer).map_err(|_no_address| ClientError::Issuer)?;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.has_host();
        let is_web = matches!(url.scheme(), "https" | "http");
        if is_plain && is_web { Ok(()) } else { Err(ClientError::Issuer) }
    }
}

impl Answer {
    /// Reads the query of the address that the browser came to.
    pub(crate) fn read(query: &str) -> Self {
        let mut answer = Self { state: String::new(), code: None, issuer: None };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => answer.state = value.into_owned(),
                "code" => answer.code = Some(Secret::new(value.into_owned())),
                "iss" => answer.issuer = Some(value.into_owned()),
                _other => {}
            }
        }
        answer
    }
}

impl Provider {
    pub(crate) fn new(rules: Arc<ProviderRules>) -> Self {
        Self {
            rules,
            begun: AllBegun::default(),
            logouts: Once::default(),
            described: Believed::new(DESCRIPTION_STAYS),
            keys: Believed::new(Duration::ZERO),
            missed: Mutex::default(),
        }
    }

    /// Returns the address that a browser is sent to.
    pub(crate) async fn authorization(
        &self,
        begun: &Begun,
        clock: &dyn Clock,
    ) -> Result<String, Fault> {
        let description = self.description(clock).await?;
        let mut address = description.authorization_endpoint.0.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(begun.verifier.open()));
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.rules.client_id)
            .append_pair("redirect_uri", &self.rules.redirect)
            .append_pair("scope", "openid")
            .append_pair("state", begun.state.open())
            .append_pair("nonce", begun.nonce.open())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if begun.asks_again_since.is_some() {
            address.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        }
        Ok(address.into())
    }

    /// Returns whom a browser that came back brings.
    pub(crate) async fn arrived(
        &self,
        answer: Answer,
        begun: &Begun,
        clock: &dyn Clock,
    ) -> Result<Arrived, Fault> {
        let description = self.description(clock).await?;
        let is_said = answer.issuer.is_some();
        let must_be_said = description.authorization_response_iss_parameter_supported;
        if answer.issuer.is_some_and(|issuer| issuer != self.rules.issuer)
            || must_be_said && !is_said
        {
            return Err(ProviderFault::Issuer.into());
        }
        let code = answer.code.ok_or(Fault::Refused)?;
        let token = self.id_token(&description, &code, begun).await?;
        let expected = self.expected(clock);
        let read = |keys: &[ProviderKey]| id_token::arrived(token.open(), keys, begun, &expected);
        self.with_keys(&description, clock, read).await
    }

    /// Returns which sessions a token of the provider ends.
    pub(crate) async fn ended(&self, token: &str, clock: &dyn Clock) -> Result<Logout, Fault> {
        // Why: anyone may send one, and what is none at all is no reason to ask the provider anything.
        id_token::head(token)?;
        let description = self.description(clock).await?;
        let expected = self.expected(clock);
        let read = |keys: &[ProviderKey]| logout::read(token, keys, &expected);
        self.with_keys(&description, clock, read).await
    }

    fn expected(&self, clock: &dyn Clock) -> Expected<'_> {
        Expected {
            issuer: &self.rules.issuer,
            client: &self.rules.client_id,
            account_claim: &self.rules.account_claim,
            now: clock.now(),
        }
    }

    async fn with_keys<T>(
        &self,
        description: &Description,
        clock: &dyn Clock,
        read: impl Fn(&[ProviderKey]) -> Result<T, TokenFault>,
    ) -> Result<T, Fault> {
        let keys = self.keys.or_ask(clock, self.read_keys(description)).await?;
        match read(&keys) {
            // Why: the provider may have begun to sign with a key that is younger than what we know.
            Err(TokenFault::Key) if self.may_ask_again(clock.boot()) => {
                let keys = self.keys.ask(clock, self.read_keys(description)).await?;
                Ok(read(&keys)?)
            }
            other => Ok(other?),
        }
    }

    /// Returns where a person can sign out at the provider too, if it has such a place.
    pub(crate) async fn end_session(&self, back: &str, clock: &dyn Clock) -> Option<String> {
        let mut address = self.description(clock).await.ok()?.end_session_endpoint.clone()?.0;
        address
            .query_pairs_mut()
            .append_pair("client_id", &self.rules.client_id)
            .append_pair("post_logout_redirect_uri", back);
        Some(address.into())
    }

    async fn id_token(
        &self,
        description: &Description,
        code: &Secret<String>,
        begun: &Begun,
    ) -> Result<Secret<String>, Fault> {
        let rules = &self.rules;
        let methods = &description.token_endpoint_auth_methods_supported;
        let by_header =
            methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic");
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.open().as_str()),
            ("redirect_uri", &rules.redirect),
            ("code_verifier", begun.verifier.open()),
        ];
        let authorization = match &rules.client_secret {
            Some(secret) if by_header => Some(basic(&rules.client_id, secret)),
            Some(secret) => {
                fields.push(("client_id", &rules.client_id));
                fields.push(("client_secret", secret.open()));
                None
            }
            None => {
                fields.push(("client_id", &rules.client_id));
                None
            }
        };
        let endpoint = &description.token_endpoint.0;
        let asked = rules.fetcher.post_form(endpoint, authorization.as_ref(), &fields).await;
        let answer = asked.map_err(ProviderFault::Fetch)?;
        // Why: a code that was used, or is somebody else's, is answered with 400.
        if answer.status == 400 {
            return Err(Fault::Refused);
        }
        let tokens: Tokens = read(&answer)?;
        Ok(Secret::new(tokens.id_token))
    }

    async fn description(&self, clock: &dyn Clock) -> Result<Arc<Description>, ProviderFault> {
        self.described.or_ask(clock, self.read_description()).await
    }

    async fn read_description(&self) -> Result<Arc<Description>, ProviderFault> {
        let issuer = self.rules.issuer.trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let address = Url::parse(&address).map_err(|_no_address| ProviderFault::Issuer)?;
        let description: Description = read(&self.rules.fetcher.get(&address).await?)?;
        if description.issuer != self.rules.issuer {
            return Err(ProviderFault::Issuer);
        }
        Ok(Arc::new(description))
    }

    /// Whether it is long enough ago that keys were asked for because one was not known; it is now the last time.
    fn may_ask_again(&self, now: BootMillis) -> bool {
        let mut missed = self.missed.lock();
        let may = missed.is_none_or(|last| now.since(last) >= KEYS_APART);
        if may {
            *missed = Some(now);
        }
        may
    }

    async fn read_keys(
        &self,
        description: &Description,
    ) -> Result<Arc<[ProviderKey]>, ProviderFault> {
        let set: KeySet = read(&self.rules.fetcher.get(&description.jwks_uri.0).await?)?;
        let keys = set.keys.into_iter().take(KEYS_MAX).filter_map(ProviderKey::read);
        Ok(keys.collect())
    }
}

fn read<T: serde::de::DeserializeOwned>(fetched: &Fetched) -> Result<T, ProviderFault> {
    if fetched.status != 200 {
        return Err(ProviderFault::Status);
    }
    serde_json::from_slice(&fetched.body).map_err(|_not_shown| ProviderFault::Unreadable)
}

/// RFC 6749, 2.3.1: both parts are form-encoded first.
fn basic(client: &str, secret: &Secret<String>) -> Secret<String> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client), encoded(secret.open()));
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Answer([secret])")
    }
}
