//! The command line: one file a subcommand, and the live terminal view.

mod chart;
mod generate;
mod lab;
mod live;
mod run;
#[cfg(feature = "train")]
mod train;

pub use generate::Generate;
pub use lab::Command as Lab;
#[cfg(feature = "train")]
pub use train::Train;
