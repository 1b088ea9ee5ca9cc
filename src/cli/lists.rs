//! Options that are lists.

use std::fmt::Display;

use anyhow::bail;
use unmask::{schedule::Schedule, spec};

/// The numbers of calls that are `given`; else powers of two from `least` up to the length, and the length alone where there
/// are none, or where all `schedules` take no other number.
pub fn steps(
    given: &[usize],
    mut schedules: impl Iterator<Item = Schedule>,
    least: usize,
    length: usize,
) -> Vec<usize> {
    if !given.is_empty() {
        return given.to_vec();
    }
    if schedules.all(|schedule| schedule == Schedule::OneAtATime) {
        return vec![length];
    }
    let powers = (0..usize::BITS).map(|power| 1 << power).skip_while(|&steps| steps < least);
    let powers: Vec<usize> = powers.take_while(|&steps| steps <= length).collect();
    if powers.is_empty() { vec![length] } else { powers }
}

/// Schedules by name, or all that keep to any number of calls, with or without those made for a known profile.
pub fn schedules(list: &str, profile: bool) -> anyhow::Result<Vec<Schedule>> {
    let schedules = if list == "all" {
        let all = Schedule::ALL.into_iter().chain(Schedule::OTHERS);
        all.filter(|&one| one != Schedule::OneAtATime && (profile || !one.needs_profile())).collect()
    } else {
        spec::list(list).iter().map(|name| name.parse()).collect::<Result<Vec<Schedule>, _>>()?
    };
    no_twice("schedule", &schedules)?;
    Ok(schedules)
}

/// Refuses a list that holds something twice.
pub fn no_twice<T: PartialEq + Display>(what: &str, list: &[T]) -> anyhow::Result<()> {
    if let Some(twice) = (1..list.len()).find(|&index| list[..index].contains(&list[index])) {
        bail!("{what} {} is given twice", list[twice]);
    }
    Ok(())
}
