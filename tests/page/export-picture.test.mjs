import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LOOKS } from "../../web/export/look.js";
import { advances } from "../../web/export/measure.js";
import { layoutsOf, picture } from "../../web/export/picture.js";
import { SCHEMES, contrast } from "../../web/ramp.js";
import { cellsOf } from "../../web/run.js";
import { MASK, aRun } from "./export-run.mjs";

const textsOf = ({ items }) => items.filter(({ kind }) => kind === "text").map(({ text }) => text.replaceAll("\u00a0", " "));
const cellTexts = ({ items }) => items.filter(({ kind, font }) => kind === "text" && font === "mono");
const masks = ({ items }) => items.filter(({ stripe }) => stripe).length - 1; // one is in the legend

test("the colours are those of the style sheet", () => {
  const css = readFileSync(new URL("../../web/style.css", import.meta.url), "utf8");
  const [light, dark] = css.split("@media (prefers-color-scheme: dark)");
  const names = { ground: "ground", ink: "ink", muted: "muted", line: "line", edge: "edge", accent: "accent", mask: "mask", stripe: "mask-stripe" };
  for (const [scheme, sheet] of [["light", light], ["dark", dark]]) {
    for (const [key, name] of Object.entries(names)) {
      const found = sheet.match(new RegExp(`--${name}: (#[0-9a-f]{6})`))?.[1];
      assert.equal(LOOKS[scheme][key], found, `${scheme} ${name}`);
    }
    for (const key of ["ink", "muted", "accent"]) assert.ok(contrast(LOOKS[scheme][key], SCHEMES[scheme].ground) >= 4.5);
  }
});

test("every token and every mask is there, at every frame, of one run and of two", () => {
  const [one, two] = [aRun({ seed: 3 }), aRun({ seed: 4, steps: 5 })];
  for (const runs of [[one], [one, two]]) {
    for (const k of [0, 2, 8]) {
      const shown = runs.map((run) => cellsOf(run, Math.min(k, run.frames.length - 1))).flat();
      const scene = picture(runs, k, "light");
      assert.equal(masks(scene), shown.filter(({ state }) => state === "masked").length);
      assert.equal(cellTexts(scene).length, shown.filter(({ token }) => token !== MASK).length);
    }
  }
});

test("nothing is drawn outside of the picture, and cells' text fits its cell", () => {
  for (const runs of [[aRun({ seed: 6 })], [aRun({ seed: 7, calls: 3 }), aRun({ seed: 8, steps: 57 })]]) {
    const { width, height, items } = picture(runs, 4, "dark");
    assert.equal(width, runs.length === 1 ? 760 : 1200);
    for (const item of items) {
      const wide = item.length ?? (item.kind === "text" ? advances(item.text) * item.size * 0.6 : 0);
      const shift = { middle: wide / 2, end: wide }[item.anchor] ?? 0;
      const [left, right] =
        item.kind === "rect" ? [item.x, item.x + item.width]
        : item.kind === "line" ? [item.x1, item.x2]
        : [item.x - shift, item.x - shift + wide];
      const [top, bottom] = item.kind === "rect" ? [item.y, item.y + item.height] : item.kind === "line" ? [item.y1, item.y2] : [item.y - item.size, item.y];
      assert.ok(left >= 0 && right <= width && top >= 0 && bottom <= height, JSON.stringify(item));
    }
  }
});

test("the same runs give the same picture", () => {
  const make = () => picture([aRun({ seed: 9 }), aRun({ seed: 10 })], 3, "light");
  assert.deepEqual(make(), make());
});

test("frames of an animation have one size, and a token never moves", () => {
  const runs = [aRun({ seed: 11 }), aRun({ seed: 12, steps: 4 })];
  const layouts = layoutsOf(runs);
  const scenes = [...runs[0].frames.keys()].map((k) => picture(runs, k, "light", layouts));
  const last = new Set(cellTexts(scenes.at(-1)).map(({ x, y }) => `${x} ${y}`));
  for (const scene of scenes) {
    assert.deepEqual([scene.width, scene.height], [scenes[0].width, scenes[0].height]);
    for (const { x, y } of cellTexts(scene)) assert.ok(last.has(`${x} ${y}`));
  }
});

test("a stopped run says so at every frame, a finished one never", () => {
  const stopped = aRun({ seed: 13, calls: 3 });
  for (const k of [0, 1, 3]) {
    const words = picture([stopped], k, "light").items.find(({ text }) => text?.startsWith("Stopped after 3 calls"));
    assert.equal(words?.fill, LOOKS.light.accent, `frame ${k}`);
  }
  const dashes = ({ items }) => items.filter(({ dash }) => dash).length;
  assert.equal(dashes(picture([stopped], 3, "light")), 0); // no even share of calls that nobody counted
  const scene = picture([aRun({ seed: 13 })], 8, "light");
  assert.equal(dashes(scene), 1);
  assert.ok(textsOf(scene).every((text) => !text.includes("topped")));
  assert.ok(textsOf(scene).some((text) => text.startsWith("Finished: 57 tokens in 8 calls")));
});

test("the caption names what makes the run again, the foot where it comes from", () => {
  const words = textsOf(picture([aRun({ seed: 14, pins: [[20, 28]] })], 5, "light")).join(" | ");
  for (const part of ["uniform", "random order", "8 steps", "temperature 1", "seed 14", "1 pin", "call 5 of 8", "unmask · model 0123456789ab"]) {
    assert.ok(words.includes(part), `${part} in ${words}`);
  }
});

test("a pin is told apart from the prompt, and explained where there is one", () => {
  const framed = (scene) => scene.items.filter(({ stroke, strokeWidth }) => stroke === LOOKS.light.ink && strokeWidth === 2).length;
  const pinned = picture([aRun({ seed: 15, pins: [[20, 28]] })], 5, "light");
  assert.equal(framed(pinned), 2); // the cell, and the legend's
  assert.ok(textsOf(pinned).includes("pinned"));
  const none = picture([aRun({ seed: 15 })], 5, "light");
  assert.equal(framed(none), 0);
  assert.ok(!textsOf(none).includes("pinned"));
});

test("a run that has made no call yet can be shown", () => {
  const run = aRun({ seed: 16, calls: 0 });
  assert.equal(masks(picture([run], 0, "light")), 57);
});

test("bars are as tall as their calls' sizes, on one scale for both runs", () => {
  const runs = [aRun({ seed: 17, steps: 3 }), aRun({ seed: 18, steps: 19 })];
  const scene = picture(runs, 0, "light"); // all calls are ahead: hollow, framed by the edge's colour, square
  const bars = scene.items.filter((item) => item.kind === "rect" && !item.radius && item.stroke === LOOKS.light.edge);
  const sizes = runs.flatMap((run) => run.frames.slice(1).map(({ revealed }) => revealed.length));
  assert.equal(bars.length, sizes.length);
  const unit = (bars[0].height + 0.5) / sizes[0];
  bars.forEach(({ height }, at) => assert.ok(Math.abs((height + 0.5) / sizes[at] - unit) < 1e-9, `bar ${at}`));
});
