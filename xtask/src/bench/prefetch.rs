//! The figure for prefetched pages: the time to read a list without prefetched pages, divided by the time to read the
//! list with prefetched pages. Requesting a page and processing it take the same time, so this ratio cannot exceed 2.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::figures::median;

/// The goal: the minimum ratio.
const AT_LEAST: f64 = 1.5;

/// The seconds to read one list without prefetched pages (`plain`) and with prefetched pages (`prefetched`).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct PageTimes {
    pub plain: f64,
    pub prefetched: f64,
}

/// The measured times, or the reason why they could not be measured.
#[derive(Debug)]
pub struct Prefetch(pub Result<PageTimes, String>);

impl Prefetch {
    /// Computes the median times of the rounds. `rounds` contains the times, or the reason why they could not be
    /// measured.
    pub fn from_rounds(rounds: Result<Vec<PageTimes>, String>) -> Self {
        let each = |rounds: &[PageTimes], value: fn(&PageTimes) -> f64| {
            median(rounds.iter().map(value)).ok_or_else(|| "no rounds were measured".to_owned())
        };
        Self(rounds.and_then(|rounds| {
            Ok(PageTimes {
                plain: each(&rounds, |round| round.plain)?,
                prefetched: each(&rounds, |round| round.prefetched)?,
            })
        }))
    }

    fn ratio(times: &PageTimes) -> f64 {
        times.plain / times.prefetched
    }

    /// Returns the reason why `--check` fails: the goal is missed, or the times could not be measured. `None` if the
    /// goal is reached.
    pub fn failure(&self) -> Option<String> {
        match &self.0 {
            Ok(times) if Self::ratio(times) >= AT_LEAST => None,
            _ => Some(self.text()),
        }
    }

    /// Renders the result as one line.
    pub fn text(&self) -> String {
        match &self.0 {
            Err(reason) => format!("list with prefetched pages: not measured: {reason}"),
            Ok(times) => format!(
                "list with prefetched pages: {:.2} times as fast ({:.2} s instead of {:.2} s), goal at least \
                 {AT_LEAST:.2}",
                Self::ratio(times),
                times.prefetched,
                times.plain
            ),
        }
    }

    /// Renders the result as JSON.
    pub fn json(&self) -> Value {
        match &self.0 {
            Err(reason) => json!({ "at_least": AT_LEAST, "not_measured": reason }),
            Ok(times) => {
                json!({ "at_least": AT_LEAST, "seconds": times, "ratio": Self::ratio(times) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn times(plain: f64, prefetched: f64) -> PageTimes {
        PageTimes { plain, prefetched }
    }

    #[test]
    fn compares_the_median_times_with_the_goal() {
        let rounds = vec![times(3.0, 2.0), times(9.0, 2.0), times(3.0, 7.0)];
        let good = Prefetch::from_rounds(Ok(rounds));
        assert_eq!(good.0, Ok(times(3.0, 2.0)));
        assert_eq!(good.failure(), None);
        assert_eq!(
            good.text(),
            "list with prefetched pages: 1.50 times as fast (2.00 s instead of 3.00 s), goal at least 1.50"
        );
        assert_eq!(good.json()["ratio"], 1.5);

        let slow = Prefetch::from_rounds(Ok(vec![times(2.9, 2.0)]));
        assert!(slow.failure().is_some());
        for failed in [
            Prefetch::from_rounds(Ok(Vec::new())),
            Prefetch::from_rounds(Err("no rounds were measured".to_owned())),
        ] {
            let line = "list with prefetched pages: not measured: no rounds were measured";
            assert_eq!(failed.failure().as_deref(), Some(line));
            assert_eq!(failed.json()["not_measured"], "no rounds were measured");
        }
    }
}
