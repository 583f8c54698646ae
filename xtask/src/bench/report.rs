//! Renders the figures of the benchmark as text with a Markdown table, or as JSON.

use std::fmt::Write;

use pgbeam_spec::error::{Error, Result};
use serde::Serialize;
use serde_json::json;

use super::{
    figures::{Figure, Measured, PerContender, Unit, Verdict},
    prefetch::Prefetch,
};

/// The machine on which the figures were measured.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The number of processors.
    pub cores: usize,
    /// The output of `rustc --version`.
    pub rustc: String,
}

/// Renders a line about the machine, a Markdown table with the figures, a line about prefetched pages, and the
/// reasons why figures could not be measured.
pub fn text(machine: &Machine, figures: &[Figure], prefetch: &Prefetch) -> String {
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
            // Words are aligned to the left, numbers to the right.
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
    let _ = write!(text, "\n{}\n", prefetch.text());
    for figure in figures {
        if let Err(reason) = &figure.measured {
            let _ = write!(text, "\n{}: not measured: {reason}\n", figure.name);
        }
    }
    text
}

fn row(figure: &Figure) -> [String; 8] {
    let goal = figure.at_most.map(|goal| format!("at most {goal:.2}"));
    let verdict = match figure.verdict() {
        Verdict::Ok => "ok",
        Verdict::Exceeded => "above the goal",
        Verdict::NotMeasured => "not measured",
        Verdict::NoGoal => "",
    };
    let [hand, bare, bare_ratio, pgbeam, pgbeam_ratio] = match &figure.measured {
        Ok(Measured { values, ratios }) => {
            let values = values.map(|value| format_number(value, figure.unit));
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

/// Formats a count like `1,234,567`, and bytes like `1,234.5 MB`.
fn format_number(value: f64, unit: Unit) -> String {
    let (text, unit) = match unit {
        Unit::Count => (format!("{value:.0}"), ""),
        Unit::Bytes => (format!("{:.1}", value / 1e6), " MB"),
    };
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{out}{fraction}{unit}")
}

/// Renders the figures as JSON.
pub fn json(machine: &Machine, figures: &[Figure], prefetch: &Prefetch) -> Result<String> {
    let figures = figures.iter().map(|figure| {
        let mut row = json!({
            "figure": figure.name,
            "unit": figure.unit,
            "at_most": figure.at_most,
            "verdict": figure.verdict(),
        });
        match &figure.measured {
            Ok(measured) => {
                row["values"] = by_name(measured.values);
                row["ratios"] = by_name(measured.ratios);
            }
            Err(reason) => row["not_measured"] = json!(reason),
        }
        row
    });
    let report = json!({
        "machine": machine,
        "figures": figures.collect::<Vec<_>>(),
        "prefetch": prefetch.json(),
    });
    let text = serde_json::to_string_pretty(&report);
    text.map(|text| text + "\n")
        .map_err(|error| Error::new(error.to_string()))
}

fn by_name(each: PerContender<f64>) -> serde_json::Value {
    json!({ "reqwest": each.hand, "pgbeam-api": each.bare, "pgbeam": each.pgbeam })
}

/// Returns one line for each figure that exceeds its goal, or has a goal and was not measured.
pub fn failures(figures: &[Figure]) -> Vec<String> {
    let failing = figures.iter().filter(|figure| figure.fails());
    failing
        .map(|figure| {
            let goal = figure.at_most.unwrap_or(f64::INFINITY);
            match &figure.measured {
                Ok(Measured { ratios, .. }) => {
                    let (name, ratio) = (figure.name, ratios.pgbeam);
                    format!("{name}: ratio {ratio:.3}, goal at most {goal:.2}")
                }
                Err(reason) => format!("{}: not measured: {reason}", figure.name),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Vec<Figure> {
        let each = |hand, bare, pgbeam| Measured::from_values(PerContender { hand, bare, pgbeam });
        vec![
            Figure {
                name: "instructions per call",
                unit: Unit::Count,
                at_most: Some(1.1),
                measured: Ok(each(100_000.0, 105_000.4, 120_000.0)),
            },
            Figure {
                name: "allocations per call",
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

    fn prefetch() -> Prefetch {
        Prefetch::from_rounds(Err("reason".to_owned()))
    }

    #[test]
    fn renders_the_table() {
        let expected = "\
2 cores, rustc 1.89.0

|                       | reqwest by hand | pgbeam-api | ratio |   pgbeam | ratio | goal         |                |
| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
| instructions per call |         100,000 |    105,000 | 1.050 |  120,000 | 1.200 | at most 1.10 | above the goal |
| allocations per call  |                 |            |       |          |       | at most 1.15 | not measured   |
| peak memory           |      1,234.5 MB | 1,234.5 MB | 1.000 | 617.2 MB | 0.500 |              |                |

list with prefetched pages: not measured: reason

allocations per call: not measured: valgrind is missing
";
        assert_eq!(text(&machine(), &figures(), &prefetch()), expected);
    }

    #[test]
    fn json_has_the_same_figures() {
        let json: serde_json::Value =
            serde_json::from_str(&json(&machine(), &figures(), &prefetch()).unwrap()).unwrap();
        assert_eq!(
            json["machine"],
            json!({"cores": 2, "rustc": "rustc 1.89.0"})
        );
        let first = &json["figures"][0];
        assert_eq!(first["ratios"]["pgbeam"], 1.2);
        assert_eq!(first["values"]["reqwest"], 100_000.0);
        assert_eq!(
            (&first["at_most"], &first["verdict"]),
            (&json!(1.1), &json!("exceeded"))
        );
        assert_eq!(json["figures"][1]["not_measured"], "valgrind is missing");
        assert_eq!(json["figures"][2]["unit"], "bytes");
    }

    #[test]
    fn lists_missed_goals() {
        assert_eq!(
            failures(&figures()),
            [
                "instructions per call: ratio 1.200, goal at most 1.10",
                "allocations per call: not measured: valgrind is missing",
            ]
        );
    }

    #[test]
    fn formats_numbers() {
        for (value, unit, expected) in [
            (0.0, Unit::Count, "0"),
            (999.4, Unit::Count, "999"),
            (1_000.0, Unit::Count, "1,000"),
            (1_234_567.0, Unit::Count, "1,234,567"),
            (-123_456.0, Unit::Count, "-123,456"),
            (1.26e6, Unit::Bytes, "1.3 MB"),
            (f64::INFINITY, Unit::Count, "inf"),
        ] {
            assert_eq!(format_number(value, unit), expected);
        }
    }
}
