//! Draws SVG charts of the number of requests over time.

use std::fmt::Write;

/// The data of one chart: the number of requests in each tenth of a second, with one client for each call and
/// with one client for all calls.
pub(super) struct Chart {
    pub(super) title: String,
    /// The numbers with one client for each call.
    pub(super) many_clients: Vec<usize>,
    /// The numbers with one client for all calls.
    pub(super) one_client: Vec<usize>,
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 240.0;
const MARGIN: f64 = 48.0;

/// Renders the charts as one SVG image, one below the other. The height of a line is proportional to the
/// square root of the number of requests, so that small numbers are visible.
pub(super) fn render(charts: &[Chart]) -> String {
    let height = HEIGHT * charts.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (nth, chart) in charts.iter().enumerate() {
        chart.draw(&mut out, HEIGHT * nth as f64);
    }
    out.push_str("</svg>\n");
    out
}

impl Chart {
    fn draw(&self, out: &mut String, top: f64) {
        let slots = self.many_clients.len().max(self.one_client.len());
        let max = self
            .many_clients
            .iter()
            .chain(&self.one_client)
            .copied()
            .max()
            .unwrap_or(1)
            .max(1);
        let bottom = top + HEIGHT - MARGIN;
        let x = |slot: usize| MARGIN + (WIDTH - 2.0 * MARGIN) * slot as f64 / slots as f64;
        let y =
            |count: usize| bottom - (HEIGHT - 2.0 * MARGIN) * (count as f64 / max as f64).sqrt();
        let mut line =
            |element: String| writeln!(out, "{element}").expect("writing to a string cannot fail");
        line(format!(
            "<text x=\"{MARGIN}\" y=\"{}\" font-weight=\"bold\">{}</text>",
            top + 20.0,
            self.title
        ));
        for (counts, color, name, offset) in [
            (&self.many_clients, "#c0392b", "one client per call", 0.0),
            (&self.one_client, "#2471a3", "one shared client", 170.0),
        ] {
            line(format!(
                "<text x=\"{}\" y=\"{}\" fill=\"{color}\">■ {name}: {} requests</text>",
                MARGIN + 300.0 + offset * 1.3,
                top + 20.0,
                counts.iter().sum::<usize>(),
            ));
            let mut path = String::new();
            for (slot, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                write!(path, "M{:.1} {bottom:.1}V{:.1}", x(slot), y(*count))
                    .expect("writing to a string cannot fail");
            }
            line(format!(
                "<path d=\"{path}\" stroke=\"{color}\" stroke-width=\"2\" stroke-opacity=\"0.7\" fill=\"none\"/>"
            ));
        }
        line(format!(
            "<path d=\"M{MARGIN} {bottom}H{}\" stroke=\"black\" fill=\"none\"/>",
            WIDTH - MARGIN
        ));
        for count in [max, max / 4, max / 25] {
            line(format!(
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{count}</text>",
                MARGIN - 6.0,
                y(count) + 4.0
            ));
        }
        let seconds = slots / 10;
        for second in (0..=seconds).step_by((seconds / 8).max(1)) {
            line(format!(
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{second} s</text>",
                x(second * 10),
                bottom + 16.0
            ));
        }
    }
}
