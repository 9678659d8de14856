/**
 * The only place that turns positions in the page into offsets in the canonical text, and back.
 *
 * Offsets count Unicode code points, end exclusive; the page counts UTF-16 units. Each element with
 * `data-start` holds one block, word for word; the blocks are joined by one line feed that is in
 * no element. A block is looked into only when it is asked about.
 */

const ASTRAL = /[\ud800-\udbff]/;

/**
 * Find the blocks in `root`; its `data-end` says where the last one ends.
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
 * Forget the nodes of the blocks, after elements were added or removed.
 * @param {TextMap} map
 */
export function forget(map) {
  for (const block of map.blocks) block.layout = null;
}

/**
 * Return the index of the block that holds `offset`; a line feed belongs to the block before it.
 * @param {TextMap} map
 * @param {number} offset
 */
export function indexAt(map, offset) {
  return Math.max(0, lastIndex(map.blocks.length, (index) => blockOf(map, index).start <= offset));
}

/**
 * List the blocks that share a character with the range.
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
 * Return the place of `offset` in the page. At the seam of two nodes a `start` is in the second and
 * an `end` in the first, so that a range holds no empty piece of a node.
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
 * Return the offset of a place in the page. One between blocks is moved into the text: a `start` to
 * the beginning of the block after it, an `end` to the end of the block before it.
 * @param {TextMap} map
 * @param {Node} node
 * @param {number} offset as the DOM counts it
 * @param {"start" | "end"} side
 */
export function offsetOf(map, node, offset, side) {
  const element = node instanceof Element ? node : node.parentElement;
  const holder = element?.closest("[data-start]");
  if (holder instanceof HTMLElement && map.root.contains(holder)) {
    const block = blockOf(map, indexAt(map, Number(holder.dataset["start"])));
    const before = document.createRange();
    before.setStart(holder, 0);
    before.setEnd(node, offset);
    return block.start + toPoints(layoutOf(block), before.toString().length);
  }
  const index = firstAfter(map, node, offset);
  if (side === "start") return map.blocks[index]?.start ?? map.blocks.at(-1)?.end ?? 0;
  return map.blocks[index - 1]?.end ?? map.blocks[0]?.start ?? 0;
}

/**
 * Return `text[start:end]`, with a line feed wherever the range passes from one block to the next.
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
 * Return a range of the page, from one offset to another.
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
  if (!block) throw new RangeError("The page holds no text");
  return block;
}

/** @param {Block} block @returns {Layout} */
function layoutOf(block) {
  block.layout ??= look(block.element);
  return block.layout;
}

/** @param {HTMLElement} element @returns {Layout} */
function look(element) {
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
  const places = [];
  let at = 0;
  for (const character of words) {
    places.push(at);
    at += character.length;
  }
  places.push(at);
  return Uint32Array.from(places);
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

/** The index of the first block after a place that is in none. @param {TextMap} map @param {Node} node @param {number} offset */
function firstAfter(map, node, offset) {
  const place = document.createRange();
  place.setStart(node, offset);
  return 1 + lastIndex(map.blocks.length, (index) => place.comparePoint(blockOf(map, index).element, 0) < 0);
}

/** The last index below `length` up to which `fits` holds; -1 for none. @param {number} length @param {(index: number) => boolean} fits */
export function lastIndex(length, fits) {
  let [low, high] = [-1, length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
