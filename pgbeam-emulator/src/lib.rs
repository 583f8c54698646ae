#![doc = include_str!("../README.md")]
//!
//! The emulator shares no code with the SDK, so its checks are independent of the SDK's.
//!
//! # Behavior that the API contract does not define
//!
//! - **Projects** are created on first use, with the defaults of the API contract, their id as name, and no database.
//!   Each has its own policies, query templates, agent credentials and traffic. No operation creates traffic: use
//!   [`Emulator::project`]. `updateProject` returns 400 for the status `deleted`. The settings of a project have no
//!   effect on other operations.
//! - **Unknown fields** in the body of a policy, query template, agent credential or project are stored and returned, including nested
//!   ones. So a test can simulate a server that is newer than the client. A PUT that omits an unknown field drops
//!   it. Fields that the server sets are ignored in requests: `id`, `project_id`, `created_at`, `updated_at`, and
//!   `statement_kind` of a query template.
//! - **Wrong types** return 400. This includes `null` for a field that is not nullable, and `1.0` for an integer.
//!   Integers have at most 64 bits.
//! - **Entity tags** are a hash of the response body. A PUT returns 404 if the resource does not exist. Otherwise,
//!   it checks `If-Match` before it validates the request body, as RFC 9110 requires.
//! - **Idempotency keys** are shared by all projects, because an emulator is one organization. A replayed
//!   response is identical to the first one, including `X-Request-Id` but not the rate-limit headers, and has the
//!   header `Idempotency-Replayed: true`. Bodies are compared byte by byte. Operations that declare no
//!   `Idempotency-Key` ignore it. Keys expire after 24 hours.
//! - **`query_mode` `templates`** never returns 409. The API returns 409 if the organization has a self-host
//!   enrollment (a registered proxy of its own), and the emulator has none.
//! - **Bodies** over 2 MiB return 413. If a body exceeds that limit by more than 32 MiB, the emulator closes the
//!   connection while the client is still sending.
//! - **Validation errors** are limited to 100 in one response.
//! - **Agent credentials** that `createAgentCredential` creates can be read, but not used: their secrets are random and
//!   not stored. A revoked credential is still listed and keeps its `policy_profile_id`, but it no longer prevents the
//!   deletion of that policy profile. The API does not define what happens to `default_policy_profile_id` when that
//!   profile is deleted: the emulator sets it to `null`.
//! - **Agents** can have several credentials in the emulator. In the API, an agent is one credential: its id is both
//!   the `agent_id` in paths and the `credential_id` of a replay. To simulate this, use the same id for both: to record
//!   traffic of the credential `cred_1`, call `project.agent("cred_1").credential("cred_1").record_traffic(…)`.
//! - **Memory** grows with stored resources. The number of received requests that are stored is limited: see
//!   [`record_requests`](EmulatorBuilder::record_requests). If more than 250,000 idempotency keys or 256 MiB of their
//!   responses are stored, the oldest keys are forgotten before they expire.
//! - **The rate limit** in the response headers, 1000 requests in 60 seconds, is not enforced.
//!
//! # Verdicts
//!
//! [`pgbeam_engine`] evaluates the statements; its documentation says which rules it applies and what it cannot know.
//! The emulator adds the enabled query templates of the project. A policy in a request may have any `query_mode`: with
//! `templates` and without an enabled query template, it allows no statement.
//!
//! # Replays and recommendations
//!
//! Replays and recommendations group recorded entries by statement. Statements are equal if their tokens are equal,
//! apart from literals, parameters, trailing semicolons and the case of unquoted words. The result of the latest entry
//! is the recorded result of the statement. Only the latest statements are used, up to `limit` in the request.
//!
//! A replay skips statements that cannot be parsed. For an unknown `credential_id` or `bound_policy_id`, it is empty.
//!
//! A recommendation needs at least 10 entries of statements that were allowed, can be parsed and are not COPY. With
//! fewer, `sufficient_history` is `false` and `message` has the reason. The recommended policy allows only the
//! kinds and tables of those entries; if they use no table, it does not restrict tables.

#![deny(missing_docs)]
#![allow(dead_code, unused_imports)]

mod admin;
mod areas;
mod audit;
mod clock;
mod contract;
mod emulator;
mod http;
mod operation;
mod project;
mod resource;
mod seed;
mod server;
mod store;
mod webhooks;

pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::emulator::{Emulator, EmulatorBuilder};
pub use self::operation::{Operation, UnknownOperation};
pub use self::project::{AgentHandle, CredentialHandle, ProjectHandle, Rejection};
pub use self::seed::Seed;
pub use self::server::{Fault, LoggedRequest, Received, ReceivedRequest};
pub use self::store::Traffic;
pub use pgbeam_engine::rule;
