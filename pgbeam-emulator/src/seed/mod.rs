//! `Seed`: resources that exist when an emulator starts.
//!
//! The keys of a seed follow the paths of the API contract, so that a new collection of the contract can be seeded
//! without a change of this code.

mod collection;
mod error;
mod resource;
mod seeder;

use serde_json::Value;

use self::seeder::Seeder;
use crate::server::SharedState;

/// Resources that exist when an emulator starts. See [Seeds](crate#seeds) for the format.
///
/// Pass it to [`EmulatorBuilder::seed`](crate::EmulatorBuilder::seed). A `serde_json::Value` can be passed directly.
///
/// ```
/// use pgbeam_emulator::{Emulator, Seed};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let seed = json!({"projects": [{
///     "id": "prj_1",
///     "policies": [{"id": "pol_1", "name": "Read-only"}],
///     "agents": [{"id": "agt_1", "name": "reporting", "policy_profile_id": "pol_1"}],
/// }]});
/// let emulator = Emulator::builder()
///     .seed(Seed::new(seed).source("tests/shop.json"))
///     .start()
///     .await?;
/// assert!(emulator.project("prj_1").agent_credential("agt_1").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Seed {
    value: Value,
    source: Option<String>,
}

impl Seed {
    /// Creates a seed from its JSON form. [`EmulatorBuilder::start`](crate::EmulatorBuilder::start) validates it.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self {
            value,
            source: None,
        }
    }

    /// Sets the name that error messages use for the seed, such as the name of its file. Default: `seed`.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn apply(&self, shared: &SharedState) -> Result<(), String> {
        let source = self.source.as_deref().unwrap_or("seed");
        Seeder::new(shared)
            .root(&self.value)
            .map_err(|error| format!("{source}: {error}"))
    }
}

/// Creates the resources of all seeds, and keeps a copy of the state for [`SharedState::reset`]. Sends no webhook
/// events.
///
/// # Errors
///
/// A message with the source of the seed and the place of the first mistake.
pub(crate) fn apply(seeds: &[Seed], shared: &SharedState) -> Result<(), String> {
    shared.deliverer.stop();
    for seed in seeds {
        seed.apply(shared)?;
    }
    shared.deliverer.reset();
    shared.keep_seeded();
    Ok(())
}

impl From<Value> for Seed {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}
