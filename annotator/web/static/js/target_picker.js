/**
 * Picks the words that a comment is about: begins with a selection or with a whole provision, and moves
 * either end by word, sentence or paragraph, with the form's buttons or keys, or takes quoted words.
 * Needs no pointer and no selection; each change is shown, painted in the text, and announced.
 */

import { announce } from "./elements.js";
import { move } from "./extend_range.js";
import { wordsOf } from "./offsets.js";
import { findWords, spanOfProvision, targetOf, textOf } from "./selection.js";
import { words } from "./words.js";

/** @typedef {import("./extend_range.js").Unit} Unit */

/**
 * @typedef {object} Place where the words are chosen
 * @property {TextMap} map
 * @property {number} longest how many characters a range may have
 * @property {HTMLElement} quote where the chosen words are shown
 * @property {(span: Span) => void} speakOf
 */

const SHOWN = 220; // code points of the words in the form, and of those that are read out
const SPOKEN = 90;
/** @type {Record<string, Unit>} */
const KEYS = {
  ArrowLeft: "word", ArrowRight: "word", ArrowUp: "sentence", ArrowDown: "sentence",
  PageUp: "paragraph", PageDown: "paragraph",
};
const SIDEWAYS = new Set(["ArrowLeft", "ArrowRight"]);
const FORWARD = new Set(["ArrowRight", "ArrowDown", "PageDown"]);

/**
 * Let the words be picked in the form's own controls.
 * @param {HTMLFormElement} form
 * @param {Place} place
 * @param {{target?: Target, provision?: {pid: string, name: string}}} seed
 * @param {Span | undefined} before what was chosen when a draft was left
 */
export function pickTarget(form, place, { target, provision }, before) {
  const { map } = place;
  const within = provision ? spanOfProvision(map, provision.pid) : null;
  /** @type {Span | null} */
  let span = before ?? target ?? within;
  const details = /** @type {HTMLDetailsElement} */ (form.querySelector(".choosing"));
  const ends = /** @type {HTMLElement} */ (details.querySelector(".ends"));
  const unit = /** @type {HTMLSelectElement} */ (details.querySelector("select"));
  const quote = /** @type {HTMLInputElement} */ (details.querySelector("[name=quote]"));
  /** @param {string} message */
  const tell = (message) => {
    const place = form.querySelector(".misfit"); // the form may have been rendered anew
    if (place) place.textContent = message;
  };

  /** @param {Span} to */
  const show = (to) => {
    place.quote.dataset["words"] = wordsOf(map, to.start, to.end);
    place.quote.textContent = shorten(place.quote.dataset["words"], SHOWN);
    place.speakOf(to);
    const fault = isWhole() ? "" : tooLong(place, to);
    tell(fault);
    return fault;
  };
  /** @param {Span} to */
  const choose = (to) => {
    span = to;
    announce(show(to) || words.nowOn(shorten(wordsOf(map, to.start, to.end), SPOKEN)));
    details.dispatchEvent(new Event("input", { bubbles: true })); // the draft is another now
  };
  const isWhole = () => span !== null && span.start === within?.start && span.end === within.end;

  /** @param {Side} side @param {1 | -1} by @param {Unit} unit */
  const extend = (side, by, unit) => {
    const to = span && move(textOf(map), span, side, by, unit);
    if (!to) return announce(words.noFurther);
    quote.value = "";
    choose(to);
  };

  /** Select the quoted words; show and return the error of the selection. */
  const check = () => {
    const asked = quote.value.trim();
    const [first, ...others] = asked && within ? findWords(map, within.start, within.end, asked) : [];
    if (first && !others.length && (first.start !== span?.start || first.end !== span.end)) choose(first);
    const misquoted = first ? others.length && words.severalTimes : asked && words.notThere;
    const fault = misquoted || (isWhole() || !span ? "" : tooLong(place, span));
    quote.toggleAttribute("aria-invalid", Boolean(misquoted));
    tell(fault);
    return fault;
  };
  quote.addEventListener("change", check);
  ends.addEventListener("click", ({ target: pressed }) => {
    if (!(pressed instanceof HTMLElement)) return;
    const { side, by, reset } = pressed.dataset;
    const first = within ?? target;
    if (side) extend(/** @type {Side} */ (side), by === "1" ? 1 : -1, /** @type {Unit} */ (unit.value));
    else if (reset !== undefined && first) choose(first);
  });
  ends.addEventListener("keydown", (event) => {
    const by = KEYS[event.key];
    if (!by || event.target === unit || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const isRightToLeft = getComputedStyle(map.root).direction === "rtl"; // there words go on to the left
    const isForward = FORWARD.has(event.key) !== (SIDEWAYS.has(event.key) && isRightToLeft);
    extend(event.shiftKey ? "start" : "end", isForward ? 1 : -1, by);
  });
  if (!within) quote.closest("label")?.remove();
  if (span) show(span);
  return {
    span: () => span,
    /** Write into the form's fields what the comment is on; return whether it can be on that. */
    fill: () => {
      const fault = check();
      const found = span && !isWhole() ? targetOf(map, span.start, span.end) : null;
      for (const name of /** @type {const} */ (["start", "end", "exact"])) {
        /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = String(found?.[name] ?? "");
      }
      if (!fault) return true;
      details.open = true;
      quote.focus();
      return false;
    },
  };
}

/** @param {Place} place @param {Span} span */
function tooLong({ longest }, { start, end }) {
  return end - start > longest ? words.tooLong(end - start, longest) : "";
}

/** Leave the middle out of long words. @param {string} words @param {number} most in code points */
export function shorten(words, most) {
  const points = [...words];
  if (points.length <= most) return words;
  const half = Math.floor(most / 2);
  const head = points.slice(0, half).join("").replace(/(\S)\s+\S*$/u, "$1");
  const tail = points.slice(-half).join("").replace(/^\S*\s+(?=\S)/u, "");
  return `${head} … ${tail}`;
}
