//! The picture: a bar for each contender and row of throughput, on a logarithmic scale, with a line
//! from the lowest to the highest round.

use crate::contenders::NAMES;
use crate::table::Row;
use std::fmt::Write;

/// Of each contender, ours first: colours that readers with colour blindness tell apart.
const COLOURS: [&str; NAMES.len()] =
    ["#d55e00", "#0072b2", "#56b4e9", "#009e73", "#999999", "#f0e442"];
const BAR: f64 = 9.0;
const LEFT: f64 = 250.0;
const WIDTH: f64 = 640.0;
/// Space above the bars and below them.
const TOP: f64 = 50.0;
const BOTTOM: f64 = 24.0;

/// Draws the rows of nanoseconds per item that have a peer.
pub(crate) fn draw(rows: &[Row]) -> String {
    let rows: Vec<&Row> =
        rows.iter().filter(|row| row.unit == "ns" && row.medians[1].is_some()).collect();
    let scale = Scale::of(&rows);
    let mut bars = String::new();
    let mut y = TOP;
    for row in &rows {
        let _ = writeln!(
            bars,
            r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#,
            LEFT - 8.0,
            y + 2.0 * BAR,
            row.label.join(" · ")
        );
        for column in 0..NAMES.len() {
            let Some(median) = row.medians[column] else { continue };
            draw_bar(&mut bars, &scale, column, y, median, row.spreads[column]);
            y += BAR;
        }
        y += BAR;
    }
    let (width, height) = (LEFT + WIDTH + 40.0, y + BOTTOM);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="10">
<title>Nanoseconds per item: median, lowest and highest round; shorter is faster</title>
<rect width="100%" height="100%" fill="white"/>
"#
    );
    draw_head(&mut svg, &scale, y);
    svg + &bars + "</svg>\n"
}

/// The names with their colours, and a line for each power of ten.
fn draw_head(svg: &mut String, scale: &Scale, bottom: f64) {
    let mut x = 10.0;
    for (name, colour) in NAMES.iter().zip(COLOURS) {
        let _ = writeln!(
            svg,
            r#"<rect x="{x}" y="8" width="10" height="10" fill="{colour}"/><text x="{}" y="17">{name}</text>"#,
            x + 14.0
        );
        x += 110.0;
    }
    let mut power = scale.lowest;
    while power <= scale.highest {
        let (x, value) = (scale.x(10_f64.powf(power)), 10_f64.powf(power));
        let _ = writeln!(
            svg,
            r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#ccc"/><text x="{x:.1}" y="{}" text-anchor="middle">{value} ns</text>"##,
            TOP - 6.0
        );
        power += 1.0;
    }
}

fn draw_bar(
    svg: &mut String,
    scale: &Scale,
    column: usize,
    y: f64,
    median: f64,
    spread: Option<(f64, f64)>,
) {
    let (width, height, colour) = (scale.x(median) - LEFT, BAR - 1.0, COLOURS[column]);
    let _ = writeln!(
        svg,
        r#"<rect x="{LEFT}" y="{y}" width="{width:.1}" height="{height}" fill="{colour}"><title>{}: {median:.1} ns</title></rect>"#,
        NAMES[column]
    );
    if let Some((low, high)) = spread {
        let (low, high, y) = (scale.x(low), scale.x(high), y + height / 2.0);
        let _ = writeln!(svg, r#"<path d="M{low:.1} {y}H{high:.1}" stroke="black"/>"#);
    }
}

/// Whole powers of ten around all numbers.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    fn of(rows: &[&Row]) -> Self {
        let lows = rows.iter().flat_map(|row| row.spreads.iter().flatten().map(|(low, _)| *low));
        let highs = rows.iter().flat_map(|row| row.spreads.iter().flatten().map(|(_, high)| *high));
        let medians = || rows.iter().flat_map(|row| row.medians.iter().flatten().copied());
        let lowest = lows.chain(medians()).fold(f64::MAX, f64::min).max(0.1).log10().floor();
        let highest = highs.chain(medians()).fold(1.0, f64::max).log10().ceil();
        Scale { lowest, highest: highest.max(lowest + 1.0) }
    }

    fn x(&self, value: f64) -> f64 {
        let value = value.max(0.1).log10().clamp(self.lowest, self.highest);
        LEFT + WIDTH * (value - self.lowest) / (self.highest - self.lowest)
    }
}
