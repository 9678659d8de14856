/**
 * Moves one end of a range by a word, a sentence or a paragraph. Pure: the text is a list of blocks
 * with offsets in code points.
 *
 * Sentences are those of `documents/parsed.py`, which addresses of sentences refer to; a test compares
 * the two.
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
const SENTENCE_START = new RegExp(`[\\p{Uppercase}\\p{Lt}\\p{Nd}${OPENING}]`, "u");
const ABBREVIATION = /(?<![\p{L}\p{N}_.])(?:e\.g|i\.e|etc|vs|cf|viz|et al|approx|mr|mrs|ms|dr|prof)\.[^.!?]*$/iu;
const LONGEST_ABBREVIATION = 8;
const WORD = /[\p{L}\p{N}\p{M}_]+(?:['\u2019][\p{L}\p{N}\p{M}]+)*/gu; // for browsers without Intl.Segmenter

/**
 * Move an end of `span` to the next boundary of a unit; return null if there is none. The other end
 * does not move, and at least a part of one unit is left between them.
 * @param {Text} text @param {Span} span @param {Side} side @param {1 | -1} direction @param {Unit} unit
 * @returns {Span | null}
 */
export function moveEnd(text, span, side, direction, unit) {
  const { start, end } = span;
  const from = side === "start" ? start : end;
  /** @param {number} at */
  const fits = (at) => (at - from) * direction > 0 && (side === "start" ? at < end : at > start);
  const first = side === "start" ? start : end - 1;
  for (let index = lastIndex(text.blocks.length, (at) => (text.blocks[at]?.start ?? 0) <= first); ; index += direction) {
    const block = text.blocks[index];
    const isPast = side === "start" ? direction > 0 && (block?.start ?? 0) >= end : direction < 0 && (block?.end ?? 0) <= start;
    if (!block || isPast) return null;
    const edges = unitsIn(text, index, unit).map((piece) => piece[side]).filter(fits);
    const moved = direction > 0 ? edges[0] : edges.at(-1);
    if (moved !== undefined) return { start, end, [side]: moved };
  }
}

/** Extend a range to whole words at both ends. @param {Text} text @param {Span} span @returns {Span} */
export function wholeWords(text, { start, end }) {
  /** @param {number} at */
  const around = (at) => unitsIn(text, lastIndex(text.blocks.length, (index) => (text.blocks[index]?.start ?? 0) <= at), "word")
    .find((word) => word.start < at && at < word.end);
  return { start: around(start)?.start ?? start, end: around(end)?.end ?? end };
}

/** @param {Text} text @param {number} index @param {Unit} unit @returns {Span[]} offsets in the text */
function unitsIn(text, index, unit) {
  const block = text.blocks[index];
  if (!block) return [];
  if (unit === "paragraph") return [{ start: block.start, end: block.end }];
  const words = text.wordsOf(index);
  const pieces = unit === "word" ? wordsIn(words, text.language) : text.isCode(index) ? [] : sentencesIn(words);
  const spans = toCodePoints(words, pieces.length ? pieces : [{ start: 0, end: words.length }]);
  return spans.map((piece) => ({ start: block.start + piece.start, end: block.start + piece.end }));
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
    return new Intl.Segmenter(undefined, { granularity: "word" }); // an unknown language
  }
}

/** List the sentences of one block, in UTF-16 units. @param {string} words @returns {Span[]} */
export function sentencesIn(words) {
  const spans = [];
  let start = 0;
  for (const stop of words.matchAll(STOP)) {
    const end = stop.index + stop[0].length;
    if (!SENTENCE_START.test(stop[1] ?? "") || ABBREVIATION.test(words.slice(Math.max(start, stop.index - LONGEST_ABBREVIATION), end))) continue;
    spans.push({ start, end });
    start = end + (/^\s+/.exec(words.slice(end))?.[0].length ?? 0);
  }
  if (start < words.length) spans.push({ start, end: words.length });
  return spans;
}

/** Convert offsets in a text from UTF-16 units to code points. @param {string} words @param {readonly Span[]} pieces @returns {Span[]} */
export function toCodePoints(words, pieces) {
  let [unit, point] = [0, 0];
  /** @param {number} to */
  const upTo = (to) => {
    for (; unit < to; point++) unit += (words.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    return point;
  };
  return pieces.map(({ start, end }) => ({ start: upTo(start), end: upTo(end) }));
}
