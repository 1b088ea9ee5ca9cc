//! The scaling report: Reed-Solomon codes whose TC, or DTC, stays the same while they grow longer.

use std::{fmt::Write, fs, path::Path};

use anyhow::Context;
use unmask::{
    lab::{Lab, LabError},
    law,
    schedule::{Draw::Systematic, Schedule, Times, Weights},
};

use crate::cli::{
    chart::{Figure, Kind, Line, Panel},
    table::number,
};

/// How many symbols are redundant (TC fixed) or free (DTC fixed): a prime, so that no grid of equal steps meets the
/// dimension by luck.
const SYMBOLS: usize = 29;
/// A power of two of at least the longest length.
const ALPHABET: usize = 1024;
const LENGTHS: [usize; 5] = [64, 128, 256, 512, 1024];
const FEWEST: usize = 4;

const SCHEDULES: [Schedule; 9] = [
    Schedule::Adaptive(Weights::Tc, Systematic),
    Schedule::Adaptive(Weights::Dtc, Systematic),
    Schedule::Minimax(Weights::Tc, Systematic),
    Schedule::Minimax(Weights::Dtc, Systematic),
    Schedule::Uniform,
    Schedule::Cosine,
    Schedule::Ancestral(Times::Linear),
    Schedule::BestFixed(Weights::Tc),
    Schedule::BestFixed(Weights::Dtc),
];

/// Codes with the same TC, or the same DTC.
struct Family {
    weights: Weights,
    /// `TC` or `DTC`.
    name: &'static str,
    /// In nats, the same at every length.
    total: f64,
    codes: Vec<Code>,
}

/// One length: the rows of every schedule, with what Theorem 1 promises for each number of calls.
struct Code {
    length: usize,
    steps: Vec<usize>,
    bounds: Vec<f64>,
    rows: Vec<Vec<Point>>,
}

/// One schedule with one number of calls.
struct Point {
    steps: usize,
    kl_grid: f64,
    kl_law: Option<f64>,
    /// The worst (A) of any law with one nat of TC, or DTC.
    worst: f64,
}

/// Writes `lab.md`, `lab-tc.svg` and `lab-dtc.svg` into `folder`.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let save = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    let families = [family(Weights::Tc, "TC")?, family(Weights::Dtc, "DTC")?];
    let mut text = INTRODUCTION.to_owned();
    for family in &families {
        describe(family, &mut text);
        save(&format!("lab-{}.svg", family.weights.name()), figure(family).svg()?)?;
    }
    averages(&mut text)?;
    text += READING;
    save("lab.md", text)
}

fn family(weights: Weights, name: &'static str) -> anyhow::Result<Family> {
    let mut codes = vec![];
    for length in LENGTHS {
        let dimension = if weights == Weights::Tc { length - SYMBOLS } else { SYMBOLS };
        let spec = format!("reed-solomon:k={dimension},q={ALPHABET}");
        let lab = Lab::new(&spec, law::parse(&spec, length)?);
        let calls = (1..usize::BITS).map(|power| 1 << power);
        let steps: Vec<usize> = calls.skip_while(|&k| k < FEWEST).take_while(|&k| k < length).collect();
        let point = |schedule, steps| {
            let (row, worst) = (lab.row(schedule, steps)?, lab.worst(schedule, steps)?);
            let worst = if weights == Weights::Tc { worst.per_tc } else { worst.per_dtc };
            Ok::<_, LabError>(Point { steps, kl_grid: row.kl_grid, kl_law: row.kl_law, worst })
        };
        let of = |schedule| steps.iter().map(|&steps| point(schedule, steps)).collect::<Result<Vec<_>, _>>();
        let rows = SCHEDULES.into_iter().map(of).collect::<Result<Vec<_>, _>>()?;
        let bounds = steps.iter().filter_map(|&steps| lab.bound(weights, steps)).collect();
        codes.push(Code { length, steps, bounds, rows });
    }
    Ok(Family { weights, name, total: SYMBOLS as f64 * (ALPHABET as f64).ln(), codes })
}

impl Family {
    /// `KL K / TC`: flat when the error falls as `TC / K`.
    fn scaled(&self, row: &Point) -> f64 {
        row.kl_grid * row.steps as f64 / self.total
    }

    /// The same for the law that is worst for the schedule.
    fn worst(&self, row: &Point) -> f64 {
        row.worst * row.steps as f64
    }

    fn longest(&self) -> &Code {
        &self.codes[LENGTHS.len() - 1]
    }
}

