//! The command line: one file a subcommand, and the live terminal view.

mod generate;
mod live;
mod run;

pub use generate::Generate;
