/**
 * Highlights as `<mark>` elements, for screen readers, which ignore CSS highlights, and for browsers
 * without CSS highlights. This browser stores the setting.
 */

import { controlsAround } from "./counts.js";
import { paint, isSupported, clearHighlights } from "./highlights.js";
import { blocksIn, discardLayouts, rangeOf } from "./offsets.js";
import { getStored, store } from "./storage.js";

let asMarks = !isSupported();

/**
 * Apply the highlight settings, and call `show` whenever the kind of highlight changes.
 * @param {() => void} show
 */
export function applyHighlightSettings(show) {
  if (asMarks) show();
  const shown = document.getElementById("_highlighting");
  if (shown instanceof HTMLInputElement) {
    shown.checked = !document.documentElement.classList.contains("plain"); // set by theme.js
    shown.addEventListener("change", () => {
      store("plain", shown.checked ? null : true);
      document.documentElement.classList.toggle("plain", !shown.checked);
    });
  }
  const box = document.getElementById("_marks");
  if (!(box instanceof HTMLInputElement)) return;
  if (!isSupported()) return box.closest("label")?.remove(); // there is no choice
  const apply = () => {
    asMarks = box.checked;
    clearHighlights();
    show();
  };
  box.checked = getStored("marks") === true;
  if (box.checked) apply();
  box.addEventListener("change", () => {
    store("marks", box.checked || null);
    apply();
  });
}

/**
 * Show all segments in the chosen way, instead of the current ones.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 */
export function repaint(map, segments) {
  if (map.root.querySelector("mark[data-depth]")) removeMarks(map);
  if (asMarks) addMarks(map, segments);
  else paint(map, segments);
}

/** @param {TextMap} map @param {readonly Segment[]} segments */
function addMarks(map, segments) {
  for (const segment of segments) {
    for (const block of blocksIn(map, segment.start, segment.end)) {
      const start = Math.max(segment.start, block.start);
      const end = Math.min(segment.end, block.end);
      const [details] = controlsAround(map, block.element);
      if (details) details.id ||= `_n-${block.start}`;
      for (const node of textIn(rangeOf(map, start, end), block.element)) wrap(node, segment.depth, details?.id);
      block.layout = null;
    }
  }
}

/** @param {TextMap} map */
function removeMarks(map) {
  for (const mark of map.root.querySelectorAll("mark[data-depth]")) mark.replaceWith(...mark.childNodes);
  map.root.normalize();
  discardLayouts(map);
}

/** Split the text nodes at the ends of a range; list the nodes inside it. @param {Range} range @param {Node} root */
export function textIn(range, root) {
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

/** @param {Text} node @param {number} depth @param {string} [details] the id of the element with details */
function wrap(node, depth, details) {
  const mark = document.createElement("mark");
  if (details) mark.setAttribute("aria-details", details);
  mark.dataset["depth"] = String(depth);
  node.replaceWith(mark);
  mark.append(node);
}
