//! Builds the clients. Commands with equal configuration share one client.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use pgbeam::{Client, Error};
use serde::Deserialize;

use crate::request::has_header;

/// The configuration of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientConfig {
    pub options: Options,
    /// The environment variables that the SDK sees.
    pub env: BTreeMap<String, String>,
}

/// Options of the client builder. An absent option has the SDK's default. `tests/driver.md` lists the
/// builder's methods for the options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of options")]
pub struct Options {
    base_url: Option<String>,
    token: Option<String>,
    timeout_ms: Option<u64>,
    total_budget_ms: Option<u64>,
    max_retries: Option<u32>,
    initial_delay_ms: Option<u64>,
    max_delay_ms: Option<u64>,
    idempotency_keys: Option<bool>,
    retry_throttle: Option<bool>,
    max_response_bytes: Option<u64>,
    allow_http: Option<bool>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl ClientConfig {
    /// Returns `true` if the client sends `If-None-Match` with every request.
    pub fn is_conditional(&self) -> bool {
        has_header(&self.options.headers, "If-None-Match")
    }

    /// Builds the client.
    fn build(&self) -> Result<Client, Error> {
        let Options {
            base_url,
            token,
            timeout_ms,
            total_budget_ms,
            max_retries,
            initial_delay_ms,
            max_delay_ms,
            idempotency_keys,
            retry_throttle,
            max_response_bytes,
            allow_http,
            headers,
        } = &self.options;
        // Without this lookup the SDK would read the process environment.
        let mut builder = Client::builder().env(|name| self.env.get(name).cloned());
        if let Some(url) = base_url {
            builder = builder.base_url(url);
        }
        if let Some(token) = token {
            builder = builder.api_key(token);
        }
        if let Some(timeout) = timeout_ms {
            builder = builder.attempt_timeout(Duration::from_millis(*timeout));
        }
        if let Some(budget) = total_budget_ms {
            builder = builder.total_timeout(Duration::from_millis(*budget));
        }
        if let Some(retries) = max_retries {
            builder = builder.max_retries(*retries);
        }
        if let Some(delay) = initial_delay_ms {
            builder = builder.initial_backoff(Duration::from_millis(*delay));
        }
        if let Some(delay) = max_delay_ms {
            builder = builder.max_backoff(Duration::from_millis(*delay));
        }
        if let Some(enabled) = idempotency_keys {
            builder = builder.idempotency_keys(*enabled);
        }
        if let Some(enabled) = retry_throttle {
            builder = builder.retry_throttle(*enabled);
        }
        if let Some(limit) = max_response_bytes {
            builder = builder.max_response_bytes(*limit);
        }
        if let Some(allow) = allow_http {
            builder = builder.allow_http(*allow);
        }
        headers
            .iter()
            .fold(builder, |builder, (name, value)| {
                builder.header(name, value)
            })
            .build()
    }
}

/// The clients, by configuration.
#[derive(Default)]
pub struct Clients(HashMap<ClientConfig, Client>);

impl Clients {
    /// Returns the client of a configuration. Builds the client on first use.
    pub fn get(&mut self, config: &ClientConfig) -> Result<Client, Error> {
        if let Some(client) = self.0.get(config) {
            return Ok(client.clone());
        }
        let client = config.build()?;
        self.0.insert(config.clone(), client.clone());
        Ok(client)
    }
}
