#![doc = include_str!("../README.md")]
//!
//! The emulator shares no code with the SDK, so its checks are independent of the SDK's.
//!
//! # Behavior that the API contract does not define
//!
//! - **Projects** are created on first use, with the defaults of the API contract, their id as name, and no database.
//!   Each has its own policies, query templates, agent credentials, audit log and traffic. No operation records
//!   statements or traffic: use [`Emulator::project`]. `updateProject` returns 400 for the status `deleted`. Of the
//!   settings of a project, only `status` and `agents_disabled` have an effect: see [below](#recorded-statements).
//! - **Names below `.invalid`**, a top-level domain that is reserved for such names, do not resolve. A database whose
//!   `host` has such a name fails its connection test, its scan for personal data and its schema catalog. A custom
//!   domain with such a name is never verified. All other names resolve, without a DNS request.
//! - **Replicas and branches** of a deleted database are deleted. A branch in a project without a database has the
//!   `database_id` `db_emulator`.
//! - **Cache rules** exist for the queries in the audit log that were executed. The log does not name the database of a
//!   statement, so each database of the project has all these queries. `stability_rate` is 0.
//! - **Batches** return 400 if two operations have the same `id` or change the same resource.
//! - **Migrations** that cannot be parsed have a finding with the rule `parse_error`.
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
//! - **`query_mode` `templates`** is rejected while the organization of the project has a self-host enrollment that is
//!   neither revoked nor expired: with 409 by `createPolicyProfile`, and with 400 by `updatePolicyProfile`, which
//!   declares no 409.
//! - **Organizations** exist from their first use, with their id as name and slug. Projects that are created on first use
//!   belong to `org_emulator`. Each organization starts with one member, the user who sends all requests, as its owner.
//!   Invitations expire after 7 days; [`OrganizationHandle::accept_invitation`] accepts one.
//! - **Plans, limits, regions, the payment resource and the demo** are examples from the API contract, not facts about
//!   PgBeam. Plans have no prices. [`Emulator::set_object`] replaces them. Only `org_emulator` has a Vercel installation.
//! - **Payments** are not made: any proof of payment is accepted. A budget top-up goes to the agent credential whose MCP
//!   token is the bearer token. Any other bearer token stands for a credential that does not exist otherwise.
//! - **Text scans** find only a few kinds of characters and phrases. All callers share one quota of 100 scans a day.
//! - **Bodies** over 2 MiB return 413. If a body exceeds that limit by more than 32 MiB, the emulator closes the
//!   connection while the client is still sending.
//! - **Validation errors** are limited to 100 in one response.
//! - **Agent credentials** that `createAgentCredential` creates cannot be used for logins: their secrets are random and
//!   not stored. Use [`ProjectHandle::record`] instead. A revoked credential is still listed and keeps its
//!   `policy_profile_id`, but it no longer prevents the deletion of that policy profile. The API does not define what happens to `default_policy_profile_id` when that
//!   profile is deleted: the emulator sets it to `null`.
//! - **Approval requests** are created by [`ProjectHandle::hold`]. A request with an `approval_timeout_seconds` of 0
//!   expires at once. An approved request stays `approved` until [`ProjectHandle::finish_approval`] sets the outcome.
//!   `approval_rule_name` is the oldest rule that covers the statement; `min_affected_rows` is ignored, because the
//!   emulator has no estimate of the number of rows. Decisions are made by the user `usr_emulator`.
//! - **Anomaly alerts** are created by [`ProjectHandle::report_anomaly`]. Anomaly rules are stored, but create no
//!   alerts. A resolved alert can be acknowledged: the latest status applies. An alert that is resolved directly has no
//!   `acknowledged_at`.
//! - **Webhook endpoints** can have any `url`, but events are sent only to `http` URLs of this machine. A PUT that omits
//!   `secret` removes it, so that later deliveries are unsigned.
//! - **Agents** can have several credentials in the emulator. In the API, an agent is one credential: its id is both
//!   the `agent_id` in paths and the `credential_id` of a replay. To simulate this, use the same id for both: to record
//!   traffic of the credential `cred_1`, call `project.agent("cred_1").credential("cred_1").record_traffic(…)`.
//! - **Sessions** of a credential start with its first recorded statement. They end when the credential is rotated,
//!   disabled or revoked.
//! - **Disabling a credential** sends the webhook event `kill_switch` with the fields `project_id`, `credential_id` and
//!   `reason`. The API publishes the fields only for the kill switch of a project.
//! - **Honeytokens**: another honeytoken for the same relation gets 409, where an omitted schema means `public`.
//!   Statements and evaluations are stricter: a honeytoken without a schema stands for the relations of all schemas.
//! - **Usage reports** with a period of more than 92 days get 400. The quotas are those of the organization's plan, and
//!   usage above them has no price.
//! - **Session summaries** list an alert as one about the session if its `details` have the `session_id`. Other alerts
//!   are listed if they are about a credential of the session and their period overlaps the session.
//! - **Memory** grows with stored resources. The number of received requests that are stored is limited: see
//!   [`record_requests`](EmulatorBuilder::record_requests). If more than 250,000 idempotency keys or 256 MiB of their
//!   responses are stored, the oldest keys are forgotten before they expire.
//! - **The rate limit** in the response headers, 1000 requests in 60 seconds, is not enforced.
//!
//! # Recorded statements
//!
//! [`ProjectHandle::record`] makes these checks in this order. The first check that refuses the statement determines the
//! `event` and the `decision_rule` of its audit log entry.
//!
//! | check | `event` | `decision_rule` |
//! | --- | --- | --- |
//! | The credential is not active. | `auth_failed` | `credential_disabled`, `credential_revoked` |
//! | The credential has expired at the time of the statement. | `credential_expired` | `credential_expired` |
//! | `agents_disabled` of the project is `true`, also for credentials of people. | `blocked` | `kill_switch` |
//! | The status of the project is `suspended`. | `blocked` | `project_suspended` |
//! | The statement names a honeytoken. | `canary_tripped` | `honeytoken` |
//! | The credential is bound to no policy profile. | `blocked` | `policy_missing` |
//! | The policy blocks the statement. | `blocked` | a constant of [`rule`] |
//! | `approval_mode` holds the statement: a recorded statement is not held, but blocked. | `blocked` | `approval_required` |
//! | A budget is exhausted. | `budget_exhausted` | the name of the field, such as `egress_bytes_per_day` |
//!
//! Other statements are executed. The event is `truncated` if the result has more rows than `max_rows`, else `masked` if
//! the evaluation has masked columns, else `query`. If `migration_safety` is `warn` and the statement has a dangerous
//! schema change, an entry with the event `migration_flagged` precedes.
//!
//! - **Honeytokens** with either action block the statement, raise an anomaly alert and send webhook events. A credential
//!   gets at most one such alert for each hour. With the action `kill`, the credential is disabled.
//! - **Budgets** are those of one credential and one hour or day in UTC. Only executed statements count. A statement
//!   whose result would exceed `egress_bytes_per_day` is refused.
//! - **Approval rules**, `approval_auto_max_rows`, `max_affected_rows`, `write_mode`, `statement_timeout_ms` and
//!   `content_scan_mode` have no effect: the emulator knows neither the affected rows nor the content of the result.
//! - **Entries** have the region `local`, the cache status `none`, the client address `127.0.0.1` and the source `wire`.
//!   `statement_kind` is absent if the SQL has several statements.
//! - **Rejected logins**, with the events `auth_failed` and `credential_expired`, belong to no session, and are no input
//!   of replays and recommendations. No webhook event is sent about them.
//!
//! # Verdicts
//!
//! [`pgbeam_engine`] evaluates the statements; its documentation says which rules it applies and what it cannot know.
//! The emulator adds the enabled query templates and the honeytokens of the project. A policy in a request may have any `query_mode`: with
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
//! A recommendation needs at least 10 entries of statements that were allowed, can be parsed, are not COPY and name no
//! honeytoken. With fewer, `sufficient_history` is `false` and `message` has the reason. The recommended policy allows
//! only the kinds and tables of those entries; if they use no table, it does not restrict tables.

#![deny(missing_docs)]

mod activity;
mod admin;
mod areas;
mod audit;
mod clock;
mod contract;
mod emulator;
mod http;
mod operation;
mod organization;
mod project;
mod resource;
mod seed;
mod server;
mod store;
mod webhooks;

pub use self::activity::anomaly::Anomaly;
pub use self::activity::approval::ApprovalOutcome;
pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::emulator::{Emulator, EmulatorBuilder};
pub use self::operation::{Operation, UnknownOperation};
pub use self::organization::OrganizationHandle;
pub use self::project::{AgentHandle, CredentialHandle, ProjectHandle, Rejection, Statement};
pub use self::seed::Seed;
pub use self::server::{Fault, LoggedRequest, Received, ReceivedRequest};
pub use self::store::Traffic;
pub use pgbeam_engine::rule;
