import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { citation, nativeCommand } from "../../web/export/native.js";

const SETTINGS = { prompt: "Once upon a time", pins: [], schedule: "adaptive-min", order: "random", steps: 32, temperature: 1, seed: 7 };

/** The words that a POSIX shell makes of a command line. */
const words = (command) => execFileSync("sh", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" }).split("\0").slice(0, -1);

test("everything is written out, by the flags of unmask generate", () => {
  assert.equal(
    nativeCommand(SETTINGS).command,
    "unmask generate --prompt 'Once upon a time' --schedule adaptive-min --order random --steps 32 --temperature 1 --seed 7",
  );
  const { schedule, order, ...rest } = SETTINGS;
  assert.deepEqual(words(nativeCommand({ ...rest, rule: "klass:tau=0.9,eps=0.01,n=2", block_length: 8 }).command).slice(4), [
    "--rule", "klass:tau=0.9,eps=0.01,n=2", "--block-length", "8", "--steps", "32", "--temperature", "1", "--seed", "7",
  ]);
  assert.deepEqual(words(nativeCommand({ ...rest, remasking: "remdm-conf" }).command).slice(4, 6), ["--remasking", "remdm-conf"]);
  assert.ok(nativeCommand({ ...SETTINGS, cache: 4 }).command.endsWith(" --seed 7 --cache 4"), "of a trace that says so");
});

test("a shell hands over the prompt character by character", () => {
  const prompts = [
    "", "it's", "''", "'", "\\", "\\'", "a\\", '"; rm -rf / #', "$(id) `id` $HOME ${x}", "line\nline\n", "\ttab  two", "-n --help",
    "!history", "~ * ? [a] {b,c}", "<|mask|> & | ; > <", "é漢🦊", "%s%n", "\u0001\u007f",
  ];
  for (const prompt of prompts) {
    const { command, note } = nativeCommand({ ...SETTINGS, prompt });
    assert.deepEqual(words(command).slice(0, 4), ["unmask", "generate", "--prompt", prompt]);
    assert.equal(note, "");
  }
  assert.deepEqual(words(nativeCommand({ ...SETTINGS, schedule: "a b';x" }).command).slice(4, 6), ["--schedule", "a b';x"]);
});

test("what a command line cannot say is noted", () => {
  const pinned = nativeCommand({ ...SETTINGS, pins: [[9, 5], [11, 6]] });
  assert.ok(pinned.command.endsWith(" --pin 9#5 --pin 11#6") && pinned.note === "", pinned.command);
  const zero = nativeCommand({ ...SETTINGS, prompt: "a\0b" });
  assert.equal(words(zero.command)[3], "ab");
  assert.match(zero.note, /zero byte/);
});

test("numbers are written as the program reads them", () => {
  const tail = words(nativeCommand({ ...SETTINGS, temperature: 0.1, seed: Number.MAX_SAFE_INTEGER }).command).slice(-3);
  assert.deepEqual(tail, ["0.1", "--seed", "9007199254740991"]);
});

test("the reference names the paper and what is ours", () => {
  assert.match(citation(), /our derivation/);
  assert.match(citation(), /eprint = \{2602\.20126\}/);
  const depth = [...citation()].reduce((sum, sign) => sum + (sign === "{") - (sign === "}"), 0);
  assert.equal(depth, 0);
});

test("a model that is not the default is named, as a folder of the user's", () => {
  const { command, note } = nativeCommand(SETTINGS, "own");
  assert.ok(command.endsWith(" --seed 7 --model DIR"), command);
  assert.match(note, /DIR is the folder/);
});
