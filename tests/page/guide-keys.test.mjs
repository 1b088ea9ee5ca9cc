import assert from "node:assert/strict";
import { test } from "node:test";
import { asksForKeys, takesText } from "../../web/guide/keys.js";

const BODY = { tagName: "BODY" };

test("the question mark opens the list, with whatever key makes it, and nothing else does", () => {
  assert.equal(asksForKeys({ key: "?", shiftKey: true, target: BODY }), true);
  assert.equal(asksForKeys({ key: "?", target: BODY }), true);
  assert.equal(asksForKeys({ key: "/", shiftKey: true, target: BODY }), false);
  for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.equal(asksForKeys({ key: "?", [held]: true, target: BODY }), false);
  assert.equal(asksForKeys({ key: "?", defaultPrevented: true, target: BODY }), false);
});

test("it does not where it is typed", () => {
  for (const type of ["text", "number", "search"]) assert.equal(asksForKeys({ key: "?", target: { tagName: "INPUT", type } }), false, type);
  for (const tagName of ["TEXTAREA", "SELECT"]) assert.equal(takesText({ tagName }), true, tagName);
  assert.equal(takesText({ tagName: "SPAN", isContentEditable: true }), true);
  for (const type of ["range", "checkbox", "file"]) assert.equal(takesText({ tagName: "INPUT", type }), false, type);
  assert.equal(takesText({ tagName: "BUTTON" }), false);
});
