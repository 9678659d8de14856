/**
 * The only place that converts positions in the page to offsets in the canonical text, and back.
 *
 * Offsets count Unicode code points, end exclusive; the page counts UTF-16 units. Each element with
 * `data-start` contains exactly the text of one block; blocks are joined by one line feed that is in
 * no element. The layout of a block is computed when it is first needed.
 */

const ASTRAL = /[\ud800-\udbff]/;

/**
 * Find the blocks in `root`, whose `data-end` is the end of the last one.
 * @param {HTMLElement} root
 * @returns {TextMap}
 */
export function mapText(root) {
  /** @type {Block[]} */
  const blocks = [];
  for (const element of root.querySelectorAll("[data-start]")) {
    if (!(element instanceof HTMLElement)) continue;
    const start = Number(element.dataset["start"]);
    const before = blocks.at(-1);
    if (before) before.end = start - 1;
    blocks.push({ element, start, end: start, layout: null });
  }
  const last = blocks.at(-1);
  if (last) last.end = Number(root.dataset["end"]);
  return { root, blocks };
}

/**
 * Discard the layouts of the blocks after elements were added or removed.
 * @param {TextMap} map
 */
export function discardLayouts(map) {
  for (const block of map.blocks) block.layout = null;
}

/**
 * Return the index of the block that contains `offset`; a line feed belongs to the block before it.
 * @param {TextMap} map
 * @param {number} offset
 */
export function indexAt(map, offset) {
  return Math.max(0, lastIndex(map.blocks.length, (index) => blockOf(map, index).start <= offset));
}

/**
 * List the blocks that overlap a range.
 * @param {TextMap} map
 * @param {number} start
 * @param {number} end
 */
export function blocksIn(map, start, end) {
  const found = [];
  for (let index = indexAt(map, start); index < map.blocks.length; index++) {
    const block = blockOf(map, index);
    if (block.start >= end) break;
    if (block.end > start) found.push(block);
  }
  return found;
}

/**
 * Return the DOM position of `offset`. Between two nodes, a `start` is in the second and an `end` in
 * the first, so that a range has no empty node.
 * @param {TextMap} map
 * @param {number} offset
 * @param {"start" | "end"} side
 * @returns {Point}
 */
export function pointAt(map, offset, side) {
  const block = blockOf(map, indexAt(map, offset));
  const layout = layoutOf(block);
  const unit = toUnits(layout, Math.min(offset, block.end) - block.start);
  let index = layout.nodes.length - 1;
  while (index > 0 && (layout.begins[index] ?? 0) >= (side === "start" ? unit + 1 : unit)) index--;
  const node = layout.nodes[index];
  if (!node) return { node: block.element, offset: 0 };
  return { node, offset: Math.min(unit - (layout.begins[index] ?? 0), node.length) };
}

/**
 * Return the offset of a DOM position. Between blocks, a `start` moves to the start of the next block,
 * an `end` to the end of the block before.
 * @param {TextMap} map
 * @param {Node} node
 * @param {number} offset in UTF-16 units or child nodes
 * @param {"start" | "end"} side
 */
export function offsetOf(map, node, offset, side) {
  const element = node instanceof Element ? node : node.parentElement;
  const container = element?.closest("[data-start]");
  if (container instanceof HTMLElement && map.root.contains(container)) {
    const block = blockOf(map, indexAt(map, Number(container.dataset["start"])));
    const before = document.createRange();
    before.setStart(container, 0);
    before.setEnd(node, offset);
    return block.start + toPoints(layoutOf(block), before.toString().length);
  }
  const index = firstAfter(map, node, offset);
  if (side === "start") return map.blocks[index]?.start ?? map.blocks.at(-1)?.end ?? 0;
  return map.blocks[index - 1]?.end ?? map.blocks[0]?.start ?? 0;
}

/**
 * Return the canonical text from `start` to `end`.
 * @param {TextMap} map
 * @param {number} start
 * @param {number} end
 */
export function wordsOf(map, start, end) {
  let words = "";
  for (let index = indexAt(map, start); index < map.blocks.length; index++) {
    const block = blockOf(map, index);
    if (block.start >= end) break;
    const layout = layoutOf(block);
    const from = toUnits(layout, Math.max(start, block.start) - block.start);
    const to = toUnits(layout, Math.min(end, block.end) - block.start);
    words += (block.element.textContent ?? "").slice(from, to);
    if (block.end < end && index + 1 < map.blocks.length) words += "\n";
  }
  return words;
}

/**
 * Return the DOM range between two offsets.
 * @param {TextMap} map
 * @param {number} start
 * @param {number} end
 */
export function rangeOf(map, start, end) {
  const range = document.createRange();
  const [from, to] = [pointAt(map, start, "start"), pointAt(map, end, "end")];
  range.setStart(from.node, from.offset);
  range.setEnd(to.node, to.offset);
  return range;
}

/** @param {TextMap} map @param {number} index @returns {Block} */
function blockOf(map, index) {
  const block = map.blocks[index];
  if (!block) throw new RangeError("The page has no text");
  return block;
}

/** @param {Block} block @returns {Layout} */
function layoutOf(block) {
  block.layout ??= computeLayout(block.element);
  return block.layout;
}

/** @param {HTMLElement} element @returns {Layout} */
function computeLayout(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const nodes = [];
  const begins = [];
  let length = 0;
  for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
    nodes.push(node);
    begins.push(length);
    length += node.length;
  }
  const words = element.textContent ?? "";
  return { nodes, begins, units: ASTRAL.test(words) ? unitsOf(words) : null };
}

/** @param {string} words */
function unitsOf(words) {
  const offsets = [];
  let at = 0;
  for (const character of words) {
    offsets.push(at);
    at += character.length;
  }
  offsets.push(at);
  return Uint32Array.from(offsets);
}

/** @param {Layout} layout @param {number} points */
function toUnits(layout, points) {
  return layout.units ? (layout.units[points] ?? layout.units.at(-1) ?? 0) : points;
}

/** Half a surrogate pair counts as before its character. @param {Layout} layout @param {number} unit */
function toPoints(layout, unit) {
  const { units } = layout;
  return units ? lastIndex(units.length, (index) => (units[index] ?? 0) <= unit) : unit;
}

/** Return the index of the first block after a DOM position between blocks. @param {TextMap} map @param {Node} node @param {number} offset */
function firstAfter(map, node, offset) {
  const place = document.createRange();
  place.setStart(node, offset);
  return 1 + lastIndex(map.blocks.length, (index) => place.comparePoint(blockOf(map, index).element, 0) < 0);
}

/** Return the last index below `length` for which the monotonic `fits` is true, or -1. @param {number} length @param {(index: number) => boolean} fits */
export function lastIndex(length, fits) {
  let [low, high] = [-1, length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
