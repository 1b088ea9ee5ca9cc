//! `unmask train` as its user meets it: what it leaves in the folder, and what it says when it cannot go on.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use unmask::train::{CHECKPOINT, Checkpoint};

const SMALL: &[&str] = &[
    "--vocab",
    "275",
    "--length",
    "16",
    "--d-model",
    "32",
    "--n-layer",
    "1",
    "--n-head",
    "2",
    "--d-ff",
    "48",
    "--batch",
    "8",
    "--device",
    "cpu",
];

/// A folder of one test, with a text in it, gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("unmask-train-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let story = |k: usize| format!("A cat saw {k} dogs. The dogs saw {} cats.\n<|endoftext|>\n", k + 1);
        fs::write(path.join("text.txt"), (0..300).map(story).collect::<String>()).unwrap();
        Self(path)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unmask"));
        command.args(["train", "text.txt", "--out", "out"]).args(SMALL).args(more).current_dir(&self.0);
        command
    }

    fn train(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn step_of(folder: &Path) -> u64 {
    Checkpoint::read(folder).unwrap().about.progress.step
}

#[test]
fn a_run_leaves_a_model_that_writes() {
    let folder = Folder::new("whole");
    let output = folder.train(&["--steps", "20", "--every", "10", "--patience", "0"]);
    let words = told(&output);
    assert!(output.status.success(), "{words}");
    for word in ["stories", "weights", "step 10:", "step 20:", "nats a token", "a byte", "tokens/s", "done: 20 steps"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    let mut names: Vec<_> = fs::read_dir(folder.out()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        [CHECKPOINT, "config.json", "curve.csv", "model.safetensors", "self_test.json", "tokenizer.json"]
    );
    let curve = fs::read_to_string(folder.out().join("curve.csv")).unwrap();
    assert_eq!(curve.lines().count(), 3, "{curve}");
    let generate = Command::new(env!("CARGO_BIN_EXE_unmask"))
        .args(["generate", "--plain", "--device", "cpu", "--steps", "4", "--seed", "1", "--model"])
        .arg(folder.out())
        .output()
        .unwrap();
    assert!(generate.status.success() && !generate.stdout.is_empty(), "{}", told(&generate));

    // The folder is not trained over by mistake; the run is done, and can be made longer.
    let again = told(&folder.train(&["--steps", "20"]));
    assert!(again.contains("is there already") && again.contains("--resume"), "{again}");
    assert!(folder.train(&["--resume"]).status.success());
    assert!(folder.train(&["--resume", "--steps", "30", "--every", "5"]).status.success());
    assert_eq!(step_of(&folder.out()), 30);
    let minutes = told(&folder.train(&["--resume", "--minutes", "0.02"]));
    assert!(minutes.contains("done: ") && step_of(&folder.out()) > 30, "{minutes}");
    let other = told(&folder.train(&["--resume", "--learning-rate", "0.5"]));
    assert!(other.contains("learning_rate is 0.5") && other.contains("began with 0.012"), "{other}");
}

/// A run, and one that is stopped on its way and resumed until it is done.
#[cfg(unix)]
#[test]
fn a_run_stopped_by_ctrl_c_goes_on_to_the_same_weights() {
    let (whole, parts) = (Folder::new("at-once"), Folder::new("in-parts"));
    assert!(whole.train(&["--steps", "400", "--every", "100"]).status.success());
    let mut stopped = 0;
    for attempt in 0..50 {
        let more: &[&str] = if parts.out().join(CHECKPOINT).exists() { &["--resume"] } else { &[] };
        let arguments = [more, &["--steps", "400", "--every", "100"]].concat();
        let mut child = parts.command(&arguments).stderr(Stdio::null()).spawn().unwrap();
        // Not before it has begun, whatever else the machine does.
        while !parts.out().join(CHECKPOINT).exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(700));
        if attempt < 3 {
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        }
        let code = child.wait().unwrap().code();
        if code == Some(0) {
            break;
        }
        assert_eq!(code, Some(130));
        stopped += 1;
    }
    assert!(stopped > 0);
    for name in ["model.safetensors", "curve.csv"] {
        let read = |folder: &Folder| fs::read(folder.out().join(name)).unwrap();
        if name == "curve.csv" {
            // Without the seconds.
            let numbers = |folder: &Folder| -> Vec<String> {
                let curve = String::from_utf8(read(folder)).unwrap();
                curve
                    .lines()
                    .map(|line| line.split(',').enumerate().filter(|(k, _)| *k != 2).map(|(_, x)| x).collect())
                    .collect()
            };
            assert_eq!(numbers(&whole), numbers(&parts));
        } else {
            assert!(read(&whole) == read(&parts), "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_killed_run_leaves_a_whole_checkpoint() {
    let folder = Folder::new("killed");
    let mut steps = vec![];
    let begun = Instant::now();
    while steps.len() < 6 && begun.elapsed() < Duration::from_secs(60) {
        let more: &[&str] = if folder.out().join(CHECKPOINT).exists() { &["--resume"] } else { &[] };
        let mut child = folder
            .command(&[more, &["--steps", "1000000", "--every", "1"]].concat())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // At another moment each time: now in a step, now in a write.
        std::thread::sleep(Duration::from_millis(400 + 97 * steps.len() as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        if folder.out().join(CHECKPOINT).exists() {
            steps.push(step_of(&folder.out()));
        }
    }
    assert!(steps.len() == 6 && steps.is_sorted() && steps[0] < steps[5], "{steps:?}");
}

/// A file that may not grow over a limit is what a full disk is to a program.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_last_whole_checkpoint() {
    let folder = Folder::new("full");
    assert!(folder.train(&["--steps", "5", "--every", "5"]).status.success());
    let before = fs::read(folder.out().join(CHECKPOINT)).unwrap();
    let unmask = env!("CARGO_BIN_EXE_unmask");
    for (trap, refused) in [("trap '' XFSZ; ", true), ("", false)] {
        // `ulimit -f` counts blocks of 512 or 1024 bytes: in both, less than a checkpoint.
        let script =
            format!("{trap}ulimit -f 20; '{unmask}' train text.txt --out out --resume --steps 10 {}", SMALL.join(" "));
        let output = Command::new("sh").args(["-c", &script]).current_dir(&folder.0).output().unwrap();
        assert!(!output.status.success());
        if refused {
            assert!(told(&output).contains(".safetensors cannot be written"), "{}", told(&output));
            let names = fs::read_dir(folder.out()).unwrap().map(|entry| entry.unwrap().file_name());
            assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
        }
        assert!(fs::read(folder.out().join(CHECKPOINT)).unwrap() == before);
    }
    assert!(folder.train(&["--resume", "--steps", "10"]).status.success());
    assert_eq!(step_of(&folder.out()), 10);
}

#[test]
fn what_cannot_be_trained_is_told() {
    let folder = Folder::new("bad");
    let fails = |more: &[&str], word: &str| {
        // In the place of the usual, where it is given.
        let known = |name: &str| more.contains(&name) || (name == "--vocab" && more.contains(&"--tokenizer"));
        let usual = SMALL.chunks(2).filter(|pair| !known(pair[0])).flatten();
        let mut command = Command::new(env!("CARGO_BIN_EXE_unmask"));
        command.args(["train", "text.txt", "--out", "out"]).args(usual).args(more);
        let output = command.current_dir(&folder.0).output().unwrap();
        let words = told(&output);
        assert!(!output.status.success() && words.contains(word), "{more:?}: {words}");
        assert!(!folder.out().exists(), "{more:?}");
    };
    fails(&["missing.txt"], "missing.txt cannot be read");
    fails(&["--held-out", "missing.txt"], "missing.txt cannot be read");
    fails(&["--vocab", "100"], "vocab is 100; it must be at least 259");
    fails(&["--vocab", "4000"], "a vocabulary of 4000 needs more text");
    fails(&["--n-head", "3"], "n_head");
    for name in ["--steps", "--batch", "--vocab", "--threads", "--patience"] {
        fails(&[name, "-1"], "must be a whole number from 0 to 18446744073709551615");
    }
    fails(&["--steps", "0"], "steps is 0; it must be at least 1");
    fails(&["--batch", "100000"], "batch is 100000; it must be at least 1, and of at most 1048576 tokens");
    fails(&["--weight-decay", "1e30"], "weight decay is 1000000000000000000000000000000; it must be from 0 to 1");
    fails(&["--length", "1"], "length is 1; it must be from 2 to 1048576");
    fails(&["--learning-rate", "nan"], "learning rate is NaN");
    fails(&["--minutes", "-1"], "--minutes is -1; it must be a number above 0");
    fails(&["--learning-rate", "-1"], "learning rate is -1; it must be above 0");
    fails(&["--size", "huge"], "the sizes are tiny, small");
    fails(&["--resume"], "out has no run to go on with: leave --resume out to begin one");
    fails(&["--threads", "9"], "threads is 9; it must be at least 1, and at most the windows of a batch");
    fails(&["--seed", "-1"], "must be a whole number from 0");
    fails(&["--length", "2000"], "the held-out text cannot be used: the text has");
    fs::write(folder.0.join("bytes"), [0xff, 0xfe]).unwrap();
    fails(&["bytes"], "bytes is not text in UTF-8");
    fs::write(folder.0.join("other.json"), "{}").unwrap();
    fails(&["--tokenizer", "other.json"], "other.json is no tokenizer: ");
    fs::write(folder.0.join("empty"), " \n").unwrap();
    fails(&["--held-out", "empty"], "the text is empty");
    fails(&["--length", "100000000"], "length is 100000000; it must be from 2 to 1048576");
    let output = folder.command(&["--minutes", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let mut empty = Command::new(env!("CARGO_BIN_EXE_unmask"));
    let output = empty.args(["train", "empty", "--out", "out"]).current_dir(&folder.0).output().unwrap();
    assert_eq!((output.status.code(), told(&output).as_str()), (Some(1), "error: the text is empty\n"));
}

#[test]
fn a_folder_that_holds_a_model_is_not_trained_over() {
    let folder = Folder::new("taken");
    fs::create_dir_all(folder.out()).unwrap();
    fs::write(folder.out().join("model.safetensors"), "weights").unwrap();
    let words = told(&folder.train(&["--steps", "5"]));
    assert!(words.contains("out holds a model already: name another --out"), "{words}");
    assert_eq!(fs::read_dir(folder.out()).unwrap().count(), 1);
}

/// However a run comes to its end, there is a model in the end.
#[cfg(unix)]
#[test]
fn a_run_cut_short_on_resuming_is_measured_where_it_ends() {
    let folder = Folder::new("short");
    let mut child = folder.command(&["--steps", "100000", "--every", "100000"]).stderr(Stdio::null()).spawn().unwrap();
    while !folder.out().join(CHECKPOINT).exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(500));
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!folder.out().join("model.safetensors").exists());
    let words = told(&folder.train(&["--resume", "--steps", "1"]));
    assert!(words.contains("done: ") && folder.out().join("model.safetensors").exists(), "{words}");
}

/// Minutes are minutes also when the run is stopped before it is known how many steps they are.
#[cfg(unix)]
#[test]
fn minutes_outlive_an_early_stop() {
    let folder = Folder::new("early");
    let mut child = folder.command(&["--minutes", "0.05", "--every", "1000000"]).stderr(Stdio::null()).spawn().unwrap();
    while !folder.out().join(CHECKPOINT).exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(Checkpoint::read(&folder.out()).unwrap().about.settings.minutes, Some(0.05));
    let begun = Instant::now();
    let words = told(&folder.train(&["--resume", "--every", "1000000"]));
    assert!(words.contains("done: ") && begun.elapsed() < Duration::from_secs(60), "{words}");
    assert_eq!(Checkpoint::read(&folder.out()).unwrap().about.settings.minutes, None);
}

#[cfg(unix)]
#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = Folder::new("shared");
    let mut child = folder.command(&["--steps", "1000000"]).stderr(Stdio::null()).spawn().unwrap();
    while !folder.out().join(CHECKPOINT).exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let words = told(&folder.train(&["--resume"]));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(words.contains("another run is writing into out; name another --out"), "{words}");
    assert!(folder.train(&["--resume", "--steps", "1"]).status.success(), "a lock outlives no run");
}

/// Any text that has enough in it is trained on, whatever stands between its lines.
#[test]
fn text_of_any_shape_is_read_to_its_end() {
    let folder = Folder::new("shapes");
    let words = "A cat saw two dogs. The dogs saw it too. ".repeat(200);
    let lines = words.replace(". ", ".\r\n");
    for (name, text) in [("line", words.clone()), ("lines", lines.clone()), ("foreword", format!("It.\r\n\r\n{lines}"))]
    {
        fs::write(folder.0.join(name), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_unmask"));
        command
            .args(["train", name, "--steps", "2", "--vocab", "259", "--out"])
            .arg(folder.0.join(name.to_owned() + "-out"));
        let usual = SMALL.chunks(2).filter(|pair| pair[0] != "--vocab").flatten();
        let output = command.args(usual).current_dir(&folder.0).output().unwrap();
        let said = told(&output);
        assert!(
            output.status.success() && said.contains("text: 1 story") && !said.contains("not read"),
            "{name}: {said}"
        );
    }
}
