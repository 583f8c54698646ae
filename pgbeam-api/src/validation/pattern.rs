//! The patterns of the contract, as steps over characters.

/// One step of a pattern: characters out of these ranges, this many times.
pub struct Step {
    /// The characters that are taken.
    pub ranges: &'static [(char, char)],
    /// How many there must be.
    pub least: usize,
    /// How many there may be.
    pub most: Option<usize>,
}

/// Whether all of `value` is the steps one after the other.
///
/// Steps whose neighbours share characters could be read in several ways; codegen admits only
/// patterns where taking as many characters as possible is right.
pub fn matches(value: &str, steps: &[Step]) -> bool {
    let mut rest = value.chars().peekable();
    for step in steps {
        let mut count = 0;
        while step.most.is_none_or(|most| count < most) {
            let fits = |c: &char| {
                step.ranges
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(c))
            };
            if rest.next_if(fits).is_none() {
                break;
            }
            count += 1;
        }
        if count < step.least {
            return false;
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_the_whole_text() {
        let steps = [
            Step {
                ranges: &[('a', 'z')],
                least: 1,
                most: Some(1),
            },
            Step {
                ranges: &[('a', 'z'), ('0', '9'), ('_', '_')],
                least: 0,
                most: None,
            },
        ];
        for good in ["a", "abc_9", "zz"] {
            assert!(matches(good, &steps), "{good}");
        }
        for bad in ["", "9a", "_", "aB", "a-", "a\n", "é"] {
            assert!(!matches(bad, &steps), "{bad}");
        }
    }
}
