import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SCHEMES, colourOf, contrast, luminance } from "../../web/ramp.js";

for (const [scheme, { ground, ink }] of Object.entries(SCHEMES)) {
  test(`${scheme}: text keeps a contrast of 4.5 on every colour of every ramp`, () => {
    for (const total of [1, 2, 32, 128]) {
      for (let step = 1; step <= total; step += 1) {
        const { fill, edge } = colourOf(step, total, scheme);
        assert.ok(contrast(fill, ink) >= 4.5, `fill ${fill}, call ${step} of ${total}: ${contrast(fill, ink)}`);
        assert.ok(contrast(edge, ground) >= 3, `edge ${edge}, call ${step} of ${total}: ${contrast(edge, ground)}`);
      }
    }
  });

  test(`${scheme}: later calls are lighter, so hue is not needed to tell them apart`, () => {
    const lights = Array.from({ length: 32 }, (_, at) => luminance(colourOf(at + 1, 32, scheme).fill));
    assert.deepEqual(lights, [...lights].sort((a, b) => a - b));
  });
}

test("ink and ground are those of the style sheet", () => {
  const css = readFileSync(new URL("../../web/style.css", import.meta.url), "utf8");
  for (const { ground, ink } of Object.values(SCHEMES)) {
    assert.ok(css.includes(`--ground: ${ground};`) && css.includes(`--ink: ${ink};`));
  }
});

test("contrast of black on white is 21", () => assert.equal(Math.round(contrast("#000000", "#ffffff")), 21));
