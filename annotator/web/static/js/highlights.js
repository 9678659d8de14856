/**
 * Highlights the commented words, as merged segments in a few depths. The CSS Custom Highlight API
 * adds no elements to the page; `marks.js` adds them for browsers without it and for readers who
 * choose them. A segment's depth is the number of comments that overlap there, at most DEPTHS, which
 * the server defines.
 */

import { lastIndex, pointAt, rangeOf } from "./offsets.js";

export const DEPTHS = Number(document.querySelector("meta[name=depths]")?.getAttribute("content"));
const PREFIX = "comments-";
const EMPHASIS = "comment-spoken-of";
const EMPHASIS_PRIORITY = DEPTHS + 1;

/** Return whether the browser can paint ranges without elements. */
export function isSupported() {
  return typeof Highlight === "function" && Boolean(CSS.highlights);
}

/**
 * Decode the server's list: for each segment the gap after the one before, then
 * `length * DEPTHS + depth - 1`. Offsets are code points.
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
 * Add a comment from `start` to `end` to disjoint sorted segments, or remove it; return new segments.
 * @param {readonly Segment[]} segments
 * @param {number} start
 * @param {number} end
 * @param {number} change 1 to add, -1 to remove
 * @returns {Segment[]}
 */
export function addComment(segments, start, end, change = 1) {
  /** @type {Segment[]} */
  const result = [];
  let at = start;
  /** @param {number} from @param {number} to @param {number} depth */
  const push = (from, to, depth) => {
    if (from < to && depth > 0) result.push({ start: from, end: to, depth: Math.min(depth, DEPTHS) });
  };
  for (const segment of segments) {
    if (at < end && segment.start > at) push(at, Math.min(end, segment.start), change);
    const [from, to] = [Math.max(segment.start, start), Math.min(segment.end, end)];
    if (from >= to) {
      result.push(segment);
    } else {
      push(segment.start, from, segment.depth);
      push(from, to, change < 0 && segment.depth === DEPTHS ? DEPTHS : segment.depth + change); // DEPTHS means that many or more
      push(to, segment.end, segment.depth);
    }
    at = Math.max(at, Math.min(segment.end, end));
  }
  push(at, end, change);
  return result.sort((a, b) => a.start - b.start);
}

/**
 * Highlight all segments instead of the current ones.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 */
export function paint(map, segments) {
  const layers = Array.from({ length: DEPTHS }, () => new Highlight());
  addToLayers(layers, map, segments, 0, segments.length);
  register(layers);
}

/**
 * Add some of the segments to the highlights, one for each depth.
 * @param {readonly Highlight[]} layers
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 * @param {number} from the index of the first segment
 * @param {number} to the index after the last
 */
export function addToLayers(layers, map, segments, from, to) {
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

/** Register highlights with the browser. @param {readonly Highlight[]} layers */
export function register(layers) {
  layers.forEach((layer, index) => {
    layer.priority = index;
    CSS.highlights.set(PREFIX + (index + 1), layer);
  });
}

/** Remove all highlights. */
export function clearHighlights() {
  for (let depth = 1; depth <= DEPTHS; depth++) CSS.highlights.delete(PREFIX + depth);
}

/**
 * Emphasize the words of a comment; null removes the emphasis.
 * @param {TextMap} map
 * @param {{start: number, end: number} | null} span
 */
export function emphasize(map, span) {
  if (!isSupported()) return;
  if (!span) {
    CSS.highlights.delete(EMPHASIS);
    return;
  }
  const highlight = new Highlight(rangeOf(map, span.start, span.end));
  highlight.priority = EMPHASIS_PRIORITY;
  CSS.highlights.set(EMPHASIS, highlight);
}

/**
 * Return the offset of the highlighted character at a point of the window, or null.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 * @param {number} offset of the caret position nearest to the point
 * @param {number} x
 * @param {number} y
 */
export function highlightedAt(map, segments, offset, x, y) {
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
