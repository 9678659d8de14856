/**
 * Highlights the text while it loads, so that the first paint of the page has highlights. Part of
 * loader.js, which loads before all other scripts.
 */

import { decode, DEPTHS, addToLayers, register, isSupported } from "./highlights.js";
import { mapText } from "./offsets.js";

const FRAME_BUDGET = 6; // ms of each frame
const BATCH = 64; // segments

/** @type {Segment[] | null} */
let segments = null;
/** @type {TextMap | null} the fullMap text, once it is loaded */
let fullMap = null;
let painted = 0; // how many segments
const layers = isSupported() ? Array.from({ length: DEPTHS }, () => new Highlight()) : [];

/** Start highlighting, if the browser supports it. */
export function startPainting() {
  if (layers.length) paintNext();
}

/** Highlight some of the loaded text in each frame, until all is done. */
function paintNext() {
  const text = document.getElementById("_text");
  const isLoaded = document.readyState !== "loading";
  if (text && isLoaded) fullMap ??= mapText(text);
  const map = text && (fullMap ?? mapText(text));
  const until = performance.now() + FRAME_BUDGET;
  // The last block may not be complete yet.
  if (map) paintUpTo(map, isLoaded ? Infinity : (map.blocks.at(-1)?.start ?? 0) - 1, until);
  if (!isLoaded || (map && painted < segmentsOfPage().length)) requestAnimationFrame(paintNext);
}

/**
 * Highlight the rest of the loaded text; return its map and segments.
 * @param {HTMLElement} text
 * @returns {{map: TextMap, segments: Segment[]}}
 */
export function finishPainting(text) {
  fullMap ??= mapText(text);
  if (layers.length) paintUpTo(fullMap, Infinity, Infinity);
  return { map: fullMap, segments: segmentsOfPage() };
}

/** @param {TextMap} map @param {number} end of the loaded text, in code points @param {number} until when to stop, in ms */
function paintUpTo(map, end, until) {
  const all = segmentsOfPage();
  while (painted < all.length && performance.now() < until) {
    const limit = Math.min(painted + BATCH, all.length);
    let next = painted;
    while (next < limit && (all[next]?.end ?? 0) <= end) next++;
    if (next === painted) return;
    addToLayers(layers, map, all, painted, next);
    if (!painted) register(layers);
    painted = next;
  }
}

/** Return the segments in the page; on the reading page they precede the text. */
function segmentsOfPage() {
  segments ??= decode(JSON.parse(document.getElementById("_highlights")?.textContent || "[]"));
  return segments;
}
