//! Tests of `check` with the engine, and with the API of the emulator.

use pgbeam::{
    Client,
    policies::{
        Mask, Policies, PolicyProfileInput, QueryTemplateInput, RowFilter,
        check::{CheckReport, Coverage, Evaluate, TestCase, TestSuite, check},
        document::{Format, PolicySet},
    },
};
use pgbeam_emulator::{Emulator, Fault};
use pgbeam_engine::Engine;

fn set() -> PolicySet {
    let support = PolicyProfileInput::new("Support")
        .table_allowlist(["users", "orders", "secrets"])
        .deny_table("secrets")
        .mask(Mask::redact("users", "email"))
        .mask(Mask::hash("users", "phone"))
        .row_filter(RowFilter::new("orders", "tenant = 7"));
    let reports = PolicyProfileInput::new("Reports").query_mode("templates");
    PolicySet::new()
        .profile(support)
        .profile(reports)
        .query_template(QueryTemplateInput::new("one", "SELECT 1"))
        .query_template(QueryTemplateInput::new("two", "SELECT 2").enabled(false))
}

fn suites() -> Vec<TestSuite> {
    let support = TestSuite::new("Support")
        .case(TestCase::block("SELECT * FROM secrets").rule("table_denied"))
        .case(
            TestCase::mask("SELECT email FROM users")
                .masked_columns(["phone:hash", "EMAIL:redact"]),
        )
        .case(TestCase::row_filter("SELECT id FROM orders"))
        .case(TestCase::block("DELETE FROM orders WHERE id = 1").rule("read_only"));
    let reports = TestSuite::new("Reports")
        .case(TestCase::allow("select 1"))
        .case(TestCase::block("SELECT 2").rule("query_mode_templates"));
    vec![support, reports]
}

async fn start() -> (Emulator, Policies) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_key("k")
        .max_retries(0)
        .build()
        .unwrap();
    let policies = client.project("prj_1").unwrap().policies();
    (emulator, policies)
}

fn not_covered(report: &CheckReport) -> Vec<String> {
    let policies = report.coverage().iter().flat_map(|policy| {
        let items = policy.with(Coverage::NotCovered);
        items.map(|item| format!("{} {item}", policy.policy()))
    });
    policies.collect()
}

#[tokio::test]
async fn the_engine_and_the_api_give_the_same_report() {
    let (emulator, policies) = start().await;
    let body = serde_json::json!({"name": "one", "sql": "SELECT 1"});
    let project = emulator.project("prj_1");
    project.create_query_template(body).unwrap();
    let offline = check(&set(), &suites(), &Engine::default()).await.unwrap();
    assert!(offline.is_success(), "{}", offline.to_text());
    assert_eq!(
        (offline.cases(), offline.passed(), offline.failed()),
        (6, 6, 0)
    );
    assert_eq!(
        not_covered(&offline),
        [
            "Support table_allowlist: secrets",
            "Support table_allowlist: table_not_allowed",
            "Reports access_mode: read_only",
        ]
    );

    let evaluator: &dyn Evaluate = &policies;
    let online = check(&set(), &suites(), evaluator).await.unwrap();
    assert_eq!(online, offline);
    let received = emulator.received();
    assert_eq!(received.operations(), ["dryEvalPolicy"; 6]);
    assert!(emulator.project("prj_1").policies().is_empty());
}

