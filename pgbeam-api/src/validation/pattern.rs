//! Matches strings against the patterns of the API contract, which generated code contains as sequences of
//! character classes.

/// A character class of a pattern with its number of repetitions.
pub struct PatternStep {
    /// The ranges of accepted characters, inclusive.
    pub ranges: &'static [(char, char)],
    /// The minimum number of characters.
    pub min: usize,
    /// The maximum number of characters. `None` means unlimited.
    pub max: Option<usize>,
}

/// Returns `true` if the whole value matches the steps in sequence.
///
/// Matching is greedy, without backtracking. The code generator accepts only patterns for which this is
/// correct.
pub fn matches_pattern(value: &str, steps: &[PatternStep]) -> bool {
    let mut rest = value.chars().peekable();
    for step in steps {
        let mut count = 0;
        while step.max.is_none_or(|max| count < max) {
            let is_accepted = |c: &char| {
                step.ranges
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(c))
            };
            if rest.next_if(is_accepted).is_none() {
                break;
            }
            count += 1;
        }
        if count < step.min {
            return false;
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_whole_string() {
        let steps = [
            PatternStep {
                ranges: &[('a', 'z')],
                min: 1,
                max: Some(1),
            },
            PatternStep {
                ranges: &[('a', 'z'), ('0', '9'), ('_', '_')],
                min: 0,
                max: None,
            },
        ];
        for valid in ["a", "abc_9", "zz"] {
            assert!(matches_pattern(valid, &steps), "{valid}");
        }
        for invalid in ["", "9a", "_", "aB", "a-", "a\n", "é"] {
            assert!(!matches_pattern(invalid, &steps), "{invalid}");
        }
    }
}
