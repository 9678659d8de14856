import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksIn, indexAt, pointAt, wordsOf } from "../../annotator/web/static/js/offsets.js";

/** As much of a page as the module looks at when it turns offsets into places. */
class Text {
  constructor(data) {
    this.data = data;
    this.length = data.length;
  }
}
globalThis.Text = Text;
globalThis.NodeFilter = { SHOW_TEXT: 4 };
globalThis.document = {
  createTreeWalker: ({ nodes }) => {
    let index = 0;
    return { nextNode: () => nodes[index++] ?? null };
  },
};

/** Make the map of a text whose blocks are lists of text nodes. */
function mapOf(...blocks) {
  let start = 0;
  return {
    root: null,
    blocks: blocks.map((parts) => {
      const nodes = parts.map((part) => new Text(part));
      const textContent = parts.join("");
      const block = { element: { nodes, textContent }, start, end: start + [...textContent].length, layout: null };
      start = block.end + 1;
      return block;
    }),
  };
}

const PARTS = [["One ", "👒", " hat"], ["plain"], ["a👩‍🌾b", "e\u0301"]];
const TEXT = [...PARTS.map((parts) => parts.join("")).join("\n")];

test("the words of every range are those of the canonical text", () => {
  const map = mapOf(...PARTS);
  for (let start = 0; start <= TEXT.length; start++) {
    for (let end = start; end <= TEXT.length; end++) {
      assert.equal(wordsOf(map, start, end), TEXT.slice(start, end).join(""), `${start}-${end}`);
    }
  }
});

test("each offset is a place between two characters, never within one", () => {
  const map = mapOf(...PARTS);
  for (const block of map.blocks) {
    for (let offset = block.start; offset <= block.end; offset++) {
      for (const side of ["start", "end"]) {
        const point = pointAt(map, offset, side);
        const before = block.element.nodes.slice(0, block.element.nodes.indexOf(point.node));
        const units = before.map((node) => node.data).join("") + point.node.data.slice(0, point.offset);
        assert.equal([...units].length, offset - block.start);
        assert.ok(!/[\ud800-\udbff]$/.test(units));
      }
    }
  }
});

test("at a seam a start is in the second node, an end in the first", () => {
  const [first, second] = [pointAt(mapOf(["ab", "cd"]), 2, "end"), pointAt(mapOf(["ab", "cd"]), 2, "start")];
  assert.deepEqual([first.node.data, first.offset], ["ab", 2]);
  assert.deepEqual([second.node.data, second.offset], ["cd", 0]);
});

test("a line feed belongs to the block before it", () => {
  const map = mapOf(["ab"], ["cd"]);
  assert.deepEqual([0, 2, 3].map((offset) => indexAt(map, offset)), [0, 0, 1]);
  assert.equal(blocksIn(map, 0, 2).length, 1);
  assert.equal(blocksIn(map, 1, 4).length, 2);
  assert.deepEqual(blocksIn(map, 2, 3), []);
});
