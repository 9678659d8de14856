/**
 * Says which words a comment is about: begins with a selection or with a whole provision, and lets
 * either end be moved by word, sentence or paragraph, with buttons or keys, or the words be quoted.
 * Needs no pointer and no selection; each change is shown, painted in the text, and announced.
 */

import { announce, button, make } from "./elements.js";
import { findWords, spanOfProvision } from "./find.js";
import { move } from "./extend_range.js";
import { wordsOf } from "./offsets.js";
import { targetOf } from "./selection.js";
import { words } from "./words.js";

/** @typedef {import("./offsets.js").TextMap} TextMap */
/** @typedef {import("./selection.js").Target} Target */
/** @typedef {import("./extend_range.js").Span} Span */
/** @typedef {import("./extend_range.js").Side} Side */
/** @typedef {import("./extend_range.js").Unit} Unit */

/**
 * @typedef {object} Place where the words are chosen
 * @property {TextMap} map
 * @property {number} longest how many characters a range may have
 * @property {HTMLElement} quote where the chosen words are shown
 * @property {(span: Span) => void} speakOf
 */

/** @typedef {ReturnType<typeof chooseWords>} Choice */

const SHOWN = 220; // code points of the words in the form, and of those that are read out
const SPOKEN = 90;
/** @type {Record<string, Unit>} */
const KEYS = {
  ArrowLeft: "word", ArrowRight: "word", ArrowUp: "sentence", ArrowDown: "sentence",
  PageUp: "paragraph", PageDown: "paragraph",
};
const SIDEWAYS = new Set(["ArrowLeft", "ArrowRight"]);
const FORWARD = new Set(["ArrowRight", "ArrowDown", "PageDown"]);

/** A fault in one field of a form, found before anything is sent. */
export class FieldError extends Error {
  /** @param {"quote" | "body" | "tags"} field @param {string} message */
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/**
 * @param {Place} place
 * @param {{target?: Target, provision?: {pid: string, name: string}}} seed
 * @param {Span | undefined} before what was chosen when a draft was left
 */
export function chooseWords(place, { target, provision }, before) {
  const { map } = place;
  const within = provision ? spanOfProvision(map, provision.pid) : null;
  /** @type {Span | null} */
  let span = before ?? target ?? within;
  const quote = make("input", { name: "quote", dir: "auto", autocomplete: "off" });
  const fault = make("p", { class: "misfit", role: "alert" });

  /** @param {Span} to */
  const choose = (to) => {
    span = to;
    const chosen = wordsOf(map, to.start, to.end);
    place.quote.textContent = shorten(chosen, SHOWN);
    place.speakOf(to);
    fault.textContent = tooLong(place, to, isWhole());
    announce(fault.textContent || words.nowOn(shorten(chosen, SPOKEN)));
    element.dispatchEvent(new Event("input", { bubbles: true })); // the draft is another now
  };
  const isWhole = () => span !== null && span.start === within?.start && span.end === within.end;

  /** @param {Side} side @param {1 | -1} by @param {Unit} unit */
  const grow = (side, by, unit) => {
    const to = span && move(textOf(map), span, side, by, unit);
    if (!to) return announce(words.noFurther);
    quote.value = "";
    choose(to);
  };

  /** Take the quoted words for the chosen ones. */
  const find = () => {
    const asked = quote.value.trim();
    quote.removeAttribute("aria-invalid");
    if (!asked || !within) return;
    const [first, ...others] = findWords(map, within.start, within.end, asked);
    if (!first) throw new FieldError("quote", words.notThere);
    if (others.length) throw new FieldError("quote", words.severalTimes);
    if (first.start !== span?.start || first.end !== span.end) choose(first);
  };
  quote.addEventListener("change", () => {
    try {
      find();
    } catch (error) {
      quote.setAttribute("aria-invalid", "true");
      fault.textContent = error instanceof Error ? error.message : "";
    }
  });

  if (span) place.quote.textContent = shorten(wordsOf(map, span.start, span.end), SHOWN);
  if (span) place.speakOf(span);
  if (span) fault.textContent = tooLong(place, span, isWhole());
  const element = make(
    "details",
    { class: "choosing" },
    make("summary", {}, words.whichWords),
    controls(grow, () => {
      if (within ?? target) choose(/** @type {Span} */ (within ?? target));
    }),
    within ? make("label", {}, make("span", {}, words.narrow), quote) : null,
  );
  return {
    element,
    quote,
    fault,
    span: () => span,
    /** Give what the comment shall be on. Throws FieldError. @returns {Target | {pid: string}} */
    target: () => {
      find();
      if (provision && isWhole()) return { pid: provision.pid };
      const long = span ? tooLong(place, span, false) : "";
      const found = span && targetOf(map, span.start, span.end);
      if (long || !found) throw new FieldError("quote", long || words.notThere);
      return found;
    },
  };
}

/** @param {(side: Side, by: 1 | -1, unit: Unit) => void} grow @param {() => void} reset */
function controls(grow, reset) {
  const unit = make("select", {}, ...Object.entries(words.units).map(([value, name]) => make("option", { value }, name)));
  unit.value = "sentence";
  const step = () => /** @type {Unit} */ (unit.value);
  const group = make(
    "div",
    { class: "ends", role: "group", "aria-label": words.whichWords },
    make("label", {}, make("span", {}, words.by), unit),
    ...(/** @type {const} */ ([["start", -1], ["start", 1], ["end", -1], ["end", 1]])).map(([side, by]) =>
      button(words.ends[side][by < 0 ? "earlier" : "later"], "button quiet", () => grow(side, by, step()))),
    button(words.asItWas, "button plain", reset),
    make("p", { class: "help" }, words.growingKeys),
  );
  group.addEventListener("keydown", (event) => {
    const by = KEYS[event.key];
    if (!by || event.target === unit || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const isForward = FORWARD.has(event.key) !== (SIDEWAYS.has(event.key) && isRightToLeft());
    grow(event.shiftKey ? "start" : "end", isForward ? 1 : -1, by);
  });
  return group;
}

/** In Arabic and Hebrew, words go on to the left. */
function isRightToLeft() {
  const text = document.getElementById("_text");
  return text !== null && getComputedStyle(text).direction === "rtl";
}

/** @param {Place} place @param {Span} span @param {boolean} whole */
function tooLong({ longest }, { start, end }, whole) {
  return !whole && end - start > longest ? words.tooLong(end - start, longest) : "";
}

/** The text as extend_range.js wants it. @param {TextMap} map @returns {import("./extend_range.js").Text} */
function textOf(map) {
  return {
    blocks: map.blocks,
    language: map.root.lang,
    wordsOf: (index) => map.blocks[index]?.element.textContent ?? "",
    isCode: (index) => map.blocks[index]?.element.matches("pre *") ?? false,
  };
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
