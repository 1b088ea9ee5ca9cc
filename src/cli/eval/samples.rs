//! Samples: the sweep that the options ask for, and its numbers.

use unmask::{
    denoiser::Denoiser,
    order::Order,
    quality::{COPIED, Grams},
    schedule::Schedule,
    strategy::Strategy,
    sweep::{Shard, Share, Summary, Sweep, VERSION, merge},
};

use super::{Command, bench::Bench, judge::open_judge, samples_table};
use crate::cli::{
    lists,
    print::{print, wrong_usage},
    subject::{Source, Subject},
};

/// What is compared when nobody says otherwise.
const SCHEDULES: &str = "adaptive-min,uniform,cosine";
/// With that number of runs an interval is about half a standard deviation to each side.
const RUNS: usize = 16;

/// Makes the runs, all or a share of them, and prints their numbers.
pub fn print_samples(command: &Command) -> anyhow::Result<()> {
    let strategies = strategies(command).unwrap_or_else(|error| wrong_usage(&error));
    let mut subject = Subject::open(command.place.model.as_deref(), command.place.device)?;
    if let Some(refresh) = command.cache.cache {
        subject.model.keep(refresh)?;
    }
    let length = subject.length(command.length).unwrap_or_else(|error| wrong_usage(&error));
    let start = subject.model.start(command.prompt.as_deref().unwrap_or_default(), length)?;
    let judge = open_judge(command.judge.as_deref(), subject.model.place(), subject.model.text(), length)?;
    let text = subject.model.text();
    let source = command.file.as_ref().map(|path| Source::read(path, text, length)).transpose()?;
    let training = command.training_text.as_ref().map(|path| Source::read(path, text, length)).transpose()?;

    let mask_id = subject.model.mask_id();
    let fresh: Vec<usize> = (0..length).filter(|&at| start[at] == mask_id).collect();
    let masked = fresh.len();
    // What is no schedule takes any number, as `uniform` does.
    let schedules = strategies.iter().map(|strategy| match strategy {
        Strategy::Scheduled { schedule, .. } => *schedule,
        _ => Schedule::Uniform,
    });
    let steps = lists::steps(&command.steps, schedules, 4, masked);
    let sweep = Sweep {
        model: subject.model.hash().to_owned(),
        tokenizer: text.hash().to_owned(),
        judge: judge.as_ref().map(|judge| judge.model.hash().to_owned()),
        training_text: training.as_ref().map(|training| training.hash.clone()),
        held_out: source.as_ref().map(|source| source.hash.clone()),
        windows: command.text.windows(),
        points: command.text.points(),
        strategies: strategies.iter().map(|strategy| strategy.words()).collect(),
        steps,
        runs: command.runs.unwrap_or(RUNS),
        prompt: command.prompt.clone().unwrap_or_default(),
        length,
        masked,
        temperature: command.temperature.unwrap_or(1.0),
        seed: command.seed,
        cache: subject.model.refresh(),
    };
    let share = command.shard.unwrap_or(Share::WHOLE);
    check(&sweep, share, &start, mask_id, source.is_some()).unwrap_or_else(|error| wrong_usage(&error));

    let grams = training.map(|training| Grams::new(training.corpus.all(), COPIED));
    let mut bench = Bench::new(subject, judge, grams, start, fresh);
    let held_out = bench.hold_out(&sweep, share, &strategies, source.as_ref(), command)?;
    let runs = bench.runs(&sweep, share)?;
    let device = bench.device();
    let shard = Shard { version: VERSION, share, sweep, device, held_out, runs };
    if command.shard.is_some() {
        return print(&(serde_json::to_string_pretty(&shard)? + "\n"));
    }
    let whole = merge(vec![("the sweep".to_owned(), shard)])?;
    print(&samples_table::printed(&Summary::new(whole), command.format)?)
}

/// What the options name: every schedule in every order, then rules, then remaskings.
fn strategies(command: &Command) -> anyhow::Result<Vec<Strategy>> {
    let (orders, rules, remaskings) = (command.orders()?, command.rules()?, command.remaskings()?);
    // Whoever names rules alone wants these alone.
    let alone = command.schedules.is_none() && command.orders.is_none() && !(rules.is_empty() && remaskings.is_empty());
    let schedules = lists::schedules(command.schedules.as_deref().unwrap_or(SCHEDULES), command.file.is_some())?;
    let schedules = if alone { vec![] } else { schedules };
    let of =
        |order: &Order| schedules.iter().map(|&schedule| Strategy::scheduled(schedule, *order)).collect::<Vec<_>>();
    let rules = rules.into_iter().map(|rule| Strategy::Rule { rule, block_length: None });
    Ok(orders.iter().flat_map(of).chain(rules).chain(remaskings.into_iter().map(Strategy::Remasking)).collect())
}

/// Refuses what cannot be run, before anything takes time.
fn check(sweep: &Sweep, share: Share, start: &[u32], mask_id: u32, text: bool) -> anyhow::Result<()> {
    if sweep.masked == 0 {
        anyhow::bail!("the prompt leaves no token to reveal; length is {}, and must be more", sweep.length);
    }
    lists::no_twice("steps", &sweep.steps)?;
    // What the profile will be does not matter here.
    let profile = text.then(|| vec![0.0; sweep.length]);
    sweep.check(start, mask_id, profile.as_deref())?;
    if share.of > sweep.size() {
        anyhow::bail!("{} shards of {} runs; there must be a run for each", share.of, sweep.size());
    }
    Ok(())
}
