import assert from "node:assert/strict";
import { test } from "node:test";
import { toCodePoints, moveEnd } from "../../annotator/web/static/js/extend_range.js";

/** Blocks joined by one line feed, as the canonical text has them. */
function textOf(...blocks) {
  let start = 0;
  const spans = blocks.map((words) => {
    const span = { start, end: start + [...words].length };
    start = span.end + 1;
    return span;
  });
  return { blocks: spans, language: "en", wordsOf: (index) => blocks[index], isCode: (index) => blocks[index].startsWith("    ") };
}

/** The words of a span. */
function wordsAt(blocks, span) {
  return span && [...blocks.join("\n")].slice(span.start, span.end).join("");
}

const BLOCKS = ["🐕 One dog. Two dogs!", "A second paragraph. It has two.", "    let a = 1. Not = 2"];
const SECOND = textOf(...BLOCKS).blocks[1];

for (const [name, span, side, by, unit, wanted] of [
  ["an end takes in the next word", { start: 2, end: 5 }, "end", 1, "word", "One dog"],
  ["an end lets go of a word", { start: 2, end: 9 }, "end", -1, "word", "One"],
  ["a start takes in the word before", { start: 6, end: 9 }, "start", -1, "word", "One dog"],
  ["an end takes in its sentence", { start: 2, end: 5 }, "end", 1, "sentence", "One dog."],
  ["an end goes on into the next block", { start: 2, end: 20 }, "end", 1, "sentence", "One dog. Two dogs!\nA second paragraph."],
  ["a start goes back into the block before", SECOND, "start", -1, "sentence", "Two dogs!\nA second paragraph. It has two."],
  ["an end takes in a whole paragraph", { start: 0, end: 20 }, "end", 1, "paragraph", "🐕 One dog. Two dogs!\nA second paragraph. It has two."],
  ["code has no sentences", { start: 21, end: 52 }, "end", 1, "sentence", "A second paragraph. It has two.\n    let a = 1. Not = 2"],
  ["one word is the least that is left", { start: 2, end: 5 }, "end", -1, "word", null],
  ["nothing comes before the beginning", { start: 0, end: 9 }, "start", -1, "paragraph", null],
]) {
  test(name, () => {
    const text = textOf(...BLOCKS);
    assert.equal(wordsAt(BLOCKS, moveEnd(text, span, side, by, unit)), wanted);
  });
}

test("whatever is moved, the other end stays and something stays between them", () => {
  const text = textOf(...BLOCKS);
  const end = text.blocks.at(-1).end;
  for (let start = 0; start < end; start += 3) {
    for (let stop = start + 1; stop <= end; stop += 2) {
      for (const [side, other] of [["start", "end"], ["end", "start"]]) {
        for (const by of [1, -1]) {
          for (const unit of ["word", "sentence", "paragraph"]) {
            const span = { start, end: stop };
            const moved = moveEnd(text, span, side, by, unit);
            if (!moved) continue;
            assert.equal(moved[other], span[other]);
            assert.ok((moved[side] - span[side]) * by > 0);
            assert.ok(0 <= moved.start && moved.start < moved.end && moved.end <= end);
          }
        }
      }
    }
  }
});

test("UTF-16 units become code points", () => {
  const words = "a🐕b👒";
  assert.deepEqual(toCodePoints(words, [{ start: 0, end: 3 }, { start: 3, end: 6 }]), [{ start: 0, end: 2 }, { start: 2, end: 4 }]);
});
