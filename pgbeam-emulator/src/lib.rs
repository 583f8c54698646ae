#![doc = include_str!("../README.md")]
//!
//! The emulator shares no code with the SDK. So a test of the SDK with the emulator finds mistakes in either of them.
//!
//! # Behavior that the API contract does not define
//!
//! - **Projects** are created on first use, with the defaults of the API contract, their id as name, and no database.
//!   Each has its own policies, query templates, agent credentials, audit log and traffic. No operation records
//!   statements or traffic: use [`Emulator::project`]. `updateProject` returns 400 for the status `deleted`. Of the
//!   settings of a project, only `status` and `agents_disabled` have an effect: see [below](#recorded-statements).
//! - **Names below `.invalid`**, a top-level domain that no DNS server serves, do not resolve. A database whose `host`
//!   has such a name fails its connection test, its scan for personal data and its schema catalog. A custom domain with
//!   such a name is never verified. All other names resolve. The emulator makes no DNS requests.
//! - **Replicas and branches** of a deleted database are deleted. A branch in a project without a database has the
//!   `database_id` `db_emulator`.
//! - **Cache rules** exist for the executed queries in the audit log and for the queries of seeds. The audit log does
//!   not name the database of a statement, so each database of the project has all executed queries. Their
//!   `stability_rate` is 0.
//! - **Batches** return 400 if two operations have the same `id` or change the same resource.
//!   If an atomic batch fails, the webhook events of its undone operations are sent nevertheless.
//! - **Migrations** that cannot be parsed have a finding with the rule `parse_error`.
//! - **Unknown fields** in the body that creates or changes a resource, such as a policy profile, are stored and
//!   returned, including nested ones. So a test can simulate a server that is newer than the client. A PUT that omits
//!   an unknown field removes it. Fields that only the server sets, such as `id` and `created_at`, are ignored in
//!   requests.
//! - **Wrong types** return 400. This includes `null` for a field that is not nullable, and `1.0` for an integer.
//!   Integers have at most 64 bits.
//! - **Entity tags** are a hash of the response body. A PUT or PATCH returns 404 if the resource does not exist.
//!   Otherwise, it checks `If-Match` before it validates the request body, as RFC 9110 requires.
//! - **Idempotency keys** are shared by all organizations and projects. A replayed response is identical to the first
//!   one, including `X-Request-Id` but not the rate-limit headers. It also has the header
//!   `Idempotency-Replayed: true`. Bodies are compared byte by byte. Operations that declare no `Idempotency-Key`
//!   ignore the header, except `scanText`, which returns 400. Keys expire after 24 hours.
//! - **`query_mode` `templates`** is rejected while the organization of the project has a self-host enrollment that is
//!   neither revoked nor expired: with 409 by `createPolicyProfile`, and with 400 by `updatePolicyProfile`, which
//!   declares no 409.
//! - **Organizations** exist from their first use, with their id as name and slug. Projects that are created on first
//!   use belong to `org_emulator`. All requests are those of the user `usr_emulator`, who is the first member of each
//!   organization, as an owner. Invitations expire after 7 days. [`OrganizationHandle::accept_invitation`] accepts
//!   one.
//! - **Plans, limits, regions, the payment resource and the demo** are examples from the API contract, not facts
//!   about PgBeam. Plans have no prices. [`Emulator::set_object`] replaces them. Only `org_emulator` has a Vercel
//!   installation.
//! - **Payments** are not made: any proof of payment is accepted. The `credential_id` of a budget top-up is that of
//!   the agent credential whose MCP token is the bearer token. For any other bearer token, it is an id derived from
//!   the token.
//! - **Text scans** find only a few kinds of characters and phrases. All callers share one quota of 100 scans a day.
//! - **Bodies** over 2 MiB return 413. The emulator receives and discards the rest of such a body, so that the client
//!   can read the response. If the rest is longer than 32 MiB, the emulator closes the connection while the client is
//!   sending.
//! - **Validation errors** are limited to 100 in one response. The body is validated only if all parameters are valid.
//! - **Agent credentials** cannot be used for logins, because no proxy accepts them. Use [`ProjectHandle::record`]
//!   instead. A revoked credential is still listed and keeps its `policy_profile_id`, but it no longer prevents the
//!   deletion of that policy profile. When the default policy profile of a project is deleted, the emulator sets
//!   `default_policy_profile_id` to `null`.
//! - **Approval requests** are created by [`ProjectHandle::hold`]. If `approval_timeout_seconds` of the policy
//!   profile is 0, the request expires at once. An approved request stays `approved` until
//!   [`ProjectHandle::finish_approval`] sets the outcome. `approval_rule_name` is the name of the oldest rule that
//!   covers the statement. `min_affected_rows` of rules is ignored, because the emulator has no estimate of the
//!   number of rows. `decided_by` is `usr_emulator`.
//! - **Anomaly alerts** are created by [`ProjectHandle::report_anomaly`] and by statements that name a honeytoken.
//!   Anomaly rules are stored, but create no alerts. A resolved alert can be acknowledged: it then has the status
//!   `acknowledged`. An alert that is resolved without an acknowledgement has no `acknowledged_at`.
//! - **Webhook endpoints** can have any `url`, but events are sent only to `http` URLs of this machine. A PUT that
//!   omits `secret` removes it, so that later deliveries are unsigned.
//! - **Agents** can have several credentials in the emulator. In the API, an agent is one credential, and its id is
//!   both the `agent_id` in paths and the `credential_id` of a replay. To simulate this, use one id for both: the
//!   traffic of the credential `cred_1` is recorded by
//!   `project.agent("cred_1").credential("cred_1").record_traffic(…)`.
//! - **Sessions** of a credential start with its first recorded statement. They end when the credential is rotated,
//!   disabled or revoked.
//! - **Disabling a credential** sends the webhook event `kill_switch` with the fields `project_id`, `credential_id` and
//!   `reason`. The API documents the fields of this event only for the kill switch of a project.
//! - **Honeytokens**: a second honeytoken for the same relation gets 409. For this comparison, an omitted schema means
//!   `public`. Statements and evaluations are stricter: a honeytoken without a schema stands for the relations of all
//!   schemas.
//! - **`getAgentUsageBreakdown`** returns 400 for a period of more than 92 days. In its response, usage above the
//!   quotas of the plan has no price.
//! - **Session summaries** list an alert as one about the session if its `details` have the `session_id`. An alert
//!   without a `session_id` is listed if it is about a credential of the session and its period overlaps the session.
//! - **Memory** grows with the number of stored resources. The number of stored requests is limited: see
//!   [`record_requests`](EmulatorBuilder::record_requests). If more than 250,000 idempotency keys or 256 MiB of their
//!   responses are stored, the oldest keys are deleted before they expire.
//! - **The rate limit** in the response headers, 1000 requests in 60 seconds, is not enforced.
//!
//! # Recorded statements
//!
//! [`ProjectHandle::record`] makes these checks in this order. The first check that refuses the statement determines
//! `event` and `decision_rule` of its audit log entry.
//!
//! | the statement is refused if | `event` | `decision_rule` |
//! | --- | --- | --- |
//! | the credential is disabled or revoked | `auth_failed` | `credential_disabled`, `credential_revoked` |
//! | the credential has expired at the time of the statement | `credential_expired` | `credential_expired` |
//! | `agents_disabled` of the project is `true`, also for credentials of people | `blocked` | `kill_switch` |
//! | the status of the project is `suspended` | `blocked` | `project_suspended` |
//! | it names a honeytoken | `canary_tripped` | `honeytoken` |
//! | the credential is bound to no policy profile | `blocked` | `policy_missing` |
//! | the policy blocks it | `blocked` | a constant of [`rule`] |
//! | `approval_mode` requires an approval | `blocked` | `approval_required` |
//! | a budget is exhausted | `budget_exhausted` | the name of the field, such as `egress_bytes_per_day` |
//!
//! Other statements are executed. The event is `truncated` if the result has more rows than `max_rows`. Otherwise, it
//! is `masked` if the evaluation has masked columns, and `query` if it has none. If `migration_safety` is `warn` and
//! the statement has a dangerous schema change, another entry with the event `migration_flagged` is added before.
//!
//! - **Honeytokens** with either action block the statement, raise an anomaly alert and send webhook events. A
//!   credential gets at most one of these alerts for each hour. With the action `kill`, the credential is disabled.
//! - **Budgets** are those of one credential and one hour or day in UTC. Only executed statements use them up. A
//!   statement whose result would exceed `egress_bytes_per_day` is refused.
//! - **Approval rules**, `approval_auto_max_rows`, `max_affected_rows`, `write_mode`, `statement_timeout_ms` and
//!   `content_scan_mode` have no effect, because the emulator does not execute statements. To hold a statement, use
//!   [`ProjectHandle::hold`].
//! - **Entries** have the region `local`, the cache status `none`, the client address `127.0.0.1` and the source
//!   `wire`. `statement_kind` is absent if the SQL cannot be parsed or has several statements.
//! - **Rejected logins**, with the events `auth_failed` and `credential_expired`, belong to no session, and are not
//!   used by replays and recommendations. No webhook event is sent about them.
//!
//! # Verdicts
//!
//! [`pgbeam_engine`] evaluates the statements. Its documentation lists the rules that it applies and what it cannot
//! know. The emulator passes it the enabled query templates and the honeytokens of the project. A policy in a request
//! may have any `query_mode`: with `templates` and without an enabled query template, the policy allows no statement.
//!
//! # Replays and recommendations
//!
//! Replays and recommendations group recorded entries by statement. Two statements are equal if they differ only in
//! literals, parameters, trailing semicolons, white space, comments and the case of unquoted words. The latest entry
//! of a statement provides its recorded result. Only the latest statements are used, up to `limit` in the request.
//!
//! A replay skips statements that cannot be parsed. For an unknown `credential_id` or `bound_policy_id`, it is empty.
//!
//! A recommendation needs at least 10 entries of statements that were allowed, can be parsed, are not COPY and name no
//! honeytoken. With fewer, `sufficient_history` is `false` and `message` has the reason. The recommended policy allows
//! only the kinds and tables of those entries. If those entries use no table, it does not restrict tables.

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

pub use self::areas::anomalies::alert::Anomaly;
pub use self::areas::approvals::lifecycle::ApprovalOutcome;
pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::emulator::{Emulator, EmulatorBuilder};
pub use self::operation::{Operation, UnknownOperation};
pub use self::organization::OrganizationHandle;
pub use self::project::{AgentHandle, CredentialHandle, ProjectHandle, Rejection, Statement};
pub use self::seed::Seed;
pub use self::server::{Fault, LoggedRequest, Received, ReceivedRequest};
pub use self::store::Traffic;
pub use pgbeam_engine::rule;
