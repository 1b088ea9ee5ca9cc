import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "../../web/export/picture.js";
import { escaped, svgOf } from "../../web/export/svg.js";
import { VOCABULARY, aRun } from "./export-run.mjs";

/** The elements of well-formed XML, by a strict reading of the little of it that is written here; throws on all else. */
function elements(xml) {
  const found = [];
  const open = [];
  let at = 0;
  for (const match of xml.matchAll(/<(\/?)([A-Za-z]+)((?: [A-Za-z0-9:-]+="[^"<]*")*)(\/?)>/g)) {
    const text = xml.slice(at, match.index);
    assert.doesNotMatch(text, /[<>]/, `loose markup in ${JSON.stringify(text)}`);
    assert.doesNotMatch(`${text}${match[3]}`, /&(?!#\d+;)/, "an ampersand that begins no reference");
    at = match.index + match[0].length;
    const [, closing, name, attributes, empty] = match;
    if (open.length > 0) open.at(-1).text += text;
    else assert.equal(text.trim(), "");
    if (closing) {
      assert.equal(open.pop()?.name, name);
      continue;
    }
    const names = [...attributes.matchAll(/ ([A-Za-z0-9:-]+)="/g)].map((one) => one[1]);
    assert.equal(new Set(names).size, names.length, "an attribute given twice");
    const element = { name, attributes: Object.fromEntries([...attributes.matchAll(/ ([A-Za-z0-9:-]+)="([^"]*)"/g)].map((one) => one.slice(1))), text: "" };
    found.push(element);
    if (!empty) open.push(element);
  }
  assert.equal(open.length, 0, "an element is left open");
  assert.equal(xml.slice(at).trim(), "");
  // What XML 1.0 cannot hold, not even as a reference.
  assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
  return found;
}

const plain = (text) => text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));

test("an SVG is well-formed and holds nothing but shapes and text, whatever the tokens are", () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const runs = [aRun({ seed, length: 128 }), aRun({ seed: seed + 100, calls: 3, pins: [[20, 14]] })];
    runs[0].settings.schedule = `"><script>${seed}</script>`;
    const found = elements(svgOf(picture(runs, 8, seed % 2 ? "light" : "dark")));
    const names = new Set(found.map(({ name }) => name));
    assert.deepEqual([...names].sort(), ["defs", "desc", "line", "pattern", "rect", "svg", "text", "title"]);
    for (const { attributes } of found) {
      for (const [key, value] of Object.entries(attributes)) {
        assert.doesNotMatch(key, /^on|href|^style$/);
        assert.doesNotMatch(value, /NaN|undefined|Infinity/);
      }
    }
  }
});

test("the five signs of markup are references", () => {
  assert.equal(escaped(`<a b="c">'&`), "&#60;a b=&#34;c&#34;&#62;&#39;&#38;");
  assert.equal(escaped("line\nline\u0001"), "line\nline␁");
});

test("a token's text is squeezed into its cell, whatever the font", () => {
  const found = elements(svgOf(picture([aRun({ seed: 3 })], 8, "light")));
  const cells = found.filter(({ name, attributes }) => name === "text" && attributes["font-family"].includes("monospace"));
  assert.ok(cells.length > 50);
  for (const { attributes, text } of cells) {
    if (text === "") continue; // a token without any text
    assert.ok(Number(attributes.textLength) > 0, text);
    assert.equal(attributes.lengthAdjust, "spacingAndGlyphs");
  }
});

test("a screen reader hears the whole text, the caption and how the run went", () => {
  const run = aRun({ seed: 4 });
  const found = elements(svgOf(picture([run], 8, "light")));
  const said = (name) => plain(found.find((one) => one.name === name).text);
  assert.match(said("title"), /uniform, random order/);
  assert.match(said("desc"), /Finished: 57 tokens in 8 calls/);
  for (const id of new Set(run.frames[8].tokens)) {
    if (/^[\u0020-\u007e]*$/.test(VOCABULARY[id])) assert.ok(said("desc").includes(VOCABULARY[id]), VOCABULARY[id]);
  }
  const [{ attributes }] = found;
  assert.equal(attributes.role, "img");
  assert.equal(attributes["aria-labelledby"], "unmask-title unmask-desc");
});

test("masks are counted for a screen reader, not spelled", () => {
  const desc = plain(elements(svgOf(picture([aRun({ seed: 5 })], 0, "light"))).find(({ name }) => name === "desc").text);
  assert.match(desc, /Once upon a \[57 masks\]/);
});
