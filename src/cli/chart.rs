//! Line charts as SVG, by plotters: both axes logarithmic, a legend beside them, readable in light and in dark.

use std::ops::Range;

use anyhow::anyhow;
use plotters::{
    coord::Shift,
    element::DashedPathElement,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

/// A line in a panel. Points that are not above 0 and finite have no place on a logarithmic axis and are left out.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    pub kind: Kind,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The thing itself: with marks, in a colour of its own.
    Data,
    /// To compare with: dashed, without marks; grey, or in the colour of the line that it belongs to.
    Reference { of: Option<&'static str> },
}

/// One chart of a figure.
pub struct Panel {
    pub title: String,
    pub across: String,
    pub upwards: String,
    pub lines: Vec<Line>,
}

/// Panels side by side with one legend. The first panel names the lines; the others have some of them.
pub struct Figure {
    pub title: String,
    pub panels: Vec<Panel>,
}

/// Of about the same lightness, so that they show on white and on black.
const COLOURS: [RGBColor; 10] = [
    RGBColor(0x1f, 0x83, 0xc9),
    RGBColor(0xd9, 0x5f, 0x02),
    RGBColor(0x2a, 0x92, 0x4a),
    RGBColor(0xb8, 0x4f, 0xc4),
    RGBColor(0xd6, 0x3a, 0x4a),
    RGBColor(0x0f, 0x93, 0x93),
    RGBColor(0x9a, 0x7b, 0x12),
    RGBColor(0x77, 0x6b, 0xe0),
    RGBColor(0xcf, 0x4a, 0x8c),
    RGBColor(0x6f, 0x85, 0x2b),
];

const GREY: RGBColor = RGBColor(0x80, 0x86, 0x8e);

/// Lengths of dash and gap, to tell reference lines apart.
const DASHES: [(i32, i32); 6] = [(12, 4), (2, 4), (7, 3), (9, 6), (5, 5), (3, 2)];

/// The ink is black for plotters; this has it follow the reader's colours.
const STYLE: &str = "<style>svg{color-scheme:light dark}.paper{fill:#fff}text{font-family:system-ui,sans-serif}\
@media(prefers-color-scheme:dark){.paper{fill:#14171c}[fill=\"#000000\"]{fill:#e6e8eb}[stroke=\"#000000\"]{stroke:#e6e8eb}}</style>";

const PANEL: (u32, u32) = (520, 400);
const LEGEND: u32 = 210;
const LEGEND_TOP: i32 = 40;
const LEGEND_LINE: i32 = 19;
const TITLE: u32 = 34;

impl Figure {
    /// The figure as the text of an SVG file.
    ///
    /// # Errors
    /// When plotters refuses, which it has no reason to.
    pub fn svg(&self) -> anyhow::Result<String> {
        let legend = LEGEND_TOP + LEGEND_LINE * self.lines().len() as i32;
        let size = (PANEL.0 * self.panels.len() as u32 + LEGEND, PANEL.1.max(legend as u32) + TITLE);
        let mut text = String::new();
        {
            let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
            self.draw(&root).map_err(|error| anyhow!("the chart cannot be drawn: {error}"))?;
        }
        let label = self.title.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let head = format!(
            " role=\"img\" aria-label=\"{label}\">\n{STYLE}\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
        );
        Ok(text.replacen('>', &head, 1))
    }

    fn draw(&self, root: &Area<'_>) -> Result<(), Failure> {
        let (top, below) = root.split_vertically(TITLE);
        let style = TextStyle::from(("sans-serif", 17)).color(&BLACK);
        top.draw(&Text::new(self.title.clone(), (12, 10), style))?;
        let (charts, legend) = below.split_horizontally(PANEL.0 * self.panels.len() as u32);
        for (panel, area) in self.panels.iter().zip(charts.split_evenly((1, self.panels.len()))) {
            self.panel(panel, &area)?;
        }
        let style = TextStyle::from(("sans-serif", 13)).color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        for (index, line) in self.lines().iter().enumerate() {
            let y = LEGEND_TOP + LEGEND_LINE * index as i32;
            self.line(&legend, line, vec![(6, y), (34, y)], &[(20, y)])?;
            legend.draw(&Text::new(line.name.clone(), (42, y), style.clone()))?;
        }
        root.present()?;
        Ok(())
    }

    fn lines(&self) -> &[Line] {
        self.panels.first().map_or(&[], |panel| &panel.lines)
    }

    /// A line through `pixels` with marks at `marks`, as it looks in every panel.
    fn line(&self, area: &Area<'_>, line: &Line, pixels: Vec<Place>, marks: &[Place]) -> Result<(), Failure> {
        let index = |name: &str| self.lines().iter().position(|line| line.name == name);
        let colour = |name: &str| index(name).map(|index| COLOURS[index % COLOURS.len()]);
        match line.kind {
            Kind::Data => {
                let colour = colour(&line.name).unwrap_or(GREY);
                area.draw(&PathElement::new(pixels, colour.stroke_width(2)))?;
                marks.iter().try_for_each(|&at| mark(area, at, index(&line.name).unwrap_or(0), colour))
            }
            Kind::Reference { of } => {
                let (dash, gap) = DASHES[index(&line.name).unwrap_or(0) % DASHES.len()];
                let style = of.and_then(colour).unwrap_or(GREY).stroke_width(2);
                area.draw(&DashedPathElement::new(pixels, dash, gap, style))
            }
        }
    }

    fn panel(&self, panel: &Panel, area: &Area<'_>) -> Result<(), Failure> {
        let shown = || panel.lines.iter().flat_map(|line| &line.points).filter(|point| has_place(point));
        let across = range(shown().map(|point| point.0), 1.12);
        let upwards = range(shown().map(|point| point.1), 1.6);
        let mut chart = ChartBuilder::on(area)
            .caption(&panel.title, ("sans-serif", 14))
            .margin(8)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(across.log_scale().base(2.0), upwards.log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(RGBColor(0x80, 0x88, 0x90).mix(0.3))
            .x_desc(&panel.across)
            .y_desc(&panel.upwards)
            .x_label_formatter(&short)
            .y_label_formatter(&short)
            .label_style(("sans-serif", 13))
            .axis_desc_style(("sans-serif", 13))
            .draw()?;
        let place = |point: &(f64, f64)| chart.backend_coord(point);
        let base = area.get_base_pixel();
        for line in &panel.lines {
            let points = line.points.iter().filter(|point| has_place(point));
            let pixels: Vec<Place> = points.map(place).map(|(x, y)| (x - base.0, y - base.1)).collect();
            self.line(area, line, pixels.clone(), &pixels)?;
        }
        Ok(())
    }
}

type Place = (i32, i32);
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failure = DrawingAreaErrorKind<<SVGBackend<'static> as DrawingBackend>::ErrorType>;

/// Marks differ in shape as well as colour; where colours begin anew the shapes are shifted by one.
fn mark(area: &Area<'_>, at: Place, index: usize, colour: RGBColor) -> Result<(), Failure> {
    let filled = colour.filled();
    match (index + index / COLOURS.len()) % 4 {
        0 => area.draw(&Circle::new(at, 4, filled)),
        1 => area.draw(&TriangleMarker::new(at, 5, filled)),
        2 => area.draw(&Cross::new(at, 4, colour.stroke_width(2))),
        _ => area.draw(&Rectangle::new([(at.0 - 3, at.1 - 3), (at.0 + 3, at.1 + 3)], filled)),
    }
}

fn has_place(point: &(f64, f64)) -> bool {
    point.1 > 0.0 && point.1.is_finite()
}

fn range(values: impl Iterator<Item = f64> + Clone, margin: f64) -> Range<f64> {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(0.0, f64::max);
    if low > high { 0.1..1.0 } else { low / margin..high * margin }
}

/// A number as short as it can be told.
fn short(value: &f64) -> String {
    if (0.01..10_000.0).contains(value) {
        format!("{}", (value * 1000.0).round() / 1000.0)
    } else {
        format!("{value:.0e}")
    }
}