/// The slope of `ln y` over `ln x` by least squares; `None` where some `y` is 0 or there are fewer than two: without its
/// best points a schedule would look worse than it is.
fn slope(points: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let points: Vec<(f64, f64)> = points.collect();
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).filter(|log| log.1.is_finite()).collect();
    if logs.len() < points.len() {
        return None;
    }
    let count = logs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|log| log.0), mean(|log| log.1));
    let spread: f64 = logs.iter().map(|log| (log.0 - x).powi(2)).sum();
    (logs.len() > 1).then(|| logs.iter().map(|log| (log.0 - x) * (log.1 - y)).sum::<f64>() / spread)
}

fn describe(family: &Family, text: &mut String) {
    let Family { name, total, .. } = family;
    let code = family.longest();
    let kind = if family.weights == Weights::Tc { format!("k = L - {SYMBOLS}") } else { format!("k = {SYMBOLS}") };
    let suffix = family.weights.name();
    let _ = write!(
        text,
        "\n## {name} fixed: {kind}\n\n{name} = {SYMBOLS} ln {ALPHABET} = {total:.4} nats at every length.\n\n\
         ![KL times K over {name} against K, for the code and for the worst law](lab-{suffix}.svg)\n"
    );

    let heads = |of: &[usize], letter: char| of.iter().map(|of| format!("{letter} = {of}")).collect::<Vec<_>>();
    let named = |cells: &dyn Fn(usize) -> Vec<String>| -> Vec<(String, Vec<String>)> {
        SCHEDULES.iter().enumerate().map(|(index, schedule)| (schedule.to_string(), cells(index))).collect()
    };
    let steps = heads(&code.steps, 'K');
    let mut lines = named(&|index| code.rows[index].iter().map(|row| number(family.scaled(row))).collect());
    let bound = code.steps.iter().zip(&code.bounds).map(|(&steps, bound)| number(bound * steps as f64 / total));
    lines.push((format!("Theorem 1, adaptive-{suffix}"), bound.collect()));
    write_table(text, &format!("(A) KL·K/{name} at L = {}", code.length), &steps, &lines);

    let lines = named(&|index| {
        let law = |row: &Point| row.kl_law.map_or("-".to_owned(), number);
        code.rows[index].iter().map(law).collect()
    });
    write_table(text, &format!("(B) KL of the law really sampled, in nats, at L = {}", code.length), &steps, &lines);

    let lengths = heads(&LENGTHS, 'L');
    let slopes = |value: &dyn Fn(&Point) -> f64, index: usize| -> Vec<String> {
        let of = |code: &Code| slope(code.rows[index].iter().map(|row| (row.steps as f64, value(row))));
        family.codes.iter().map(|code| of(code).map_or("-".to_owned(), |slope| format!("{slope:+.2}"))).collect()
    };
    let title =
        format!("Slope of ln (KL·K/{name}) over ln K, from K = {FEWEST} up to L/2: 0 is {name}/K, +1 is no gain");
    write_table(text, &title, &lengths, &named(&|index| slopes(&|row| family.scaled(row), index)));
    let title = format!("The same slope for the worst law of each schedule, per nat of {name}");
    write_table(text, &title, &lengths, &named(&|index| slopes(&|row| family.worst(row), index)));

    let lines = named(&|index| {
        let over = |code: &Code| {
            let ratios = code.rows[index].iter().zip(&code.bounds).map(|(row, bound)| row.kl_grid / bound);
            number(ratios.fold(0.0, f64::max))
        };
        family.codes.iter().map(over).collect()
    });
    let title =
        format!("The largest KL over what Theorem 1 promises for adaptive-{suffix}: at most 1 is within the bound");
    write_table(text, &title, &lengths, &lines);
    let lines = named(&|index| {
        let over = |code: &Code| {
            let ratios = code.rows[index].iter().zip(&code.bounds);
            number(ratios.map(|(row, bound)| family.worst(row) * total / row.steps as f64 / bound).fold(0.0, f64::max))
        };
        family.codes.iter().map(over).collect()
    });
    write_table(text, "The same for the worst law of each schedule", &lengths, &lines);
}

