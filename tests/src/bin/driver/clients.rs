//! One client for all commands that configure it alike.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use pgbeam::{Client, Error};
use serde::Deserialize;

use crate::request::has;

/// How a command configures its client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Setup {
    pub options: Options,
    /// What the SDK finds where it looks for environment variables.
    pub env: BTreeMap<String, String>,
}

/// The options of the client builder, by its own names. An absent one has the SDK's default.
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

impl Setup {
    /// Returns `true` if every request of the client has `If-None-Match`.
    pub fn is_conditional(&self) -> bool {
        has(&self.options.headers, "If-None-Match")
    }

    /// Makes the client.
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
        // Given even where `env` is absent: else the SDK would look into the process environment.
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
        if let Some(on) = idempotency_keys {
            builder = builder.idempotency_keys(*on);
        }
        if let Some(on) = retry_throttle {
            builder = builder.retry_throttle(*on);
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

/// The clients so far.
#[derive(Default)]
pub struct Clients(HashMap<Setup, Client>);

impl Clients {
    /// The client of this setup, made if it is the first of its kind.
    pub fn get(&mut self, setup: &Setup) -> Result<Client, Error> {
        if let Some(client) = self.0.get(setup) {
            return Ok(client.clone());
        }
        let client = setup.build()?;
        self.0.insert(setup.clone(), client.clone());
        Ok(client)
    }
}
