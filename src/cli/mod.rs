//! The command line: one file a subcommand, and the live terminal view.

mod chart;
mod eval;
mod generate;
mod infill;
mod lab;
mod lists;
mod live;
mod model_options;
mod paint;
mod print;
mod replay;
mod run;
mod run_options;
mod screen;
mod table;
#[cfg(feature = "train")]
mod train;
mod values;

pub use eval::Command as Eval;
pub use generate::Generate;
pub use infill::Infill;
pub use lab::Command as Lab;
pub use replay::Replay;
#[cfg(feature = "train")]
pub use train::Train;
