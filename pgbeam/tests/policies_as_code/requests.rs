//! Tests of the number of requests of each operation, for 200 policies.

use std::time::Duration;

use pgbeam_emulator::Fault;

use crate::support::{TestEnv, assert_complete, counts, numbered};

const COUNT: usize = 200;

/// The requests of a plan for [`COUNT`] profiles that all exist and are unchanged.
const PLAN: [(&str, usize); 4] = [
    ("getProject", 1),
    ("listAgentCredentials", 1),
    ("listPolicyProfiles", 2),
    ("listQueryTemplates", 1),
];

#[tokio::test]
async fn a_second_run_sends_no_writes() {
    let env = TestEnv::start().await;
    let set = numbered(COUNT);

    let plan = env.policies.plan(&set).await.unwrap();
    let reads = PLAN.map(|(operation, _)| (operation, 1));
    assert_eq!(env.requests(), counts(reads));
    assert_eq!(plan.summary().create, COUNT);

    assert_complete(&env.policies.apply(&plan).await.unwrap());
    let creates = [("createPolicyProfile", COUNT), ("listPolicyProfiles", 2)];
    assert_eq!(env.requests(), counts(creates));
    assert_eq!(env.stored().len(), COUNT);

    // A second run writes nothing.
    let report = env.converge(&set).await;
    assert!(report.outcomes().is_empty());
    assert_eq!(env.requests(), counts(PLAN));
}

#[tokio::test]
async fn an_edit_by_hand_is_undone_with_one_update() {
    let env = TestEnv::start().await;
    let set = numbered(COUNT);
    assert_complete(&env.converge(&set).await);
    let edited = env.stored()["Policy 007"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    env.policies
        .edit(&edited)
        .max_rows(1)
        .deny_table("x")
        .await
        .unwrap();
    env.requests();

    assert_complete(&env.converge(&set).await);
    let mut expected = counts(PLAN);
    expected.extend([("getPolicyProfile", 1), ("updatePolicyProfile", 1)]);
    assert_eq!(env.requests(), expected);
    let stored = &env.stored()["Policy 007"];
    assert_eq!(
        (&stored["max_rows"], &stored["table_denylist"]),
        (&7.into(), &serde_json::json!([]))
    );
}

#[tokio::test]
async fn pruning_deletes_the_profiles_that_the_set_lacks() {
    let env = TestEnv::start().await;
    assert_complete(&env.converge(&numbered(COUNT)).await);
    env.requests();

    // Without pruning, the plan changes nothing.
    let kept = numbered(COUNT - 3);
    assert!(env.policies.plan(&kept).await.unwrap().is_empty());
    assert_eq!(env.requests(), counts(PLAN));

    let plan = env.policies.plan(&kept).prune().await.unwrap();
    let mut reads = counts(PLAN);
    reads.insert("getPolicyProfile", 3);
    assert_eq!(env.requests(), reads);
    assert_complete(&env.policies.apply(plan).await.unwrap());
    let deletions = [("deletePolicyProfile", 3), ("getPolicyProfile", 3)];
    assert_eq!(env.requests(), counts(deletions));
    assert_eq!(env.stored().len(), COUNT - 3);
}

/// The apply is aborted while the server handles a creation. A second run creates the missing profiles. No profile is
/// created twice, whether the server applied the aborted creation or not.
#[tokio::test]
async fn a_second_run_completes_an_aborted_apply() {
    for is_applied in [false, true] {
        let env = TestEnv::start().await;
        let set = numbered(COUNT);
        let create = "createPolicyProfile";
        env.emulator
            .inject_fault(Fault::pass_through().on(create).times(100));
        let hang = Fault::slow(Duration::from_secs(3600)).on(create);
        env.emulator.inject_fault(if is_applied {
            hang.after_applying()
        } else {
            hang
        });
        let plan = env.policies.plan(&set).await.unwrap();
        env.requests();
        let apply = env.policies.apply(&plan).concurrency(1);
        let task = tokio::spawn(apply.into_future());
        while env.emulator.received().for_operation(create).len() < 101 {
            tokio::task::yield_now().await;
        }
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(env.requests(), counts([(create, 101)]));
        let done = 100 + usize::from(is_applied);
        assert_eq!(env.stored().len(), done);

        let plan = env.policies.plan(&set).await.unwrap();
        assert_eq!(
            (plan.summary().create, plan.summary().unchanged),
            (COUNT - done, done)
        );
        env.requests();
        assert_complete(&env.policies.apply(plan).await.unwrap());
        let expected = [(create, COUNT - done), ("listPolicyProfiles", 2)];
        assert_eq!(env.requests(), counts(expected));
        assert_eq!(env.stored().len(), COUNT);
    }
}

#[tokio::test]
async fn a_saved_plan_is_checked_once() {
    let env = TestEnv::start().await;
    assert_complete(&env.converge(&numbered(10)).await);
    let first = env.stored()["Policy 000"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    env.policies.edit(&first).max_rows(9).await.unwrap();
    let set = numbered(12);
    let saved = env.policies.plan(&set).await.unwrap().save();
    env.requests();

    let plan = pgbeam::policies::plan::Plan::load(&saved).unwrap();
    assert_complete(&env.policies.apply(plan).await.unwrap());
    let expected = [
        ("createPolicyProfile", 2),
        // One list to check the saved plan, and one to confirm the creations.
        ("listPolicyProfiles", 2),
        ("getPolicyProfile", 1),
        ("updatePolicyProfile", 1),
    ];
    assert_eq!(env.requests(), counts(expected));
}
