//! A profile as text: for people, as one object, and as lines with commas.

use serde::Serialize;
use unmask::forecast::Point;

use super::curve;
use crate::cli::forecast::{Told, table};

/// A profile and what follows from it.
pub struct Report {
    /// What it is of, for people.
    pub name: String,
    pub told: Told,
    /// Whether what follows has standard errors: where the windows are not there any more, these are 0 and mean nothing.
    pub doubted: bool,
}

/// One object. As the page reads it, where it lies beside a model as profile.json.
#[derive(Serialize)]
struct Object<'a> {
    of: &'a str,
    model: &'a str,
    length: usize,
    windows: usize,
    nelbo: f64,
    nelbo_se: f64,
    tc: f64,
    tc_se: Option<f64>,
    dtc: f64,
    dtc_se: Option<f64>,
    profile: &'a [Point],
    predicted: Vec<Loss<'a>>,
}

#[derive(Serialize)]
struct Loss<'a> {
    schedule: &'a str,
    steps: usize,
    nats: f64,
    se: Option<f64>,
}

impl Report {
    /// Of a text.
    pub fn measured(name: String, told: Told) -> Self {
        Self { name, told, doubted: true }
    }

    pub fn table(&self) -> String {
        let of = &self.told.forecast;
        let mut text = format!(
            "{}: {} windows of {} tokens\nNELBO {:.4} +- {:.4} nats per token (standard error)\n",
            self.name, of.windows, of.length, of.nelbo, of.nelbo_se
        );
        table::write_correlations(&mut text, of);
        table::write_profile(&mut text, of);
        text += "\n";
        for line in curve::lines(&of.profile) {
            text += &format!("{line}\n");
        }
        text += "\nTC is the area above the curve, up to its height at j=0; DTC the area below it, down to its height at the end\n";
        table::write_predicted(&mut text, of);
        text
    }

    pub fn json(&self) -> anyhow::Result<String> {
        let of = &self.told.forecast;
        let object = Object {
            of: &self.name,
            model: &self.told.model,
            length: of.length,
            windows: of.windows,
            nelbo: of.nelbo,
            nelbo_se: of.nelbo_se,
            tc: of.tc,
            tc_se: self.doubt(of.tc_se),
            dtc: of.dtc,
            dtc_se: self.doubt(of.dtc_se),
            profile: &of.profile,
            predicted: self.losses().collect(),
        };
        Ok(serde_json::to_string_pretty(&object)? + "\n")
    }

    pub fn csv(&self) -> String {
        let mut text = String::from("kind,schedule,at,nats,se\n");
        for Point { revealed, nats, se } in &self.told.forecast.profile {
            text += &format!("profile,,{revealed},{nats},{se}\n");
        }
        for Loss { schedule, steps, nats, se } in self.losses() {
            // A schedule's parameters hold commas.
            let name = if schedule.contains(',') { format!("\"{schedule}\"") } else { schedule.to_owned() };
            text += &format!("predicted,{name},{steps},{nats},{}\n", se.map(|se| se.to_string()).unwrap_or_default());
        }
        text
    }

    fn losses(&self) -> impl Iterator<Item = Loss<'_>> {
        self.told.forecast.predicted.iter().map(|one| Loss {
            schedule: &one.schedule,
            steps: one.steps,
            nats: one.nats,
            se: self.doubt(one.se),
        })
    }

    fn doubt(&self, se: f64) -> Option<f64> {
        self.doubted.then_some(se)
    }
}
