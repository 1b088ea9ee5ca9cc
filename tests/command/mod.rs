//! `unmask`, as its user starts it.
#![allow(dead_code, clippy::unwrap_used)] // each test takes what it needs

use std::process::Command;

/// Exit code, standard output and standard error.
pub fn told(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What it tells in the folder of the tests.
pub fn unmask(arguments: &[&str]) -> (i32, String, String) {
    told(Command::new(env!("CARGO_BIN_EXE_unmask")).args(arguments))
}

/// The standard output of what must succeed.
pub fn printed(arguments: &[&str]) -> String {
    let (code, text, notes) = unmask(arguments);
    assert_eq!(code, 0, "{arguments:?}: {notes}");
    text
}
