//! `unmask`: parses the command line and dispatches. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by the user.

mod cli;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};

/// Watch how a diffusion language model decides which tokens to reveal, how many at a time.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by the user";

#[derive(Subcommand)]
enum Command {
    Bench(cli::Bench),
    Compare(Box<cli::Compare>),
    Convert(cli::Convert),
    Devices(cli::Devices),
    Eval(Box<cli::Eval>),
    Generate(Box<cli::Generate>),
    Infill(Box<cli::Infill>),
    Lab(cli::Lab),
    Model(cli::Model),
    Profile(cli::Profile),
    Replay(cli::Replay),
    Serve(cli::Serve),
    #[cfg(feature = "train")]
    Train(Box<cli::Train>),
    Completions(cli::Completions),
    Man(cli::Man),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Bench(bench) => bench.run(),
        Command::Compare(compare) => compare.run(),
        Command::Convert(convert) => convert.run(),
        Command::Devices(devices) => devices.run(),
        Command::Eval(eval) => eval.run(),
        Command::Generate(generate) => generate.run(),
        Command::Infill(infill) => infill.run(),
        Command::Lab(lab) => lab.run(),
        Command::Model(model) => model.run(),
        Command::Profile(profile) => profile.run(),
        Command::Replay(replay) => replay.run(),
        Command::Serve(serve) => serve.run(),
        #[cfg(feature = "train")]
        Command::Train(train) => train.run(),
        Command::Completions(completions) => completions.run(Arguments::command()),
        Command::Man(man) => man.run(Arguments::command()),
    };
    outcome.unwrap_or_else(|error| {
        // Nobody may be reading.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}
