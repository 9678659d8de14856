/**
 * Picks the words that a comment is about. Starts with a selection or a provision, and moves either
 * end by word, sentence or paragraph with the form's buttons or keys, or finds quoted words. Each
 * change is shown in the form, highlighted in the text, and announced.
 */

import { announce } from "./elements.js";
import { moveEnd } from "./extend_range.js";
import { wordsOf } from "./offsets.js";
import { findWords, spanOfProvision, targetOf, textOf } from "./selection.js";
import { words } from "./words.js";

/** @typedef {import("./extend_range.js").Unit} Unit */

/**
 * @typedef {object} Context
 * @property {TextMap} map
 * @property {number} maxLength of a range, in code points
 * @property {HTMLElement} quote shows the chosen words
 * @property {(span: Span) => void} emphasize
 */

const MAX_SHOWN = 220; // code points of the words in the form
const MAX_ANNOUNCED = 90;
/** @type {Record<string, Unit>} */
const KEYS = {
  ArrowLeft: "word", ArrowRight: "word", ArrowUp: "sentence", ArrowDown: "sentence",
  PageUp: "paragraph", PageDown: "paragraph",
};
const SIDEWAYS = new Set(["ArrowLeft", "ArrowRight"]);
const FORWARD = new Set(["ArrowRight", "ArrowDown", "PageDown"]);

/**
 * Set up the controls of a form.
 * @param {HTMLFormElement} form
 * @param {Context} context
 * @param {{target?: Target, provision?: {pid: string, name: string}}} start
 * @param {Span | undefined} saved the words chosen in a draft
 */
export function pickTarget(form, context, { target, provision }, saved) {
  const { map } = context;
  const provisionSpan = provision ? spanOfProvision(map, provision.pid) : null;
  /** @type {Span | null} */
  let span = saved ?? target ?? provisionSpan;
  const details = /** @type {HTMLDetailsElement} */ (form.querySelector(".choosing"));
  const ends = /** @type {HTMLElement} */ (details.querySelector(".ends"));
  const unit = /** @type {HTMLSelectElement} */ (details.querySelector("select"));
  const quote = /** @type {HTMLInputElement} */ (details.querySelector("[name=quote]"));
  /** @param {string} message */
  const showError = (message) => {
    const place = form.querySelector(".misfit"); // the form may have been rendered anew
    if (place) place.textContent = message;
  };

  /** @param {Span} to */
  const show = (to) => {
    context.quote.dataset["words"] = wordsOf(map, to.start, to.end);
    context.quote.textContent = shorten(context.quote.dataset["words"], MAX_SHOWN);
    context.emphasize(to);
    const error = isWhole() ? "" : tooLong(context, to);
    showError(error);
    return error;
  };
  /** @param {Span} to */
  const choose = (to) => {
    span = to;
    announce(show(to) || words.selectedWords(shorten(wordsOf(map, to.start, to.end), MAX_ANNOUNCED)));
    details.dispatchEvent(new Event("input", { bubbles: true })); // the draft has changed
  };
  const isWhole = () => span !== null && span.start === provisionSpan?.start && span.end === provisionSpan.end;

  /** @param {Side} side @param {1 | -1} direction @param {Unit} unit */
  const extend = (side, direction, unit) => {
    const to = span && moveEnd(textOf(map), span, side, direction, unit);
    if (!to) return announce(words.endReached);
    quote.value = "";
    choose(to);
  };

  /** Select the quoted words; show and return the error. */
  const check = () => {
    const quoted = quote.value.trim();
    const [first, ...others] = quoted && provisionSpan ? findWords(map, provisionSpan.start, provisionSpan.end, quoted) : [];
    if (first && !others.length && (first.start !== span?.start || first.end !== span.end)) choose(first);
    const quoteError = first ? others.length && words.quoteAmbiguous : quoted && words.quoteNotFound;
    const error = quoteError || (isWhole() || !span ? "" : tooLong(context, span));
    quote.toggleAttribute("aria-invalid", Boolean(quoteError));
    showError(error);
    return error;
  };
  quote.addEventListener("change", check);
  ends.addEventListener("click", ({ target: pressed }) => {
    if (!(pressed instanceof HTMLElement)) return;
    const { side, by, reset } = pressed.dataset;
    const first = provisionSpan ?? target;
    if (side) extend(/** @type {Side} */ (side), by === "1" ? 1 : -1, /** @type {Unit} */ (unit.value));
    else if (reset !== undefined && first) choose(first);
  });
  ends.addEventListener("keydown", (event) => {
    const keyUnit = KEYS[event.key];
    if (!keyUnit || event.target === unit || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const isRightToLeft = getComputedStyle(map.root).direction === "rtl"; // the next word is on the left
    const isForward = FORWARD.has(event.key) !== (SIDEWAYS.has(event.key) && isRightToLeft);
    extend(event.shiftKey ? "start" : "end", isForward ? 1 : -1, keyUnit);
  });
  if (!provisionSpan) quote.closest("label")?.remove();
  if (span) show(span);
  return {
    span: () => span,
    /** Fill in the form's target; return whether it is valid. */
    fill: () => {
      const error = check();
      const found = span && !isWhole() ? targetOf(map, span.start, span.end) : null;
      for (const name of /** @type {const} */ (["start", "end", "exact"])) {
        /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = String(found?.[name] ?? "");
      }
      if (!error) return true;
      details.open = true;
      quote.focus();
      return false;
    },
  };
}

/** @param {Context} context @param {Span} span */
function tooLong({ maxLength }, { start, end }) {
  return end - start > maxLength ? words.tooLong(end - start, maxLength) : "";
}

/** Replace the middle of long words by an ellipsis. @param {string} words @param {number} limit in code points */
export function shorten(words, limit) {
  const points = [...words];
  if (points.length <= limit) return words;
  const half = Math.floor(limit / 2);
  const head = points.slice(0, half).join("").replace(/(\S)\s+\S*$/u, "$1");
  const tail = points.slice(-half).join("").replace(/^\S*\s+(?=\S)/u, "");
  return `${head} … ${tail}`;
}