#[tokio::test]
async fn a_failed_case_reports_the_expected_and_the_actual_decision() {
    let tests = "
policy: Support
tests:
  - {sql: SELECT id FROM orders, verdict: block, rule: table_denied}
  - {sql: SELECT * FROM secrets, verdict: block, rule: read_only}
  - {sql: SELECT 1, verdict: allow}
  - {sql: SELECT email FROM users, verdict: mask, masked_columns: ['email:redact']}
";
    let suites = TestSuite::parse(tests, Format::Yaml, "support.tests.yaml").unwrap();
    let report = check(&set(), &suites, &Engine::default()).await.unwrap();
    assert!(!report.is_success());
    let lines: Vec<_> = report
        .findings()
        .iter()
        .map(|finding| {
            let (before, _) = finding.message.split_once(" (").unwrap();
            let line = finding.location.as_ref().unwrap().line;
            format!("{line} {} {} {before}", finding.policy, finding.field)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "4 Support verdict expected block by table_denied, got row-filter",
            "5 Support rule expected block by read_only, got block by table_denied",
            "7 Support masked_columns expected mask with email:redact, got mask with email:redact, phone:hash",
        ]
    );
    let text = report.to_text();
    assert!(
        text.contains("\n1 case passed, 3 failed\nSupport: 4 cases, "),
        "{text}"
    );
    assert!(
        text.contains("\n  not covered: access_mode: read_only\n"),
        "{text}"
    );
    let json = report.to_json();
    assert_eq!((&json["cases"], &json["failed"]), (&4.into(), &3.into()));
    assert_eq!(json["findings"][0]["rule"], "test-failed");
    assert_eq!(
        json["coverage"][0]["items"][0],
        serde_json::json!({"field": "access_mode", "entry": "read_only", "coverage": "not_covered"})
    );
}

#[tokio::test]
async fn unknown_policies_are_reported_together_and_nothing_is_sent() {
    let (emulator, policies) = start().await;
    let text = "policy: Suport\ntests:\n  - {sql: SELECT 1, verdict: allow}\n";
    let mut suites = TestSuite::parse(text, Format::Yaml, "a.tests.yaml").unwrap();
    suites.push(TestSuite::new("Marketing").case(TestCase::allow("SELECT 1")));
    let error = check(&set(), &suites, &policies).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.tests.yaml:1:1: error: the set has no policy profile `Suport`: did you mean `Support`? \
         [unknown-policy]\n\
         error: Marketing: the set has no policy profile `Marketing`: write the name of a policy profile \
         [unknown-policy]"
    );
    assert_eq!(error.findings().len(), 2);
    assert!(emulator.received().is_empty());
}

#[tokio::test]
async fn after_the_first_error_of_the_api_no_more_requests_are_sent() {
    let (emulator, policies) = start().await;
    emulator.inject_fault(Fault::status(403).on("dryEvalPolicy").forever());
    let cases = (0..50).map(|n| TestCase::allow(format!("SELECT {n}")));
    let suite = cases.fold(TestSuite::new("Support"), TestSuite::case);
    let error = check(&set(), &[suite], &policies).await.unwrap_err();
    assert_eq!(error.findings()[0].rule, "not-evaluated");
    assert_eq!(error.findings()[0].policy, "Support");
    let message = error.to_string();
    assert!(message.contains("the statement `SELECT "), "{message}");
    assert!(!message.contains("403"), "{message}");
    assert!(error.findings()[0].message.contains("403"));
    let source = std::error::Error::source(&error).expect("a cause");
    let source = source
        .downcast_ref::<pgbeam::Error>()
        .expect("an error of the API");
    assert_eq!(source.status(), Some(403));
    let requests = emulator.received().len();
    assert!((1..=8).contains(&requests), "{requests}");
}

#[tokio::test]
async fn a_profile_with_a_value_that_the_engine_does_not_know_is_an_error() {
    let set = PolicySet::new().profile(PolicyProfileInput::new("New").access_mode("admin"));
    let suite = TestSuite::new("New").case(TestCase::allow("SELECT 1"));
    let error = check(&set, &[suite], &Engine::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "error: New: the statement `SELECT 1` cannot be evaluated [not-evaluated]"
    );
    assert!(
        error.findings()[0]
            .message
            .contains("unknown variant `admin`")
    );
}

#[tokio::test]
async fn the_honeytokens_of_the_engine_apply() {
    let engine = Engine::default().honeytoken("users");
    let suite =
        TestSuite::new("Support").case(TestCase::block("SELECT id FROM users").rule("honeytoken"));
    let report = check(&set(), &[suite], &engine).await.unwrap();
    assert!(report.is_success(), "{}", report.to_text());
    let empty = check(&PolicySet::new(), &[], &engine).await.unwrap();
    assert_eq!(empty.to_text(), "0 cases passed, 0 failed\n");
}
