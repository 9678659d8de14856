/** Converts a selection or quotation to a target: offsets, words and context. */

import { wholeWords } from "./extend_range.js";
import { offsetOf, wordsOf } from "./offsets.js";

const CONTEXT = 32; // code points on each side, as the server stores
const SPACE_BEFORE = /^[\s\u200b]+/;
const SPACE_AFTER = /[\s\u200b]+$/;

/**
 * Return the target of a DOM range, extended to whole words and limited to the text, or null if it
 * contains no word.
 * @param {TextMap} map
 * @param {AbstractRange} range
 * @returns {Target | null}
 */
export function targetOfRange(map, range) {
  if (range.collapsed || !map.blocks.length) return null;
  const start = offsetOf(map, range.startContainer, range.startOffset, "start");
  const end = offsetOf(map, range.endContainer, range.endOffset, "end");
  const found = start < end ? targetOf(map, start, end) : null; // without spaces at the ends
  const whole = found && wholeWords(textOf(map), found);
  return whole && targetOf(map, whole.start, whole.end);
}

/** Return the text in the form of extend_range.js. @param {TextMap} map @returns {import("./extend_range.js").Text} */
export function textOf(map) {
  return {
    blocks: map.blocks,
    language: map.root.lang,
    wordsOf: (index) => map.blocks[index]?.element.textContent ?? "",
    isCode: (index) => map.blocks[index]?.element.matches("pre *") ?? false,
  };
}

/**
 * Return the target between two offsets, without white space at its ends.
 * @param {TextMap} map
 * @param {number} start
 * @param {number} end
 * @returns {Target | null}
 */
export function targetOf(map, start, end) {
  const words = wordsOf(map, start, end);
  const from = start + countCodePoints(SPACE_BEFORE.exec(words)?.[0] ?? "");
  const to = end - countCodePoints(SPACE_AFTER.exec(words)?.[0] ?? "");
  if (from >= to) return null;
  const first = map.blocks[0]?.start ?? 0;
  const last = map.blocks.at(-1)?.end ?? 0;
  return {
    start: from,
    end: to,
    exact: wordsOf(map, from, to),
    prefix: wordsOf(map, Math.max(first, from - CONTEXT), from),
    suffix: wordsOf(map, to, Math.min(last, to + CONTEXT)),
  };
}

/** @param {string} words */
function countCodePoints(words) {
  return [...words].length;
}

/**
 * Return the range of a provision: a heading's whole section, a list item, a table row.
 * @param {TextMap} map
 * @param {string} pid
 */
export function spanOfProvision(map, pid) {
  const block = document.getElementById(pid);
  const container = block?.closest("li, tr") ?? (block?.matches("h2, h3, h4, h5, h6") ? block.closest("section") : block);
  const inside = map.blocks.filter(({ element }) => container?.contains(element));
  const [first, last] = [inside[0], inside.at(-1)];
  return first && last ? { start: first.start, end: last.end } : null;
}

/** Normalize quotation marks and dashes, one character for one. @param {string} words */
function normalize(words) {
  return words.replace(/[‘’‚‛′]/gu, "'").replace(/[“”„‟″]/gu, '"').replace(/[‐‑‒–—―−]/gu, "-");
}

/**
 * Find `quote` between two offsets, ignoring differences in white space, quotation marks and dashes.
 * @param {TextMap} map
 * @param {number} start
 * @param {number} end
 * @param {string} quote
 */
export function findWords(map, start, end, quote) {
  const pattern = normalize(quote).trim().split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("\\s+");
  const text = normalize(wordsOf(map, start, end));
  const found = [];
  for (const match of pattern ? text.matchAll(new RegExp(pattern, "gu")) : []) {
    const from = start + [...text.slice(0, match.index)].length;
    const target = targetOf(map, from, from + [...match[0]].length);
    if (target) found.push(target);
  }
  return found;
}
