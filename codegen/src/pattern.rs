//! Turns the contract's regular expressions into steps that need no regex engine at run time.
//!
//! Nearly all patterns of an API are a row of character classes with repetitions, such as
//! `^[a-z][a-z0-9_]*$`. Those, read greedily, are a loop over characters.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A pattern that the generated code can check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As the contract spells it.
    pub text: String,
    pub steps: Vec<Step>,
}

/// Characters out of these ranges, so many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub ranges: Vec<(char, char)>,
    pub least: usize,
    pub most: Option<usize>,
}

impl Pattern {
    /// Reads an anchored row of character classes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let hir = regex_syntax::parse(text).ok()?;
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
            push(part, &mut steps)?;
        }
        deterministic(&steps).then(|| Self {
            text: text.to_owned(),
            steps,
        })
    }
}

fn push(part: &Hir, steps: &mut Vec<Step>) -> Option<()> {
    match part.kind() {
        HirKind::Class(class) => steps.push(Step {
            ranges: ranges(class),
            least: 1,
            most: Some(1),
        }),
        HirKind::Literal(literal) => {
            for c in std::str::from_utf8(&literal.0).ok()?.chars() {
                steps.push(Step {
                    ranges: vec![(c, c)],
                    least: 1,
                    most: Some(1),
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
            let most = repetition.max.map(|max| max as usize);
            steps.push(Step {
                ranges,
                least: repetition.min as usize,
                most,
            });
        }
        HirKind::Capture(capture) => push(&capture.sub, steps)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| push(part, steps))?,
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

/// Whether taking as many characters as possible at each step is the only way to match: no step
/// of open length may share a character with the steps that can follow it.
fn deterministic(steps: &[Step]) -> bool {
    steps.iter().enumerate().all(|(index, step)| {
        if step.most == Some(step.least) {
            return true;
        }
        for next in &steps[index + 1..] {
            if overlap(&step.ranges, &next.ranges) {
                return false;
            }
            if next.least > 0 {
                break;
            }
        }
        true
    })
}

fn overlap(a: &[(char, char)], b: &[(char, char)]) -> bool {
    a.iter().any(|a| b.iter().any(|b| a.0 <= b.1 && b.0 <= a.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rows_of_classes() {
        let steps = |text| Pattern::parse(text).unwrap().steps;
        assert_eq!(
            steps("^[a-z][a-z0-9_]*$"),
            [
                Step {
                    ranges: vec![('a', 'z')],
                    least: 1,
                    most: Some(1)
                },
                Step {
                    ranges: vec![('0', '9'), ('_', '_'), ('a', 'z')],
                    least: 0,
                    most: None
                },
            ]
        );
        assert_eq!(steps("^[a-f0-9]{2,4}$")[0].most, Some(4));
        assert_eq!(steps("^(ab)-?$").len(), 3);
        assert_eq!(steps("^\\d+$")[0].least, 1);
    }

    #[test]
    fn leaves_what_a_greedy_loop_would_get_wrong() {
        for text in [
            "^[a-z]+z$",
            "^a*[ab]*$",
            "^(a|bc)$",
            "[a-z]+",
            "^[a-z]+",
            "^a+?$",
            "^(ab)+$",
            "(",
        ] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
    }
}
