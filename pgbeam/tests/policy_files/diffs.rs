//! Property tests of diffs, with random pairs of profiles.

use pgbeam::policies::{
    NormalizedProfile,
    diff::{Effect, diff},
};
use proptest::{prelude::*, test_runner::RngSeed};

use crate::random_sets::random_profile;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn applying_a_diff_gives_the_other_profile(a in random_profile(), b in random_profile()) {
        let (a, b) = (NormalizedProfile::from_json(a), NormalizedProfile::from_json(b));
        prop_assert!(diff(&a, &a).is_empty());
        prop_assert_eq!(diff(&a, &a).effect(), Effect::Neutral);

        let changes = diff(&a, &b);
        let changed = changes.apply(&a);
        prop_assert!(diff(&changed, &b).is_empty(), "{}", changes.to_text());
        for change in changes.changes() {
            prop_assert_eq!(changed.get(change.field()), b.get(change.field()));
        }
        // Unknown fields that `b` does not set keep their value.
        for (field, value) in a.unknown_fields() {
            if b.get(field).is_none() {
                prop_assert_eq!(changed.get(field), Some(value));
            }
        }
    }
}
