//! `unmask`: parses the command line and dispatches. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by the user.

mod cli;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// Watch how a diffusion language model decides which tokens to reveal, how many at a time.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Eval(Box<cli::Eval>),
    Generate(Box<cli::Generate>),
    Infill(Box<cli::Infill>),
    Lab(cli::Lab),
    Replay(cli::Replay),
    #[cfg(feature = "train")]
    Train(cli::Train),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Eval(eval) => eval.run(),
        Command::Generate(generate) => generate.run(),
        Command::Infill(infill) => infill.run(),
        Command::Lab(lab) => lab.run(),
        Command::Replay(replay) => replay.run(),
        #[cfg(feature = "train")]
        Command::Train(train) => train.run(),
    };
    outcome.unwrap_or_else(|error| {
        // Nobody may be reading.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}
