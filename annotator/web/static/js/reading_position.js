/**
 * Saves the reading position in each document, only in this browser, and offers to continue there. It
 * offers nothing if the page was opened by a link to a place. A position is a pid and an offset in the
 * provision, so it is valid in later editions too.
 */

import { headingOf } from "./counts.js";
import { button, focusOn, headerBottom } from "./elements.js";
import { setNotice } from "./notices.js";
import { offsetOf, pointAt, rangeOf } from "./offsets.js";
import { caretAt } from "./pointer.js";
import { getStored, store } from "./storage.js";
import { words } from "./words.js";

/** @typedef {{pid: string, offset: number}} Position `offset` in code points from the start of the provision */
/** @typedef {{off?: boolean, at?: Record<string, Position>}} Saved by document */

const NAME = "places";
const READING_LINE = 24; // px below the header
const INTERACTIONS = ["wheel", "touchmove", "keydown", "pointerdown"];

/** @param {TextMap} map @param {string} slug @param {(pid: string) => Promise<void>} load loads the part of the text with a provision */
export async function restorePosition(map, slug, load) {
  setUpCheckbox();
  const place = loadSaved().at?.[slug];
  if (place) await load(place.pid).catch(() => {});
  const index = place ? map.blocks.findIndex(({ element }) => element.id === place.pid) : -1;
  const start = map.blocks[index]?.start;
  if (place && start !== undefined && !hasPosition()) offer(map, slug, start + place.offset);
  else savePositions(map, slug);
}

/** Return whether a link or the browser (on reload and back) sets the position. */
function hasPosition() {
  const [navigation] = performance.getEntriesByType("navigation");
  const isNew = navigation instanceof PerformanceNavigationTiming && navigation.type === "navigate";
  return location.hash !== "" || location.search !== "" || !isNew;
}

/** Offer to continue at a position until it is accepted, dismissed, or scrolled past. @param {TextMap} map @param {string} slug @param {number} offset */
function offer(map, slug, offset) {
  const done = () => {
    removeEventListener("scrollend", dismissIfPassed);
    setNotice("place");
    savePositions(map, slug);
  };
  function dismissIfPassed() {
    if (scrollY > innerHeight) done();
  }
  addEventListener("scrollend", dismissIfPassed, { passive: true });
  setNotice(
    "place", words.youWereReading(headingAt(map, offset)), " ",
    button(words.continueThere, "link", () => {
      done();
      goTo(map, offset);
    }),
    " ",
    button(words.forgetPlace, "link", () => {
      savePosition(slug, null);
      done();
    }),
  );
}

/** Note the place after each scrollBehavior of the reader's own. @param {TextMap} map @param {string} slug */
function savePositions(map, slug) {
  let hasActed = false;
  const act = () => {
    hasActed = true;
  };
  for (const type of INTERACTIONS) addEventListener(type, act, { once: true, passive: true });
  addEventListener("scrollend", () => {
    if (hasActed) savePosition(slug, scrollY > innerHeight / 2 ? currentPosition(map) : null);
  }, { passive: true });
}

/** @param {TextMap} map @returns {Position | null} */
function currentPosition(map) {
  const { left, width } = map.root.getBoundingClientRect();
  const caret = caretAt(left + width / 2, headerBottom() + READING_LINE);
  if (!caret || !map.root.contains(caret.node)) return null;
  const offset = offsetOf(map, caret.node, caret.offset, "start");
  const block = map.blocks.findLast(({ element, start }) => start <= offset && element.id);
  return block ? { pid: block.element.id, offset: offset - block.start } : null;
}

/** @param {TextMap} map @param {number} offset */
function goTo(map, offset) {
  const { node } = pointAt(map, offset, "start");
  const block = (node instanceof HTMLElement ? node : node.parentElement)?.closest("[data-start]");
  if (!(block instanceof HTMLElement)) return;
  focusOn(block, { preventScroll: true });
  block.scrollIntoView({ behavior: "instant" }); // so that the text around it is laid out
  scrollBy({ top: rangeOf(map, offset, offset + 1).getBoundingClientRect().top - headerBottom() - READING_LINE, behavior: "instant" });
}

/** Return the heading of the section at an offset. @param {TextMap} map @param {number} offset */
function headingAt(map, offset) {
  const { node } = pointAt(map, offset, "start");
  return headingOf(node instanceof Element ? node : node.parentElement);
}

/** Set up the checkbox in the settings. Clearing it deletes all positions and saves no more. */
function setUpCheckbox() {
  const box = document.getElementById("_place");
  if (!(box instanceof HTMLInputElement)) return;
  box.checked = !loadSaved().off;
  box.addEventListener("change", () => {
    store(NAME, box.checked ? null : { off: true });
    setNotice("place");
  });
}

/** @returns {Saved} */
function loadSaved() {
  return { ...getStored(NAME) };
}

/** @param {string} slug @param {Position | null} place */
function savePosition(slug, place) {
  const { off, at = {} } = loadSaved();
  if (off) return;
  const { [slug]: _, ...others } = at;
  store(NAME, { at: place ? { ...others, [slug]: place } : others });
}
