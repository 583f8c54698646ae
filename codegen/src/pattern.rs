//! Compiles the regular expressions of the API contract to steps, so that the generated code needs no regex
//! engine.
//!
//! Most patterns of an API are a sequence of repeated character classes, such as `^[a-z][a-z0-9_]*$`. Each class
//! is one step. If a repeated class never matches the characters of the steps that can follow it, matching needs
//! no backtracking: one greedy loop over the characters of a string decides whether the string matches. Other
//! patterns are not compiled.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A regular expression that is a sequence of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The regular expression in the contract.
    pub regex: String,
    /// The steps, in the order in which they match.
    pub steps: Vec<Step>,
}

/// A run of at least `min` and at most `max` characters. Each character is in one of `ranges`, which include both
/// ends. If `max` is `None`, the run has no maximum length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub ranges: Vec<(char, char)>,
    pub min: usize,
    pub max: Option<usize>,
}

impl Pattern {
    /// Parses a regular expression. Returns `None` if the expression is invalid or not supported.
    ///
    /// A supported expression consists of `^`, a sequence of characters and character classes, and `$`. A
    /// character or class can be repeated, if a greedy loop can still decide whether a string matches.
    pub fn parse(regex: &str) -> Option<Self> {
        let hir = regex_syntax::parse(regex).ok()?;
        let parts = match hir.kind() {
            HirKind::Concat(parts) => parts.as_slice(),
            _ => return None,
        };
        let (first, rest) = parts.split_first()?;
        let (last, middle) = rest.split_last()?;
        let anchored = matches!(first.kind(), HirKind::Look(Look::Start))
            && matches!(last.kind(), HirKind::Look(Look::End));
        if !anchored {
            return None;
        }
        let mut steps = Vec::new();
        for part in middle {
            push_steps(part, &mut steps)?;
        }
        is_deterministic(&steps).then(|| Self {
            regex: regex.to_owned(),
            steps,
        })
    }
}

fn push_steps(part: &Hir, steps: &mut Vec<Step>) -> Option<()> {
    match part.kind() {
        HirKind::Class(class) => steps.push(Step {
            ranges: ranges(class),
            min: 1,
            max: Some(1),
        }),
        HirKind::Literal(literal) => {
            for c in std::str::from_utf8(&literal.0).ok()?.chars() {
                steps.push(Step {
                    ranges: vec![(c, c)],
                    min: 1,
                    max: Some(1),
                });
            }
        }
        HirKind::Repetition(repetition) if repetition.greedy => {
            let ranges = match repetition.sub.kind() {
                HirKind::Class(class) => ranges(class),
                HirKind::Literal(literal) => {
                    let mut chars = std::str::from_utf8(&literal.0).ok()?.chars();
                    let c = chars.next()?;
                    chars.next().is_none().then(|| vec![(c, c)])?
                }
                _ => return None,
            };
            let max = repetition.max.map(|max| max as usize);
            steps.push(Step {
                ranges,
                min: repetition.min as usize,
                max,
            });
        }
        HirKind::Capture(capture) => push_steps(&capture.sub, steps)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| push_steps(part, steps))?,
        _ => return None,
    }
    Some(())
}

fn ranges(class: &Class) -> Vec<(char, char)> {
    match class {
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (char::from(range.start()), char::from(range.end())))
            .collect(),
    }
}

/// Returns `true` if greedy matching is always right: no step of variable length shares a character with a step
/// that can directly follow it.
fn is_deterministic(steps: &[Step]) -> bool {
    steps.iter().enumerate().all(|(index, step)| {
        if step.max == Some(step.min) {
            return true;
        }
        for next in &steps[index + 1..] {
            if ranges_overlap(&step.ranges, &next.ranges) {
                return false;
            }
            if next.min > 0 {
                break;
            }
        }
        true
    })
}

fn ranges_overlap(a: &[(char, char)], b: &[(char, char)]) -> bool {
    a.iter().any(|a| b.iter().any(|b| a.0 <= b.1 && b.0 <= a.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_sequences_of_classes() {
        let steps = |regex| Pattern::parse(regex).unwrap().steps;
        assert_eq!(
            steps("^[a-z][a-z0-9_]*$"),
            [
                Step {
                    ranges: vec![('a', 'z')],
                    min: 1,
                    max: Some(1)
                },
                Step {
                    ranges: vec![('0', '9'), ('_', '_'), ('a', 'z')],
                    min: 0,
                    max: None
                },
            ]
        );
        assert_eq!(steps("^[a-f0-9]{2,4}$")[0].max, Some(4));
        assert_eq!(steps("^(ab)-?$").len(), 3);
        assert_eq!(steps("^\\d+$")[0].min, 1);
    }

    #[test]
    fn rejects_patterns_that_a_greedy_loop_cannot_decide() {
        for regex in [
            "^[a-z]+z$",
            "^a*[ab]*$",
            "^(a|bc)$",
            "[a-z]+",
            "^[a-z]+",
            "^a+?$",
            "^(ab)+$",
            "(",
        ] {
            assert_eq!(Pattern::parse(regex), None, "{regex}");
        }
    }
}
