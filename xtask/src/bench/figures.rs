//! Computes the figures of the benchmark. A contender is one way to make the measured call. A figure has a value for
//! each contender, the ratio of each value to the value of hand-written code, and possibly a goal.
//!
//! `programs` and `counters` measure the values.

use pgbeam_spec::error::Result;
use serde::{Deserialize, Serialize};

/// One value per contender.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct PerContender<T> {
    /// Hand-written code on reqwest and serde.
    pub hand: T,
    /// The generated client of `pgbeam-api` on `DirectTransport`.
    pub bare: T,
    /// `pgbeam` with its defaults. The goals apply to this contender.
    pub pgbeam: T,
}

impl<T> PerContender<T> {
    /// Calls `measure` with the name of each contender, as `pgbeam-bench` expects it, one after the other.
    /// Returns the first error.
    pub fn measure(mut measure: impl FnMut(&str) -> Result<T>) -> Result<Self> {
        Ok(Self {
            hand: measure("hand")?,
            bare: measure("bare")?,
            pgbeam: measure("pgbeam")?,
        })
    }

    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> PerContender<U> {
        PerContender {
            hand: change(self.hand),
            bare: change(self.bare),
            pgbeam: change(self.pgbeam),
        }
    }
}

/// The result of comparing a figure with its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The ratio of `pgbeam` is at most the goal.
    Ok,
    /// The ratio of `pgbeam` is above the goal.
    Exceeded,
    /// The figure has a goal but could not be measured.
    NotMeasured,
    NoGoal,
}

/// The values of a figure, and the ratio of each value to the value of hand-written code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub values: PerContender<f64>,
    pub ratios: PerContender<f64>,
}

impl Measured {
    /// Returns the count per call of each contender. `few` and `many` are two runs: the number of calls, and the total
    /// of each contender. The count per call is the difference of the totals, divided by the difference of the numbers
    /// of calls, so the cost of starting the process cancels out. `None` unless `many` has more calls than `few` and,
    /// for each contender, a higher total.
    pub fn per_call(few: (u64, PerContender<u64>), many: (u64, PerContender<u64>)) -> Option<Self> {
        let calls = many.0.checked_sub(few.0).filter(|calls| *calls > 0)?;
        let difference = |few: u64, many: u64| many.checked_sub(few).filter(|more| *more > 0);
        let (few, many) = (few.1, many.1);
        let more = PerContender {
            hand: difference(few.hand, many.hand)?,
            bare: difference(few.bare, many.bare)?,
            pgbeam: difference(few.pgbeam, many.pgbeam)?,
        };
        Some(Self::from_values(
            more.map(|more| more as f64 / calls as f64),
        ))
    }

    /// Returns the calls per second of each contender. `rounds` contains the seconds that each contender took for
    /// `calls` calls in each round. A value is `calls` divided by the median time of the contender. A ratio is the
    /// median of the ratios of the rounds, because load on the machine slows all contenders of a round equally. `None`
    /// without rounds.
    pub fn throughput(calls: u64, rounds: &[PerContender<f64>]) -> Option<Self> {
        let each = |value: fn(&PerContender<f64>) -> f64| median(rounds.iter().map(value));
        let seconds = PerContender {
            hand: each(|round| round.hand)?,
            bare: each(|round| round.bare)?,
            pgbeam: each(|round| round.pgbeam)?,
        };
        let ratios = PerContender {
            hand: 1.0,
            bare: each(|round| round.hand / round.bare)?,
            pgbeam: each(|round| round.hand / round.pgbeam)?,
        };
        Some(Self {
            values: seconds.map(|seconds| calls as f64 / seconds),
            ratios,
        })
    }

    /// Computes the ratios: divides each value by the value of hand-written code.
    pub fn from_values(values: PerContender<f64>) -> Self {
        Self {
            values,
            ratios: values.map(|value| value / values.hand),
        }
    }
}

/// Returns the median, or `None` without values.
pub fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// A figure of the benchmark, which is one row of the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub name: &'static str,
    pub unit: Unit,
    /// The goal: the maximum ratio of `pgbeam`. `None` if there is no goal.
    pub at_most: Option<f64>,
    /// The measurement, or the reason why it failed.
    pub measured: std::result::Result<Measured, String>,
}

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    Bytes,
}

impl Figure {
    /// Compares the ratio of `pgbeam` with the goal.
    pub fn verdict(&self) -> Verdict {
        match (self.at_most, &self.measured) {
            (None, _) => Verdict::NoGoal,
            (Some(_), Err(_)) => Verdict::NotMeasured,
            (Some(goal), Ok(measured)) if measured.ratios.pgbeam <= goal => Verdict::Ok,
            (Some(_), Ok(_)) => Verdict::Exceeded,
        }
    }

    /// Returns `true` if the figure makes `--check` fail: it exceeds its goal, or has a goal and was not measured.
    pub fn fails(&self) -> bool {
        matches!(self.verdict(), Verdict::Exceeded | Verdict::NotMeasured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn each<T: Copy>(hand: T, bare: T, pgbeam: T) -> PerContender<T> {
        PerContender { hand, bare, pgbeam }
    }

    #[test]
    fn startup_cost_cancels_out() {
        let few = (100, each(1_000_500, 1_000_600, 2_000_700));
        let many = (300, each(1_002_500, 1_003_000, 2_002_900));
        let measured = Measured::per_call(few, many).unwrap();
        assert_eq!(measured.values, each(10.0, 12.0, 11.0));
        assert_eq!(measured.ratios, each(1.0, 1.2, 1.1));
    }

    #[test]
    fn totals_that_do_not_increase_give_no_figure() {
        let good = each(20, 20, 20);
        for (few, many) in [
            ((100, good), (100, each(30, 30, 30))),
            ((200, good), (100, each(30, 30, 30))),
            ((100, good), (200, each(30, 30, 19))),
            ((100, good), (200, each(20, 30, 30))),
        ] {
            assert_eq!(Measured::per_call(few, many), None, "{few:?} {many:?}");
        }
    }

    #[test]
    fn computes_medians() {
        for (values, expected) in [
            (&[][..], None),
            (&[3.0], Some(3.0)),
            (&[9.0, 1.0], Some(5.0)),
            (&[100.0, 1.0, 2.0], Some(2.0)),
            (&[4.0, 3.0, 1000.0, 1.0], Some(3.5)),
        ] {
            assert_eq!(median(values.iter().copied()), expected, "{values:?}");
        }
    }

    #[test]
    fn slow_rounds_do_not_change_ratios() {
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
    fn goals_are_inclusive_and_apply_to_pgbeam() {
        use Verdict::{Exceeded, NoGoal, NotMeasured, Ok as Good};
        let measured_ratio = |pgbeam| Ok(Measured::from_values(each(1.0, 99.0, pgbeam)));
        for (at_most, measured, expected, fails) in [
            (Some(0.97), measured_ratio(0.97), Good, false),
            (Some(0.97), measured_ratio(0.971), Exceeded, true),
            (Some(0.97), measured_ratio(f64::NAN), Exceeded, true),
            (Some(0.97), Err("reason".to_owned()), NotMeasured, true),
            (None, measured_ratio(9.0), NoGoal, false),
            (None, Err("reason".to_owned()), NoGoal, false),
        ] {
            let figure = Figure {
                name: "x",
                unit: Unit::Count,
                at_most,
                measured,
            };
            assert_eq!(
                (figure.verdict(), figure.fails()),
                (expected, fails),
                "{figure:?}"
            );
        }
    }
}
