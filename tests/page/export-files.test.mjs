import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_FRAMES, exportRuns, nameOf } from "../../web/export/export.js";
import { aRun } from "./export-run.mjs";

test("a trace is what the engine wrote, byte by byte", async () => {
  const run = aRun({ calls: 3 });
  run.headerLine = '{"temperature":1.0}'; // a number that JavaScript would write otherwise
  const blob = await exportRuns({ kind: "trace", runs: [run] });
  const mark = run.how === "stopped" ? [`{"stopped":${run.lines.length - 1}}`] : [];
  assert.equal(await blob.text(), `${[run.headerLine, ...run.lines, ...mark].join("\n")}\n`);
  assert.equal(blob.type, "application/jsonl");
});

test("two runs are no trace", async () => {
  await assert.rejects(exportRuns({ kind: "trace", runs: [aRun(), aRun()] }), /A trace holds one run/);
});

test("a text is that of the frame, of the last by default, and of a shorter run its last", async () => {
  const [one, two] = [aRun({ seed: 1 }), aRun({ seed: 2, steps: 4 })];
  const text = async (asked) => (await exportRuns({ kind: "text", ...asked })).text();
  const utf8 = (string) => Buffer.from(string).toString(); // files hold no lone surrogates
  assert.equal(await text({ runs: [one], frame: 3 }), utf8(`${one.texts[3]}\n`));
  assert.equal(await text({ runs: [one] }), utf8(`${one.texts[8]}\n`));
  assert.equal(await text({ runs: [one, two], frame: 7 }), utf8(`${one.texts[7]}\n\n${two.texts[4]}\n`));
});

test("an SVG is one of the frame and the scheme asked for", async () => {
  const svg = async (asked) => (await exportRuns({ kind: "svg", runs: [aRun()], ...asked })).text();
  assert.match(await svg({ frame: 3 }), /call 3 of 8/);
  assert.match(await svg({}), /call 8 of 8/);
  assert.match(await svg({ scheme: "dark" }), /#16171b/);
});

test("a GIF of too many frames is refused with the number that is accepted", async () => {
  const run = aRun({ length: 400, steps: MOST_FRAMES });
  assert.equal(run.frames.length, MOST_FRAMES + 1);
  const refused = exportRuns({ kind: "gif", runs: [aRun(), run] });
  await assert.rejects(refused, /301 frames; a GIF holds at most 300/);
});

test("what cannot be exported is said", async () => {
  const empty = { ...aRun(), frames: [] };
  await assert.rejects(exportRuns({ kind: "svg", runs: [empty] }), /nothing to export yet/);
  await assert.rejects(exportRuns({ kind: "svg", runs: [] }), /one or two can be exported/);
  await assert.rejects(exportRuns({ kind: "jpeg", runs: [aRun()] }), /accepted are svg, png, gif, text, trace/);
});

test("a job that was given up before it began does not begin", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(exportRuns({ kind: "svg", runs: [aRun()], signal }), { name: "AbortError" });
});

test("every kind has a name with its ending", () => {
  const kinds = ["svg", "png", "gif", "text", "trace"];
  assert.deepEqual(kinds.map((kind) => nameOf(kind).split(".").at(-1)), ["svg", "png", "gif", "txt", "jsonl"]);
});
