//! Options that are lists.

use std::fmt::Display;

use anyhow::bail;
use unmask::{schedule::Schedule, spec};

/// Powers of two from `least` up to the length, and the length itself where there are none.
pub fn powers_of_two(least: usize, length: usize) -> Vec<usize> {
    let powers = (0..usize::BITS).map(|power| 1 << power).skip_while(|&steps| steps < least);
    let powers: Vec<usize> = powers.take_while(|&steps| steps <= length).collect();
    if powers.is_empty() { vec![length] } else { powers }
}

/// Schedules by name, or all that keep to any number of calls.
pub fn schedules(list: &str) -> anyhow::Result<Vec<Schedule>> {
    let schedules = if list == "all" {
        let unhurried = |schedule: &Schedule| *schedule != Schedule::OneAtATime;
        Schedule::ALL.into_iter().chain(Schedule::OTHERS.into_iter().filter(unhurried)).collect()
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
