//! The command line: one file a subcommand, and the live terminal view.

mod bench;
mod chart;
mod compare;
mod convert;
mod devices;
mod eval;
mod forecast;
mod generate;
mod how_options;
mod infill;
mod lab;
mod lists;
mod live;
mod model_info;
mod model_options;
mod paint;
mod print;
mod profile;
mod prompt;
mod replay;
mod run;
mod run_options;
mod screen;
mod serve;
mod shell;
mod subject;
mod table;
#[cfg(feature = "train")]
mod train;
mod values;

/// Exit code of what its user stopped.
const STOPPED: u8 = 130;

pub use bench::Bench;
pub use compare::Compare;
pub use convert::Convert;
pub use devices::Devices;
pub use eval::Command as Eval;
pub use generate::Generate;
pub use infill::Infill;
pub use lab::Command as Lab;
pub use model_info::Command as Model;
pub use profile::Command as Profile;
pub use replay::Replay;
pub use serve::Serve;
pub use shell::{Completions, Man};
#[cfg(feature = "train")]
pub use train::Train;