/// All codes of one length and one number of calls: what a schedule does without knowing the dimension.
fn averages(text: &mut String) -> anyhow::Result<()> {
    let (length, steps) = (256, 16);
    let ranges = [("k ≤ L/8", 1..=length / 8), ("k ≥ 7L/8", 7 * length / 8..=length - 1), ("all k", 1..=length - 1)];
    *text += &format!("\n## All dimensions, L = q = {length}, K = {steps}\n");
    let mut lines = vec![];
    for schedule in SCHEDULES {
        let plan = schedule.plan(length, steps, None)?;
        let (cost, ln_q) = (plan.expected_cost(), (length as f64).ln());
        let logs: Vec<f64> = (1..length).map(|k| plan.ln_expected_power(k, -ln_q)).collect();
        let mut cells = vec![];
        for (_, range) in &ranges {
            let count = range.clone().count() as f64;
            let mean = |of: &dyn Fn(usize) -> f64| number(range.clone().map(|k| of(k - 1)).sum::<f64>() / count);
            cells.extend([mean(&|k| cost[k] * ln_q), mean(&|k| 0.0 - logs[k]), mean(&|k| logs[k].exp())]);
        }
        lines.push((schedule.to_string(), cells));
    }
    let heads = ranges.iter().flat_map(|(name, _)| ["(A)", "(B)", "P"].map(|what| format!("{what}, {name}")));
    write_table(
        text,
        "Means over the dimension: (A) and (B) in nats, P of a codeword",
        &heads.collect::<Vec<_>>(),
        &lines,
    );
    Ok(())
}

fn write_table(text: &mut String, title: &str, heads: &[String], lines: &[(String, Vec<String>)]) {
    *text += &format!("\n**{title}**\n\n| | {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len()));
    for (name, cells) in lines {
        *text += &format!("| {name} | {} |\n", cells.join(" | "));
    }
}

fn figure(family: &Family) -> Figure {
    let (code, name) = (family.longest(), family.name);
    let lines = |value: &dyn Fn(&Point) -> f64| -> Vec<Line> {
        let line = |(schedule, rows): (&Schedule, &Vec<Point>)| Line {
            name: schedule.to_string(),
            points: rows.iter().map(|row| (row.steps as f64, value(row))).collect(),
            kind: Kind::Data,
        };
        let bound = code.steps.iter().zip(&code.bounds).map(|(&k, bound)| (k as f64, bound * k as f64 / family.total));
        let bound = Line { name: "Theorem 1".to_owned(), points: bound.collect(), kind: Kind::Reference { of: None } };
        SCHEDULES.iter().zip(&code.rows).map(line).chain([bound]).collect()
    };
    let panel =
        |title: String, lines| Panel { title, across: "calls K".to_owned(), upwards: format!("KL·K/{name}"), lines };
    Figure {
        title: format!("L = {}: KL·K/{name}, flat where the error falls as {name}/K", code.length),
        panels: vec![
            panel(format!("The code with {name} = {:.2} nats", family.total), lines(&|row| family.scaled(row))),
            panel("The worst law of each schedule".to_owned(), lines(&|row| family.worst(row))),
        ],
    }
}

const INTRODUCTION: &str = "\
# The scaling experiment

Made by `cargo run --release -- lab --scaling docs`; nothing here is typed by hand. Every number is exact: no sampling.

Zhao & Cai (arXiv 2602.20126) promise a KL error of order TC/K or DTC/K, up to logarithms, for sizes drawn at random
without knowledge of the law. Here Reed-Solomon codes grow longer while their TC, or their DTC, stays the same. These codes
are the extreme points of the problem: for every schedule the worst law is one of them. If the error falls as TC/K, then
KL·K/TC is flat in K; if more calls are no gain, it rises in proportion to K. The schedules are after Zhao & Cai 2026; our
derivation. (A) is the KL averaged over grids and random orders, of which Theorem 1 speaks; (B) the KL of the law that the
runs really sample, which on a code is -ln of the probability that a run ends in a codeword.
";

const READING: &str = "
## How to read it

- A single code may be lucky for a fixed grid: where a grid has a point at the code's dimension, its error is 0. Where that
  happens there is no slope (-), and in the figure a gap. The tables of the worst law have no such luck in them.
- A slope near 0 is not yet the promise. The worst law of `uniform` with one nat of DTC has KL·K/DTC = L - K: flat while K
  is small, and as large as L. The last table of each family has what counts: whether the bound holds at every length.
- In (A), for one fixed law, some fixed grid is always at least as good as a random one; the gain of random sizes there is
  in the worst case, over laws that the schedule does not know. In (B), in nats, they gain on average over the dimension as
  well, as the last table shows; so does `ancestral`, whose sizes are random too. The mean probability of a codeword over all
  dimensions is about (K - 1) / (L - 1) for every schedule: what differs is where, and how bad the misses are.
- `adaptive-tc` is made for TC and `adaptive-dtc` for DTC: each is measured against the other's promise too, which it need
  not keep.
";
