/**
 * Moves one end of a range of the text by a word, a sentence or a paragraph. Pure: it knows the
 * text as blocks with offsets in code points, and no page.
 *
 * Sentences are those of `documents/parsed.py`, so that what grows by a sentence is what a
 * sentence's address names; a test holds the two to each other.
 */

import { lastIndex } from "./offsets.js";

/** @typedef {"word" | "sentence" | "paragraph"} Unit */

/**
 * @typedef {object} Text the text as its blocks, in order
 * @property {readonly Span[]} blocks
 * @property {string} language
 * @property {(index: number) => string} wordsOf
 * @property {(index: number) => boolean} isCode
 */

const OPENING = `"'(\\[{\u201c\u2018\u00ab\u2039`;
const CLOSING = `"')\\]}\u201d\u2019\u00bb\u203a`;
const STOP = new RegExp(`(?<![.!?])[.!?]+(?![.!?])[${CLOSING}]*(?![${CLOSING}])(?=\\s+(\\S))`, "gu");
const BEGINS = new RegExp(`[\\p{Uppercase}\\p{Lt}\\p{Nd}${OPENING}]`, "u");
const ABBREVIATION = /(?<![\p{L}\p{N}_.])(?:e\.g|i\.e|etc|vs|cf|viz|et al|approx|mr|mrs|ms|dr|prof)\.[^.!?]*$/iu;
const LONGEST_ABBREVIATION = 8;
const WORD = /[\p{L}\p{N}\p{M}_]+(?:['\u2019][\p{L}\p{N}\p{M}]+)*/gu; // where the browser cannot tell words

/**
 * Move an end of `span` to the next boundary of a unit; null where there is none. The other end
 * stays, and at least one such unit, or a part of one, stays between them.
 * @param {Text} text @param {Span} span @param {Side} side @param {1 | -1} by @param {Unit} unit
 * @returns {Span | null}
 */
export function move(text, span, side, by, unit) {
  const { start, end } = span;
  const from = side === "start" ? start : end;
  /** @param {number} at */
  const fits = (at) => (at - from) * by > 0 && (side === "start" ? at < end : at > start);
  const first = side === "start" ? start : end - 1;
  for (let index = lastIndex(text.blocks.length, (at) => (text.blocks[at]?.start ?? 0) <= first); ; index += by) {
    const block = text.blocks[index];
    const isPast = side === "start" ? by > 0 && (block?.start ?? 0) >= end : by < 0 && (block?.end ?? 0) <= start;
    if (!block || isPast) return null;
    const edges = edgesOf(text, index, unit).map((piece) => piece[side]).filter(fits);
    const found = by > 0 ? edges[0] : edges.at(-1);
    if (found !== undefined) return { start, end, [side]: found };
  }
}

/** Extend a range to whole words at both ends. @param {Text} text @param {Span} span @returns {Span} */
export function wholeWords(text, { start, end }) {
  /** @param {number} at */
  const around = (at) => edgesOf(text, lastIndex(text.blocks.length, (index) => (text.blocks[index]?.start ?? 0) <= at), "word")
    .find((word) => word.start < at && at < word.end);
  return { start: around(start)?.start ?? start, end: around(end)?.end ?? end };
}

/** @param {Text} text @param {number} index @param {Unit} unit @returns {Span[]} in the text's own offsets */
function edgesOf(text, index, unit) {
  const block = text.blocks[index];
  if (!block) return [];
  if (unit === "paragraph") return [{ start: block.start, end: block.end }];
  const words = text.wordsOf(index);
  const pieces = unit === "word" ? wordsIn(words, text.language) : text.isCode(index) ? [] : sentencesIn(words);
  const found = inPoints(words, pieces.length ? pieces : [{ start: 0, end: words.length }]);
  return found.map((piece) => ({ start: block.start + piece.start, end: block.start + piece.end }));
}

/** List the words of one block, in UTF-16 units. @param {string} words @param {string} language @returns {Span[]} */
function wordsIn(words, language) {
  if (typeof Intl.Segmenter !== "function") {
    return [...words.matchAll(WORD)].map(({ index, 0: word }) => ({ start: index, end: index + word.length }));
  }
  return [...segmenter(language).segment(words)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ index, segment }) => ({ start: index, end: index + segment.length }));
}

/** @param {string} language */
function segmenter(language) {
  try {
    return new Intl.Segmenter(language || undefined, { granularity: "word" });
  } catch {
    return new Intl.Segmenter(undefined, { granularity: "word" }); // no language that a browser knows
  }
}

/** List the sentences of one block, in UTF-16 units. @param {string} words @returns {Span[]} */
export function sentencesIn(words) {
  const found = [];
  let start = 0;
  for (const stop of words.matchAll(STOP)) {
    const end = stop.index + stop[0].length;
    if (!BEGINS.test(stop[1] ?? "") || ABBREVIATION.test(words.slice(Math.max(start, stop.index - LONGEST_ABBREVIATION), end))) continue;
    found.push({ start, end });
    start = end + (/^\s+/.exec(words.slice(end))?.[0].length ?? 0);
  }
  if (start < words.length) found.push({ start, end: words.length });
  return found;
}

/** Turn UTF-16 units of one text into code points. @param {string} words @param {readonly Span[]} pieces @returns {Span[]} */
export function inPoints(words, pieces) {
  let [unit, point] = [0, 0];
  /** @param {number} to */
  const upTo = (to) => {
    for (; unit < to; point++) unit += (words.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    return point;
  };
  return pieces.map(({ start, end }) => ({ start: upTo(start), end: upTo(end) }));
}
