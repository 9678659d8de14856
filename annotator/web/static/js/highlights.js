/**
 * Paints where the commentary is: merged segments in a few depths, never one element a
 * comment. With the CSS Custom Highlight API nothing is put into the page; `marks.js` puts elements
 * there where it is missing or a reader asks for them. A segment's depth is how many comments
 * overlap there; the deepest also means more. The server says how many there are.
 */

import { lastIndex, pointAt, rangeOf } from "./offsets.js";

export const DEPTHS = Number(document.querySelector("meta[name=depths]")?.getAttribute("content"));
const NAME = "comments-";
const SPOKEN = "comment-spoken-of";
const SPOKEN_PRIORITY = DEPTHS + 1;

/** Return whether the browser can paint ranges without elements. */
export function supported() {
  return typeof Highlight === "function" && Boolean(CSS.highlights);
}

/**
 * Read the server's list: pairs of numbers, the gap since the last segment's end, then
 * `length * DEPTHS + depth - 1`.
 * @param {readonly number[]} coded
 * @returns {Segment[]}
 */
export function decode(coded) {
  const segments = [];
  let at = 0;
  for (let index = 0; index + 1 < coded.length; index += 2) {
    const start = at + (coded[index] ?? 0);
    const value = coded[index + 1] ?? 0;
    at = start + Math.floor(value / DEPTHS);
    segments.push({ start, end: at, depth: (value % DEPTHS) + 1 });
  }
  return segments;
}

/**
 * Add one more comment, from `start` to `end`, to disjoint segments in order; gives new ones.
 * @param {readonly Segment[]} segments
 * @param {number} start
 * @param {number} end
 * @param {number} by 1 for a comment that came, -1 for one that went
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
      put(from, to, by < 0 && segment.depth === DEPTHS ? DEPTHS : segment.depth + by); // the deepest may stand for more
      put(to, segment.end, segment.depth);
    }
    at = Math.max(at, Math.min(segment.end, end));
  }
  put(at, end, by);
  return result.sort((one, other) => one.start - other.start);
}

/**
 * Paint all segments, in place of what was painted before.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 */
export function paint(map, segments) {
  const layers = Array.from({ length: DEPTHS }, () => new Highlight());
  paintOn(layers, map, segments, 0, segments.length);
  show(layers);
}

/**
 * Put some of the segments on highlights, one for each depth, the faintest first.
 * @param {readonly Highlight[]} layers
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 * @param {number} from the first of the segments
 * @param {number} to the first that is left out
 */
export function paintOn(layers, map, segments, from, to) {
  for (let index = from; index < to; index++) {
    const segment = segments[index];
    if (!segment) continue;
    const [first, last] = [pointAt(map, segment.start, "start"), pointAt(map, segment.end, "end")];
    layers[segment.depth - 1]?.add(new StaticRange({
      startContainer: first.node, startOffset: first.offset,
      endContainer: last.node, endOffset: last.offset,
    }));
  }
}

/** Let the browser show what is on the highlights, now and later. @param {readonly Highlight[]} layers */
export function show(layers) {
  layers.forEach((layer, index) => {
    layer.priority = index;
    CSS.highlights.set(NAME + (index + 1), layer);
  });
}

/** Remove all highlights. */
export function unpaint() {
  for (let depth = 1; depth <= DEPTHS; depth++) CSS.highlights.delete(NAME + depth);
}

/**
 * Show which words a comment speaks of; nothing for null.
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
 * Return the offset of the highlighted character at a point of the window, or null.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 * @param {number} offset what the browser takes for the nearest place between two characters
 * @param {number} x
 * @param {number} y
 */
export function paintedAt(map, segments, offset, x, y) {
  for (const candidate of [offset, offset - 1]) {
    const before = segments[lastIndex(segments.length, (index) => (segments[index]?.start ?? 0) <= candidate)];
    if (!before || before.end <= candidate) continue;
    const boxes = rangeOf(map, candidate, candidate + 1).getClientRects();
    for (const box of boxes) {
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return candidate;
    }
  }
  return null;
}
