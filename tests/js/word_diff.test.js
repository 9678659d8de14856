import assert from "node:assert/strict";
import { test } from "node:test";
import { wordDiff } from "../../annotator/web/static/js/word_diff.js";

/** A diff in one line: what is struck in [-…-], what is added in {+…+}. */
const line = (old, now) => wordDiff(old, now).map(({ change, text }) => ({ same: text, struck: `[-${text}-]`, added: `{+${text}+}` })[change]).join("");

for (const [old, now, wanted] of [
  ["The gate is locked at dusk.", "The gate is shut tight at dawn.", "The gate is[- locked-]{+ shut tight+} at[- dusk-]{+ dawn+}."],
  ["a b c d", "x y z d", "[-a b c-]{+x y z+} d"],
  ["", "new words", "{+new words+}"],
  ["gone", "", "[-gone-]"],
  ["one two", "one  two", "one  two"],
  ["naïve café", "naïve cafés", "naïve[- café-]{+ cafés+}"],
  ["<b>", "<i>", "<[-b-]{+i+}>"],
  ["a a b", "a b a b", "a{+ b+} a b"],
]) {
  test(`${old} → ${now}`, () => assert.equal(line(old, now), wanted));
}

test("both versions can be read off the diff, also of texts that are too long to compare", () => {
  for (const many of [300, 4000]) {
    const [old, now] = [7, 11].map((step) => Array.from({ length: many }, (_, at) => `w${(at * step) % 97}`).join(" "));
    const diff = wordDiff(old, now);
    const read = (left) => diff.filter(({ change }) => change !== left).map(({ text }) => text).join("");
    assert.equal(read("struck"), now);
    assert.deepEqual(read("added").split(/\s+/), old.split(" "));
  }
});
