//! A PgBeam control plane in memory: what to run the SDK, and one's own tests of code
//! that uses it, against, with no account.
//!
//! It serves the policy profiles, query templates and evaluations of the API, keeps
//! state, and behaves as the API does where a client can tell: identifiers, timestamps,
//! `ETag` with `If-Match` and `If-None-Match`, pages, idempotency keys, PUT as
//! replacement, problem documents with field errors. On top of that it does wrong what
//! it is [told to](Fault), and [remembers](Emulator::received) what it was sent.
//!
//! It shares no code with the SDK and so judges it independently.
//!
//! ```
//! use pgbeam_emulator::{Emulator, Fault};
//! use serde_json::{Value, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::start().await?;
//! let policies = format!("{}/v1/projects/prj_1/policies", emulator.base_url());
//! let http = reqwest::Client::new();
//!
//! // Any bearer token will do, any project exists.
//! let created: Value = http
//!     .post(&policies)
//!     .bearer_auth("pbk_emulator")
//!     .json(&json!({"name": "Read-only analytics", "max_rows": 1000}))
//!     .send()
//!     .await?
//!     .json()
//!     .await?;
//! assert_eq!(created["access_mode"], "read_only");
//!
//! // What goes wrong is scripted.
//! emulator.fault(Fault::status(503).retry_after(1).on("listPolicyProfiles"));
//! let refused = http.get(&policies).bearer_auth("pbk_emulator").send().await?;
//! assert_eq!(refused.status(), 503);
//!
//! // What arrived can be looked at, and so can what came of it.
//! assert_eq!(emulator.received().operations(), ["createPolicyProfile", "listPolicyProfiles"]);
//! assert!(emulator.received()[0].bearer_is("pbk_emulator"));
//! assert_eq!(emulator.project("prj_1").policies(), [created]);
//!
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The binary does the same on a port of its own: `pgbeam-emulator --listen
//! 127.0.0.1:4010`.
//!
//! # Where the contract leaves room
//!
//! - **Projects** exist when they are named for the first time, each with its own
//!   policies, templates, agents and traffic. Agents, credentials and traffic are seeded
//!   through [`Emulator::project`]; the emulator has no operations for them.
//! - **Unknown fields** in the body of a policy or a template are kept and given back,
//!   nested ones too, as by a server that is newer than the client. A PUT that omits
//!   them drops them, as it does any other field. The fields that the server owns
//!   (`id`, `project_id`, `created_at`, `updated_at`, and `statement_kind` of a
//!   template) are ignored.
//! - **Wrong types** are 400, `null` in place of a value and `1.0` in place of an
//!   integer among them. Integers fit 64 bits.
//! - **Entity tags** follow the bytes of the answer. A precondition is looked at after
//!   the 404 and before the body, as RFC 9110 orders it.
//! - **Idempotency keys** are those of one organisation, which the whole emulator is.
//!   A replayed answer is the stored one to the byte, with its `X-Request-Id`, and says
//!   `Idempotency-Replayed: true`. Bodies are compared byte by byte. Keys on operations
//!   that declare none are ignored.
//! - **`query_mode` `templates`** is never refused with 409: there are no self-hosted
//!   enrollments here.
//! - **Bodies** over 2 × 1024 × 1024 bytes are 413. Beyond 32 MiB more than that, the
//!   connection is closed while the client still sends.
//! - **Offending fields** are named up to 100 at a time.
//! - **Agents** have credentials here. In the API an agent is one credential, whose id is
//!   both the `agent_id` of a path and the `credential_id` of a replay: give the two the
//!   same id where that matters.
//! - **Memory** grows with what is stored and received: idempotency keys are dropped after
//!   their 24 hours, requests with [`clear_received`](Emulator::clear_received) or not
//!   kept at all with [`forget_requests`](EmulatorBuilder::forget_requests).
//! - **The rate limit** is announced and never enforced: 1000 requests in 60 seconds.
//!
//! # Verdicts
//!
//! Statements are parsed as PostgreSQL and judged without a catalogue. The names of the
//! rules, and the order in which they are tried, are in [`rule`]. Verdicts err on the
//! safe side only where the policy restricts the thing that is in doubt; other doubts
//! become `notes`:
//!
//! - Names are cut to 63 bytes and fold to lower case, in ASCII, unless quoted. A table
//!   without a schema is in `public`, or in `pg_catalog` when its name begins with `pg_`. An
//!   allowlist entry grants exactly what it names, one without a schema `public` alone.
//!   Entries that protect (denylist, masks, row filters) cover every schema when they
//!   name none, and every letter case unless quoted.
//! - A view, a partition and a child of a table are judged by their own names: what they
//!   stand for does not show.
//! - A statement is of every kind that it runs: the outermost one, those of CTEs, that
//!   of EXPLAIN ANALYZE. SELECT INTO is `select` and `ddl`, TRUNCATE `ddl` and `delete`,
//!   MERGE the kinds of its clauses. `read_only` admits select, set, show, explain and
//!   transaction. Functions that act or reach beyond the tables (`nextval`, `dblink`,
//!   `pg_read_file`, …) make a statement `other` as well; what functions do that are not
//!   known here is a note.
//! - A masked column counts as returned wherever a statement names it, at any depth, or
//!   may: `*`, a whole row, an unqualified name that any table around could have. Where
//!   only its effect shows (a condition, the order of rows, a value that is written and
//!   not read back), it is a note. A function of a row that is called like a column
//!   (`u.full_name`) is known for the functions of PostgreSQL only. Where a statement is
//!   masked and filtered, the verdict is `row-filter`, with the masks beside.
//! - `rewritten_sql` is given for a SELECT, UPDATE or DELETE that names one table once.
//! - `query_mode` of a policy in a request is judged and not refused: without an enabled
//!   template it admits nothing.
//!
//! A replay tells statements apart by their tokens, literals included, and takes what
//! the latest entry says as recorded. Statements that cannot be read are skipped. An
//! unknown `credential_id` or `bound_policy_id` has no traffic.
//!
//! A recommendation needs 10 entries that ran and can be read, within the statements
//! that its `limit` takes in. It admits the kinds and the tables seen, no more.

#![deny(missing_docs)]

mod body;
mod call;
mod clock;
mod closed_enum;
mod collection;
mod conditional;
mod contract;
mod emulator;
mod evaluation;
mod fault;
mod idempotency;
mod operation;
mod pagination;
mod pipeline;
mod policies;
mod problem;
mod project;
mod rate_limit;
mod received;
mod recommendation;
mod replay;
mod resource;
mod response;
pub mod rule;
mod server;
mod sql;
mod store;
mod templates;
mod traffic;

pub use clock::{Clock, ManualClock, SystemClock};
pub use emulator::{Emulator, EmulatorBuilder};
pub use fault::Fault;
pub use operation::{Operation, UnknownOperation};
pub use project::{AgentHandle, CredentialHandle, ProjectHandle, Refused};
pub use received::{Received, ReceivedRequest};
pub use traffic::Traffic;
