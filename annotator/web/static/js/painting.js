/**
 * Paints the highlights while the text loads, so that they are in the first paint of the page
 * and not in a later one. It comes with later.js, before everything else that the page can do.
 */

import { decode, DEPTHS, paintOn, show, supported } from "./highlights.js";
import { mapText } from "./offsets.js";

const SHARE = 6; // ms of a frame that painting may take: what is seen first comes first
const PIECE = 64; // segments

/** @type {Segment[] | null} */
let segments = null;
/** @type {TextMap | null} the whole text, once it is here */
let whole = null;
let painted = 0; // how many segments
const layers = supported() ? Array.from({ length: DEPTHS }, () => new Highlight()) : [];

/** Begin, where the browser can. */
export function paintEarly() {
  if (layers.length) follow();
}

/** Paint some more of what is here with each frame, until everything is painted. */
function follow() {
  const text = document.getElementById("_text");
  const isWhole = document.readyState !== "loading";
  if (text && isWhole) whole ??= mapText(text);
  const map = text && (whole ?? mapText(text));
  const until = performance.now() + SHARE;
  // The last block that is here may still grow.
  if (map) paintUpTo(map, isWhole ? Infinity : (map.blocks.at(-1)?.start ?? 0) - 1, until);
  if (!isWhole || (map && painted < list().length)) requestAnimationFrame(follow);
}

/**
 * Paint the rest, now that the whole text is here; give what there is to be painted again.
 * @param {HTMLElement} text
 * @returns {{map: TextMap, segments: Segment[]}}
 */
export function finishPainting(text) {
  whole ??= mapText(text);
  if (layers.length) paintUpTo(whole, Infinity, Infinity);
  return { map: whole, segments: list() };
}

/** @param {TextMap} map @param {number} end the offset up to which the text is here @param {number} until when to leave off, in ms */
function paintUpTo(map, end, until) {
  const all = list();
  while (painted < all.length && performance.now() < until) {
    const most = Math.min(painted + PIECE, all.length);
    let next = painted;
    while (next < most && (all[next]?.end ?? 0) <= end) next++;
    if (next === painted) return;
    paintOn(layers, map, all, painted, next);
    if (!painted) show(layers);
    painted = next;
  }
}

/** The segments to paint are in the page; on the reading page before the text. */
function list() {
  segments ??= decode(JSON.parse(document.getElementById("_highlights")?.textContent || "[]"));
  return segments;
}
