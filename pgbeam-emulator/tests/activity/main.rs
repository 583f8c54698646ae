//! Tests of recorded statements, the audit log, usage, honeytokens, and the lifecycle of agent credentials.

mod audit_logs;
mod budgets;
mod credentials;
mod honeytokens;
mod statements;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use pgbeam_emulator::{Emulator, ManualClock, ProjectHandle, Statement};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::contract::Contract;
use support::{Api, ApiResponse};

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::load);

/// The time at which the clock starts.
const START: &str = "2026-01-31T12:00:00Z";

fn time(timestamp: &str) -> DateTime<Utc> {
    timestamp.parse().expect(timestamp)
}

/// An emulator whose clock only moves when a test advances it. The project `prj_1` has an agent credential.
struct Scene {
    api: Api,
    clock: ManualClock,
    credential: String,
    policy: String,
}

impl Scene {
    /// Starts an emulator, and creates a policy profile with these fields and a credential that is bound to it.
    async fn new(policy: Value) -> Self {
        let clock = ManualClock::new(time(START));
        let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
        let mut scene = Self {
            api,
            clock,
            credential: String::new(),
            policy: String::new(),
        };
        let mut fields = policy.as_object().expect("an object").clone();
        fields.insert("name".to_owned(), json!("p"));
        let created = scene.project().create_policy(json!(fields)).expect("valid");
        scene.policy = created["id"].as_str().expect("an id").to_owned();
        scene.credential = scene.create_credential(json!({}));
        scene
    }

    /// Creates another credential with these fields, bound to the same policy profile. Returns its id.
    fn create_credential(&self, fields: Value) -> String {
        let mut body = fields.as_object().expect("an object").clone();
        body.insert("name".to_owned(), json!("a"));
        body.insert("policy_profile_id".to_owned(), json!(self.policy));
        let created = self.project().create_agent_credential(json!(body));
        let id = created.expect("valid")["credential"]["id"].clone();
        id.as_str().expect("an id").to_owned()
    }

    fn project(&self) -> ProjectHandle {
        self.api.emulator.project("prj_1")
    }

    fn statement(&self, sql: &str) -> Statement {
        Statement::new(&self.credential, sql)
    }

    /// Records a statement of the credential. Checks its audit log entry against the contract and returns the entry.
    fn record(&self, sql: &str) -> Value {
        self.record_statement(self.statement(sql))
    }

    fn record_statement(&self, statement: Statement) -> Value {
        let entry = self.project().record(statement).expect("valid");
        let mut violations = Vec::new();
        let schema = json!({"$ref": "#/components/schemas/AuditLogEntry"});
        CONTRACT.check(&schema, &entry, "$", &mut violations);
        assert!(violations.is_empty(), "{violations:#?}");
        entry
    }

    /// Sends a request, checks its status, and checks the response against the contract.
    async fn expect(&self, operation: &str, status: u16, request: RequestBuilder) -> ApiResponse {
        let response = ApiResponse::send(request).await;
        assert_eq!(response.status, status, "{operation}: {response:?}");
        let violations = CONTRACT.violations(operation, status, &response.headers, &response.body);
        assert!(violations.is_empty(), "{operation}: {violations:#?}");
        response
    }

    /// Sends a GET request and returns the body of its response. The status must be 200.
    async fn get(&self, operation: &str, path: &str) -> Value {
        self.expect(operation, 200, self.api.get(path)).await.json()
    }
}
