/**
 * Paints where the commentary is: merged segments in at most four depths, never one element a
 * remark. With the CSS Custom Highlight API nothing is put into the page; where it is missing, or
 * a reader asks for them, `<mark>` elements are. A segment's depth is how many remarks overlap there, 4 for four and more.
 */

import { nearestControl } from "./counts.js";
import { forget, pointAt, rangeOf, blocksIn } from "./offsets.js";

/** @typedef {import("./offsets.js").TextMap} TextMap */
/** @typedef {{start: number, end: number, depth: number}} Segment */

const DEPTHS = 4;
const NAME = "remarks-";
const SPOKEN = "remark-spoken-of";
const SPOKEN_PRIORITY = DEPTHS + 1;

let asMarks = false;

/** Tell whether the browser can paint ranges without elements. */
export function supported() {
  return typeof Highlight === "function" && Boolean(CSS.highlights);
}

/**
 * Read the server's list: pairs of numbers, the gap since the last segment's end, then
 * `length * 4 + depth - 1`.
 * @param {readonly number[]} coded
 * @returns {Segment[]}
 */
export function decode(coded) {
  const segments = [];
  let at = 0;
  for (let index = 0; index + 1 < coded.length; index += 2) {
    const start = at + (coded[index] ?? 0);
    const value = coded[index + 1] ?? 0;
    at = start + (value >> 2);
    segments.push({ start, end: at, depth: (value & 3) + 1 });
  }
  return segments;
}

/**
 * Add one more remark, from `start` to `end`, to disjoint segments in order; gives new ones.
 * @param {readonly Segment[]} segments
 * @param {number} start
 * @param {number} end
 * @param {number} by 1 for a remark that came, -1 for one that went
 * @returns {Segment[]}
 */
export function add(segments, start, end, by = 1) {
  /** @type {Segment[]} */
  const result = [];
  let at = start;
  /** @param {number} from @param {number} to @param {number} depth */
  const put = (from, to, depth) => {
    if (from < to && depth > 0) result.push({ start: from, end: to, depth: Math.min(depth, DEPTHS) });
  };
  for (const segment of segments) {
    if (at < end && segment.start > at) put(at, Math.min(end, segment.start), by);
    const [from, to] = [Math.max(segment.start, start), Math.min(segment.end, end)];
    if (from >= to) {
      result.push(segment);
    } else {
      put(segment.start, from, segment.depth);
      put(from, to, depthWith(segment.depth, by));
      put(to, segment.end, segment.depth);
    }
    at = Math.max(at, Math.min(segment.end, end));
  }
  put(at, end, by);
  return result.sort((one, other) => one.start - other.start);
}

/** The deepest shade may stand for more than four: it stays. @param {number} depth @param {number} by */
function depthWith(depth, by) {
  return by < 0 && depth === DEPTHS ? depth : depth + by;
}

/**
 * Paint all segments, in place of what was painted before.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 */
export function paint(map, segments) {
  if (asMarks || !supported()) return paintMarks(map, segments);
  /** @type {StaticRange[][]} */
  const ranges = Array.from({ length: DEPTHS }, () => []);
  for (const { start, end, depth } of segments) {
    const [from, to] = [pointAt(map, start, "start"), pointAt(map, end, "end")];
    ranges[depth - 1]?.push(new StaticRange({
      startContainer: from.node, startOffset: from.offset,
      endContainer: to.node, endOffset: to.offset,
    }));
  }
  ranges.forEach((list, index) => {
    const highlight = new Highlight();
    for (const range of list) highlight.add(range);
    highlight.priority = index;
    CSS.highlights.set(NAME + (index + 1), highlight);
  });
}

/** From now on paint with elements, or without. @param {TextMap} map @param {readonly Segment[]} segments @param {boolean} wanted */
export function paintAs(map, segments, wanted) {
  for (let depth = 1; depth <= DEPTHS; depth++) CSS.highlights.delete(NAME + depth);
  takeMarksAway(map);
  asMarks = wanted;
  paint(map, segments);
}

/**
 * Show which words a remark speaks of; nothing for null.
 * @param {TextMap} map
 * @param {{start: number, end: number} | null} span
 */
export function speakOf(map, span) {
  if (!supported()) return;
  if (!span) {
    CSS.highlights.delete(SPOKEN);
    return;
  }
  const highlight = new Highlight(rangeOf(map, span.start, span.end));
  highlight.priority = SPOKEN_PRIORITY;
  CSS.highlights.set(SPOKEN, highlight);
}

/**
 * Give the offset of the painted character under a point of the window; null beside all of them.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 * @param {number} offset what the browser takes for the nearest place between two characters
 * @param {number} x
 * @param {number} y
 */
export function paintedAt(map, segments, offset, x, y) {
  for (const candidate of [offset, offset - 1]) {
    if (!segmentAt(segments, candidate)) continue;
    const boxes = rangeOf(map, candidate, candidate + 1).getClientRects();
    for (const box of boxes) {
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return candidate;
    }
  }
  return null;
}

/** @param {readonly Segment[]} segments @param {number} offset */
function segmentAt(segments, offset) {
  let low = 0;
  let high = segments.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (!segment) return null;
    if (segment.end <= offset) low = middle + 1;
    else if (segment.start > offset) high = middle - 1;
    else return segment;
  }
  return null;
}

/** @param {TextMap} map @param {readonly Segment[]} segments */
function paintMarks(map, segments) {
  takeMarksAway(map);
  for (const segment of segments) {
    for (const block of blocksIn(map, segment.start, segment.end)) {
      const start = Math.max(segment.start, block.start);
      const end = Math.min(segment.end, block.end);
      const details = nearestControl(block.element, map.root);
      if (details) details.id ||= `_n-${block.start}`;
      for (const node of textIn(rangeOf(map, start, end), block.element)) wrap(node, segment.depth, details?.id);
      block.layout = null;
    }
  }
}

/** @param {TextMap} map */
function takeMarksAway(map) {
  for (const mark of map.root.querySelectorAll("mark[data-depth]")) mark.replaceWith(...mark.childNodes);
  map.root.normalize();
  forget(map);
}

/** Cut a range's first and last node at its ends; list it and those between. @param {Range} range @param {Node} root */
function textIn(range, root) {
  const { startContainer, startOffset, endContainer, endOffset } = range;
  if (endContainer instanceof Text && endOffset < endContainer.length) endContainer.splitText(endOffset);
  let first = startContainer;
  if (first instanceof Text && startOffset > 0) first = first.splitText(startOffset);
  const last = startContainer === endContainer ? first : endContainer;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  walker.currentNode = first;
  for (let node = /** @type {Node | null} */ (first); node; node = walker.nextNode()) {
    if (node instanceof Text && node.length) nodes.push(node);
    if (node === last) break;
  }
  return nodes;
}

/** @param {Text} node @param {number} depth @param {string} [details] the id of what tells more */
function wrap(node, depth, details) {
  const mark = document.createElement("mark");
  if (details) mark.setAttribute("aria-details", details);
  mark.dataset["depth"] = String(depth);
  node.replaceWith(mark);
  mark.append(node);
}
