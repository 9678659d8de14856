/** Finds quoted words in a provision's text, as somebody may have typed them. */

import { wordsOf } from "./offsets.js";
import { targetOf } from "./selection.js";

/** @typedef {import("./offsets.js").TextMap} TextMap */

/**
 * Give where a provision stands in the page: a heading's whole section, a list item, a table row.
 * @param {TextMap} map
 * @param {string} pid
 */
export function spanOfProvision(map, pid) {
  const block = document.getElementById(pid);
  const holder = block?.closest("li, tr") ?? (block?.matches("h2, h3, h4, h5, h6") ? block.closest("section") : block);
  const inside = map.blocks.filter(({ element }) => holder?.contains(element));
  const [first, last] = [inside[0], inside.at(-1)];
  return first && last ? { start: first.start, end: last.end } : null;
}

/** One character for one, so that places stay the same. */
const ALIKE = [/[‘’‚‛′]/gu, "'", /[“”„‟″]/gu, '"', /[‐‑‒–—―−]/gu, "-"];

/**
 * List the places of `quote` between two offsets, whatever its white space, quotation marks and dashes.
 * @param {TextMap} map
 * @param {number} start
 * @param {number} end
 * @param {string} quote
 */
export function findWords(map, start, end, quote) {
  const pattern = plain(quote).trim().split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("\\s+");
  const text = plain(wordsOf(map, start, end));
  const found = [];
  for (const match of pattern ? text.matchAll(new RegExp(pattern, "gu")) : []) {
    const from = start + [...text.slice(0, match.index)].length;
    const target = targetOf(map, from, from + [...match[0]].length);
    if (target) found.push(target);
  }
  return found;
}

/** @param {string} words */
function plain(words) {
  let result = words;
  for (let index = 0; index < ALIKE.length; index += 2) {
    result = result.replace(/** @type {RegExp} */ (ALIKE[index]), /** @type {string} */ (ALIKE[index + 1]));
  }
  return result;
}
