//! What is measured, and what the figures come to: ratios to hand-written reqwest, held to goals.
//!
//! Pure: what measures is in `programs` and `valgrind`.

use pgbeam_spec::error::Result;
use serde::{Deserialize, Serialize};

/// One value for each contender.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Each<T> {
    /// reqwest and serde, by hand.
    pub hand: T,
    /// The generated client of `pgbeam-api`, on its plainest transport.
    pub bare: T,
    /// `pgbeam` with its defaults: what the goals are for.
    pub pgbeam: T,
}

impl<T> Each<T> {
    /// Measures one contender after the other, by the names that the bench's programs know.
    pub fn measure(mut measure: impl FnMut(&str) -> Result<T>) -> Result<Self> {
        Ok(Self {
            hand: measure("hand")?,
            bare: measure("bare")?,
            pgbeam: measure("pgbeam")?,
        })
    }

    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Each<U> {
        Each {
            hand: change(self.hand),
            bare: change(self.bare),
            pgbeam: change(self.pgbeam),
        }
    }
}

/// What there is to say of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    Beyond,
    /// There is a goal, and no figure.
    NotMeasured,
    NoGoal,
}

/// A figure and its ratios to hand-written reqwest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub values: Each<f64>,
    pub ratios: Each<f64>,
}

impl Measured {
    /// What a call takes, from the totals of two runs that differ in how many calls they make: what
    /// starting takes drops out. `None` when the totals cannot be those of such runs.
    pub fn a_call(few: (u64, Each<u64>), many: (u64, Each<u64>)) -> Option<Self> {
        let calls = many.0.checked_sub(few.0).filter(|calls| *calls > 0)?;
        let difference = |few: u64, many: u64| many.checked_sub(few).filter(|more| *more > 0);
        let (few, many) = (few.1, many.1);
        let more = Each {
            hand: difference(few.hand, many.hand)?,
            bare: difference(few.bare, many.bare)?,
            pgbeam: difference(few.pgbeam, many.pgbeam)?,
        };
        Some(Self::of(more.map(|more| more as f64 / calls as f64)))
    }

    /// Calls a second, from what `calls` of them took in each round, in seconds. The ratios are the
    /// medians of those of each round, in which what else the machine does meets all alike. `None`
    /// without a round.
    pub fn throughput(calls: u64, rounds: &[Each<f64>]) -> Option<Self> {
        let each = |value: fn(&Each<f64>) -> f64| median(rounds.iter().map(value));
        let took = Each {
            hand: each(|round| round.hand)?,
            bare: each(|round| round.bare)?,
            pgbeam: each(|round| round.pgbeam)?,
        };
        let ratios = Each {
            hand: 1.0,
            bare: each(|round| round.hand / round.bare)?,
            pgbeam: each(|round| round.hand / round.pgbeam)?,
        };
        Some(Self {
            values: took.map(|took| calls as f64 / took),
            ratios,
        })
    }

    /// Values whose ratios are those of the values.
    pub fn of(values: Each<f64>) -> Self {
        Self {
            values,
            ratios: values.map(|value| value / values.hand),
        }
    }
}

/// The middle one, or what lies in the middle of the middle two.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub name: &'static str,
    pub unit: Unit,
    /// The largest ratio of `pgbeam` that is allowed.
    pub at_most: Option<f64>,
    /// What it is, or why it could not be measured.
    pub measured: std::result::Result<Measured, String>,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    Bytes,
}

impl Figure {
    pub fn verdict(&self) -> Verdict {
        match (self.at_most, &self.measured) {
            (None, _) => Verdict::NoGoal,
            (Some(_), Err(_)) => Verdict::NotMeasured,
            (Some(most), Ok(measured)) if measured.ratios.pgbeam <= most => Verdict::Ok,
            (Some(_), Ok(_)) => Verdict::Beyond,
        }
    }

    /// Whether a check fails for it.
    pub fn fails(&self) -> bool {
        matches!(self.verdict(), Verdict::Beyond | Verdict::NotMeasured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn each<T: Copy>(hand: T, bare: T, pgbeam: T) -> Each<T> {
        Each { hand, bare, pgbeam }
    }

    #[test]
    fn what_starting_takes_drops_out() {
        let few = (100, each(1_000_500, 1_000_600, 2_000_700));
        let many = (300, each(1_002_500, 1_003_000, 2_002_900));
        let measured = Measured::a_call(few, many).unwrap();
        assert_eq!(measured.values, each(10.0, 12.0, 11.0));
        assert_eq!(measured.ratios, each(1.0, 1.2, 1.1));
    }

    #[test]
    fn totals_that_cannot_be_are_no_figure() {
        let good = each(20, 20, 20);
        for (few, many) in [
            ((100, good), (100, each(30, 30, 30))),
            ((200, good), (100, each(30, 30, 30))),
            ((100, good), (200, each(30, 30, 19))),
            ((100, good), (200, each(20, 30, 30))),
        ] {
            assert_eq!(Measured::a_call(few, many), None, "{few:?} {many:?}");
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, want) in [
            (&[][..], None),
            (&[3.0], Some(3.0)),
            (&[9.0, 1.0], Some(5.0)),
            (&[100.0, 1.0, 2.0], Some(2.0)),
            (&[4.0, 3.0, 1000.0, 1.0], Some(3.5)),
        ] {
            assert_eq!(median(values.iter().copied()), want, "{values:?}");
        }
    }

    #[test]
    fn a_round_that_was_slow_for_all_leaves_the_ratios_alone() {
        let rounds = [
            each(1.0, 1.0, 2.0),
            each(50.0, 50.0, 100.0),
            each(1.0, 4.0, 2.0),
        ];
        let measured = Measured::throughput(100, &rounds).unwrap();
        assert_eq!(measured.values, each(100.0, 25.0, 50.0));
        assert_eq!(measured.ratios, each(1.0, 1.0, 0.5));
        assert_eq!(Measured::throughput(100, &[]), None);
    }

    #[test]
    fn a_goal_includes_its_bound_and_is_pgbeams() {
        use Verdict::{Beyond, NoGoal, NotMeasured, Ok as Good};
        let of = |pgbeam| Ok(Measured::of(each(1.0, 99.0, pgbeam)));
        for (at_most, measured, want, fails) in [
            (Some(0.97), of(0.97), Good, false),
            (Some(0.97), of(0.971), Beyond, true),
            (Some(0.97), of(f64::NAN), Beyond, true),
            (Some(0.97), Err("why".to_owned()), NotMeasured, true),
            (None, of(9.0), NoGoal, false),
            (None, Err("why".to_owned()), NoGoal, false),
        ] {
            let figure = Figure {
                name: "x",
                unit: Unit::Count,
                at_most,
                measured,
            };
            assert_eq!(
                (figure.verdict(), figure.fails()),
                (want, fails),
                "{figure:?}"
            );
        }
    }
}
