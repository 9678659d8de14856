/**
 * Paints the highlights as the text comes in, so that they stand in the first picture of the page
 * and not in a later one. It loads before, and without, everything else that the page can do.
 */

import { decode, DEPTHS, paintOn, show, supported } from "./highlights.js";
import { mapText } from "./offsets.js";

/** @typedef {import("./offsets.js").TextMap} TextMap */
/** @typedef {import("./highlights.js").Segment} Segment */

/** @type {Segment[] | null} */
let segments = null;
/** @type {TextMap | null} the whole text, once it is here */
let whole = null;
let painted = 0; // how many segments
const layers = supported() ? Array.from({ length: DEPTHS }, () => new Highlight()) : [];

if (layers.length) follow();

/** Paint what is here, with each frame until everything is. */
function follow() {
  const text = document.getElementById("_text");
  if (document.readyState === "loading") {
    if (text) paintBefore(text);
    requestAnimationFrame(follow);
  } else if (text) {
    finishPainting(text);
  }
}

/** The last block that is here may still grow. @param {HTMLElement} text */
function paintBefore(text) {
  const map = mapText(text);
  const last = map.blocks.at(-1);
  if (last) paintUpTo(map, last.start - 1);
}

/**
 * Paint the rest, now that the whole text is here; give what there is to be painted again.
 * @param {HTMLElement} text
 * @returns {{map: TextMap, segments: Segment[]}}
 */
export function finishPainting(text) {
  whole ??= mapText(text);
  if (layers.length) paintUpTo(whole, Infinity);
  return { map: whole, segments: list() };
}

/** @param {TextMap} map @param {number} end */
function paintUpTo(map, end) {
  const all = list();
  let next = painted;
  while (next < all.length && (all[next]?.end ?? 0) <= end) next++;
  if (next === painted) return;
  paintOn(layers, map, all, painted, next);
  if (!painted) show(layers);
  painted = next;
}

/** What is to be painted stands in the page; on the reading page before the text. */
function list() {
  segments ??= decode(JSON.parse(document.getElementById("_highlights")?.textContent || "[]"));
  return segments;
}
