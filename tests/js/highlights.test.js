import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelector: () => ({ getAttribute: () => "4" }) }; // the page says how deep it is
const { DEPTHS, addComment, decode } = await import("../../annotator/web/static/js/highlights.js");

const LENGTH = 40;

/** How many lie on each character, at most DEPTHS. */
function depthsOf(segments) {
  const depths = new Array(LENGTH).fill(0);
  for (const { start, end, depth } of segments) depths.fill(depth, start, end);
  return depths;
}

function assertInOrder(segments) {
  let at = 0;
  for (const { start, end, depth } of segments) {
    assert.ok(at <= start && start < end, JSON.stringify(segments));
    assert.ok(depth >= 1 && depth <= DEPTHS);
    at = end;
  }
}

/** Numbers that look like chance and are the same each time. */
function* numbers(seed) {
  for (let value = seed; ; ) {
    value = (value * 1103515245 + 12345) % 2147483648;
    yield value >> 8;
  }
}

test("the server's list is gaps, lengths and depths", () => {
  assert.deepEqual(decode([5, 16, 0, 15, 88, 5]), [
    { start: 5, end: 9, depth: 1 }, { start: 9, end: 12, depth: 4 }, { start: 100, end: 101, depth: 2 },
  ]);
  assert.deepEqual(decode([]), []);
});

test("each one more deepens what it lies on, and nothing else", () => {
  const chance = numbers(7);
  for (let round = 0; round < 200; round++) {
    let segments = [];
    const wanted = new Array(LENGTH).fill(0);
    for (let many = 0; many < 6; many++) {
      const start = chance.next().value % (LENGTH - 1);
      const end = start + 1 + (chance.next().value % (LENGTH - start));
      segments = addComment(segments, start, end);
      for (let at = start; at < end; at++) wanted[at] = Math.min(wanted[at] + 1, DEPTHS);
      assertInOrder(segments);
      assert.deepEqual(depthsOf(segments), wanted);
    }
  }
});

test("one that goes leaves the others, and nothing where it was alone", () => {
  const both = addComment(addComment([], 3, 20), 10, 30);
  assert.deepEqual(depthsOf(addComment(both, 10, 30, -1)), depthsOf([{ start: 3, end: 20, depth: 1 }]));
  assert.deepEqual(addComment(addComment([], 3, 20), 3, 20, -1), []);
});

test("the deepest shade may stand for more, and stays", () => {
  let segments = [];
  for (let many = 0; many < DEPTHS + 2; many++) segments = addComment(segments, 1, 9);
  assert.deepEqual(addComment(segments, 1, 9, -1), [{ start: 1, end: 9, depth: DEPTHS }]);
});
