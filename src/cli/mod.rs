//! The command line: one file a subcommand, and the live terminal view.

mod chart;
mod generate;
mod lab;
mod live;
mod run;

pub use generate::Generate;
pub use lab::Command as Lab;
