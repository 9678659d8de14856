/**
 * Highlights as real elements, for those who ask for them: a screen reader does not hear what the
 * browser only paints. So it is, too, where a browser cannot paint without elements. The choice is
 * remembered in this browser.
 */

import { controlsAround } from "./counts.js";
import { paint, supported, unpaint } from "./highlights.js";
import { blocksIn, forget, rangeOf } from "./offsets.js";
import { recall, remember } from "./remembered.js";

let asMarks = !supported();

/**
 * Offer the choice, and call `show` with each; immediately if it is not the current one.
 * @param {() => void} show
 */
export function offerMarks(show) {
  if (asMarks) show();
  const shown = document.getElementById("_highlighting");
  if (shown instanceof HTMLInputElement) {
    shown.checked = !document.documentElement.classList.contains("plain"); // theme.js has read it
    shown.addEventListener("change", () => {
      remember("plain", shown.checked ? null : true);
      document.documentElement.classList.toggle("plain", !shown.checked);
    });
  }
  const box = document.getElementById("_marks");
  if (!(box instanceof HTMLInputElement)) return;
  if (!supported()) return box.closest("label")?.remove(); // there is nothing to choose
  const choose = () => {
    asMarks = box.checked;
    unpaint();
    show();
  };
  box.checked = recall("marks") === true;
  if (box.checked) choose();
  box.addEventListener("change", () => {
    remember("marks", box.checked || null);
    choose();
  });
}

/**
 * Show all segments as the reader has chosen, in place of what was shown before.
 * @param {TextMap} map
 * @param {readonly Segment[]} segments
 */
export function repaint(map, segments) {
  if (map.root.querySelector("mark[data-depth]")) takeMarksAway(map);
  if (asMarks) paintMarks(map, segments);
  else paint(map, segments);
}

/** @param {TextMap} map @param {readonly Segment[]} segments */
function paintMarks(map, segments) {
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
function takeMarksAway(map) {
  for (const mark of map.root.querySelectorAll("mark[data-depth]")) mark.replaceWith(...mark.childNodes);
  map.root.normalize();
  forget(map);
}

/** Cut a range's first and last node at its ends; list it and those between. @param {Range} range @param {Node} root */
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

/** @param {Text} node @param {number} depth @param {string} [details] the id of the element that says more */
function wrap(node, depth, details) {
  const mark = document.createElement("mark");
  if (details) mark.setAttribute("aria-details", details);
  mark.dataset["depth"] = String(depth);
  node.replaceWith(mark);
  mark.append(node);
}
