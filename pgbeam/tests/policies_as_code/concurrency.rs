//! Tests of several applies that create the same names at the same time.

use serde_json::json;

use crate::support::{TestEnv, assert_complete, numbered, set};

#[tokio::test]
async fn concurrent_runs_create_each_name_once() {
    let env = TestEnv::start().await;
    let set = numbered(30);
    let plan = env.policies.plan(&set).await.unwrap();
    let run = || tokio::spawn(env.policies.apply(&plan).into_future());
    for run in [run(), run(), run(), run()] {
        assert_complete(&run.await.unwrap().unwrap());
    }
    assert_eq!(env.stored().len(), 30);
    assert!(env.policies.plan(&set).await.unwrap().is_empty());
}

/// Two runs create the same name with different fields at the same time. One run creates the profile. The step of the
/// other run fails with an error.
#[tokio::test]
async fn concurrent_runs_with_different_fields_create_each_name_once() {
    let env = TestEnv::start().await;
    let sets = [1, 2].map(|rows| set([json!({"name": "a", "max_rows": rows})]));
    let plans = [
        env.policies.plan(&sets[0]).await.unwrap(),
        env.policies.plan(&sets[1]).await.unwrap(),
    ];
    let runs = plans.map(|plan| tokio::spawn(env.policies.apply(plan).into_future()));
    let mut complete = 0;
    for run in runs {
        let report = run.await.unwrap().unwrap();
        match report.outcomes()[0].error() {
            None => complete += 1,
            Some(error) => {
                let message = error.to_string();
                assert!(
                    message.contains("created meanwhile with other fields"),
                    "{message}"
                );
            }
        }
    }
    assert_eq!((complete, env.stored().len()), (1, 1));
}
