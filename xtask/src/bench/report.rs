//! The figures as a table for people, and as JSON for programs.

use std::fmt::Write;

use pgbeam_spec::error::{Error, Result};
use serde::Serialize;
use serde_json::json;

use super::figures::{Each, Figure, Measured, Unit, Verdict};

/// What the figures were measured on, as far as it matters to who compares them.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// How many processors there are.
    pub cores: usize,
    /// What `rustc --version` says.
    pub rustc: String,
}

/// A table in Markdown, then what goes without a figure.
pub fn text(machine: &Machine, figures: &[Figure]) -> String {
    let mut rows = vec![
        [
            "",
            "reqwest by hand",
            "pgbeam-api",
            "ratio",
            "pgbeam",
            "ratio",
            "goal",
            "",
        ]
        .map(str::to_owned),
    ];
    rows.extend(figures.iter().map(row));
    let mut widths = [0; 8];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = format!("{} cores, {}\n\n", machine.cores, machine.rustc);
    for (number, row) in rows.iter().enumerate() {
        text.push('|');
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Words stand to the left, numbers to the right.
            let _ = match column {
                0 | 6 | 7 => write!(text, " {cell:<width$} |"),
                _ => write!(text, " {cell:>width$} |"),
            };
        }
        text.push('\n');
        if number == 0 {
            text.push_str("| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |\n");
        }
    }
    for figure in figures {
        if let Err(why) = &figure.measured {
            let _ = write!(text, "\n{}: not measured: {why}\n", figure.name);
        }
    }
    text
}

fn row(figure: &Figure) -> [String; 8] {
    let goal = figure.at_most.map(|most| format!("at most {most:.2}"));
    let verdict = match figure.verdict() {
        Verdict::Ok => "ok",
        Verdict::Beyond => "beyond the goal",
        Verdict::NotMeasured => "not measured",
        Verdict::NoGoal => "",
    };
    let [hand, bare, bare_ratio, pgbeam, pgbeam_ratio] = match &figure.measured {
        Ok(Measured { values, ratios }) => {
            let values = values.map(|value| number(value, figure.unit));
            let ratios = ratios.map(|ratio| format!("{ratio:.3}"));
            [
                values.hand,
                values.bare,
                ratios.bare,
                values.pgbeam,
                ratios.pgbeam,
            ]
        }
        Err(_) => [const { String::new() }; 5],
    };
    let goal = goal.unwrap_or_default();
    [
        figure.name.into(),
        hand,
        bare,
        bare_ratio,
        pgbeam,
        pgbeam_ratio,
        goal,
        verdict.into(),
    ]
}

/// A number as one reads it: `1,234,567`, or `1,234.5 MB`.
fn number(value: f64, unit: Unit) -> String {
    let (text, unit) = match unit {
        Unit::Count => (format!("{value:.0}"), ""),
        Unit::Bytes => (format!("{:.1}", value / 1e6), " MB"),
    };
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{out}{fraction}{unit}")
}

/// The same as JSON.
pub fn json(machine: &Machine, figures: &[Figure]) -> Result<String> {
    let figures = figures.iter().map(|figure| {
        let mut of = json!({
            "figure": figure.name,
            "unit": figure.unit,
            "at_most": figure.at_most,
            "verdict": figure.verdict(),
        });
        match &figure.measured {
            Ok(measured) => {
                of["values"] = by_name(measured.values);
                of["ratios"] = by_name(measured.ratios);
            }
            Err(why) => of["not_measured"] = json!(why),
        }
        of
    });
    let report = json!({ "machine": machine, "figures": figures.collect::<Vec<_>>() });
    let text = serde_json::to_string_pretty(&report);
    text.map(|text| text + "\n")
        .map_err(|error| Error::new(error.to_string()))
}

fn by_name(each: Each<f64>) -> serde_json::Value {
    json!({ "reqwest": each.hand, "pgbeam-api": each.bare, "pgbeam": each.pgbeam })
}

/// Which goals are not reached, a line each; none where all are.
pub fn failures(figures: &[Figure]) -> Vec<String> {
    let failing = figures.iter().filter(|figure| figure.fails());
    failing
        .map(|figure| {
            let most = figure.at_most.unwrap_or(f64::INFINITY);
            match &figure.measured {
                Ok(Measured { ratios, .. }) => {
                    let (name, ratio) = (figure.name, ratios.pgbeam);
                    format!("{name}: the ratio is {ratio:.3}, the goal at most {most:.2}")
                }
                Err(why) => format!("{}: not measured: {why}", figure.name),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Vec<Figure> {
        let each = |hand, bare, pgbeam| Measured::of(Each { hand, bare, pgbeam });
        vec![
            Figure {
                name: "instructions a call",
                unit: Unit::Count,
                at_most: Some(1.1),
                measured: Ok(each(100_000.0, 105_000.4, 120_000.0)),
            },
            Figure {
                name: "allocations a call",
                unit: Unit::Count,
                at_most: Some(1.15),
                measured: Err("valgrind is missing".to_owned()),
            },
            Figure {
                name: "peak memory",
                unit: Unit::Bytes,
                at_most: None,
                measured: Ok(each(1_234_500_000.0, 1_234_500_000.0, 617_250_000.0)),
            },
        ]
    }

    fn machine() -> Machine {
        Machine {
            cores: 2,
            rustc: "rustc 1.89.0".to_owned(),
        }
    }

    #[test]
    fn the_table_says_all() {
        let want = "\
2 cores, rustc 1.89.0

|                     | reqwest by hand | pgbeam-api | ratio |   pgbeam | ratio | goal         |                 |
| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
| instructions a call |         100,000 |    105,000 | 1.050 |  120,000 | 1.200 | at most 1.10 | beyond the goal |
| allocations a call  |                 |            |       |          |       | at most 1.15 | not measured    |
| peak memory         |      1,234.5 MB | 1,234.5 MB | 1.000 | 617.2 MB | 0.500 |              |                 |

allocations a call: not measured: valgrind is missing
";
        assert_eq!(text(&machine(), &figures()), want);
    }

    #[test]
    fn json_has_the_same_figures() {
        let json: serde_json::Value =
            serde_json::from_str(&json(&machine(), &figures()).unwrap()).unwrap();
        assert_eq!(
            json["machine"],
            json!({"cores": 2, "rustc": "rustc 1.89.0"})
        );
        let first = &json["figures"][0];
        assert_eq!(first["ratios"]["pgbeam"], 1.2);
        assert_eq!(first["values"]["reqwest"], 100_000.0);
        assert_eq!(
            (&first["at_most"], &first["verdict"]),
            (&json!(1.1), &json!("beyond"))
        );
        assert_eq!(json["figures"][1]["not_measured"], "valgrind is missing");
        assert_eq!(json["figures"][2]["unit"], "bytes");
    }

    #[test]
    fn what_fails_is_named() {
        assert_eq!(
            failures(&figures()),
            [
                "instructions a call: the ratio is 1.200, the goal at most 1.10",
                "allocations a call: not measured: valgrind is missing",
            ]
        );
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        for (value, unit, want) in [
            (0.0, Unit::Count, "0"),
            (999.4, Unit::Count, "999"),
            (1_000.0, Unit::Count, "1,000"),
            (1_234_567.0, Unit::Count, "1,234,567"),
            (-123_456.0, Unit::Count, "-123,456"),
            (1.26e6, Unit::Bytes, "1.3 MB"),
            (f64::INFINITY, Unit::Count, "inf"),
        ] {
            assert_eq!(number(value, unit), want);
        }
    }
}
