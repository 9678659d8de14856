/** Opens the comments on highlighted words that are clicked. */

import { highlightedAt } from "./highlights.js";
import { offsetOf } from "./offsets.js";

/**
 * @param {TextMap} map
 * @param {() => readonly Segment[]} segments the current ones
 * @param {(offset: number) => void} open
 */
export function handlePointer(map, segments, open) {
  let isQueued = false;
  map.root.addEventListener("pointermove", (event) => {
    if (isQueued || event.pointerType !== "mouse" || event.buttons) return;
    isQueued = true;
    requestAnimationFrame(() => {
      isQueued = false;
      map.root.classList.toggle("over-comment", highlightUnder(map, segments(), event) !== null);
    });
  });
  map.root.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("a, button, input, textarea")) return;
    if (document.getSelection()?.isCollapsed === false) return;
    const offset = highlightUnder(map, segments(), event);
    if (offset !== null) open(offset);
  });
}

/** @param {TextMap} map @param {readonly Segment[]} segments @param {MouseEvent} event */
function highlightUnder(map, segments, event) {
  if (document.documentElement.classList.contains("plain")) return null; // no highlights are shown
  const caret = caretAt(event.clientX, event.clientY);
  if (!caret || !map.root.contains(caret.node)) return null;
  const offset = offsetOf(map, caret.node, caret.offset, "start");
  return highlightedAt(map, segments, offset, event.clientX, event.clientY);
}

/** Return the caret position nearest to a point of the window. @param {number} x @param {number} y */
export function caretAt(x, y) {
  if ("caretPositionFromPoint" in document) {
    const caret = document.caretPositionFromPoint(x, y);
    return caret ? { node: caret.offsetNode, offset: caret.offset } : null;
  }
  const range = /** @type {any} */ (document).caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}
