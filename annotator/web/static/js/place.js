/**
 * Remembers, in this browser and nowhere else, where each document was read last, and offers to go on
 * there. Who comes by a link to a place is moved nowhere and asked nothing. A place is a provision's
 * lasting name and an offset in it, so that it is found in a later edition too.
 */

import { headingOf } from "./counts.js";
import { button, focusOn, windowTop } from "./elements.js";
import { notice } from "./notices.js";
import { offsetOf, pointAt, rangeOf } from "./offsets.js";
import { caretAt } from "./pointer.js";
import { recall, remember } from "./remembered.js";
import { words } from "./words.js";

/** @typedef {{pid: string, offset: number}} Place `offset` in code points from the provision's beginning */
/** @typedef {{off?: boolean, at?: Record<string, Place>}} Kept by document */

const NAME = "places";
const TOP = 24; // px below the header, where one reads on
const OWN_DOING = ["wheel", "touchmove", "keydown", "pointerdown"];

/** @param {TextMap} map @param {string} slug @param {(pid: string) => Promise<void>} load brings in the part of the text with a provision */
export async function rememberPlace(map, slug, load) {
  offerChoice();
  const place = kept().at?.[slug];
  if (place) await load(place.pid).catch(() => {});
  const index = place ? map.blocks.findIndex(({ element }) => element.id === place.pid) : -1;
  const start = map.blocks[index]?.start;
  if (place && start !== undefined && !isLedElsewhere()) offer(map, slug, start + place.offset);
  else follow(map, slug);
}

/** By a link to a place, or by the browser, which goes back itself after a reload and on its way back. */
function isLedElsewhere() {
  const [came] = performance.getEntriesByType("navigation");
  const isNew = came instanceof PerformanceNavigationTiming && came.type === "navigate";
  return location.hash !== "" || location.search !== "" || !isNew;
}

/** Offer the place until it is taken, refused, or passed over. @param {TextMap} map @param {string} slug @param {number} offset */
function offer(map, slug, offset) {
  const done = () => {
    removeEventListener("scrollend", passOver);
    notice("place");
    follow(map, slug);
  };
  function passOver() {
    if (scrollY > innerHeight) done();
  }
  addEventListener("scrollend", passOver, { passive: true });
  notice(
    "place", words.whereYouWere(nameOf(map, offset)), " ",
    button(words.continueThere, "link", () => {
      done();
      goTo(map, offset);
    }),
    " ",
    button(words.forgetPlace, "link", () => {
      keep(slug, null);
      done();
    }),
  );
}

/** Note the place after each scrolling of the reader's own. @param {TextMap} map @param {string} slug */
function follow(map, slug) {
  let moved = false;
  const move = () => {
    moved = true;
  };
  for (const act of OWN_DOING) addEventListener(act, move, { once: true, passive: true });
  addEventListener("scrollend", () => {
    if (moved) keep(slug, scrollY > innerHeight / 2 ? placeNow(map) : null);
  }, { passive: true });
}

/** @param {TextMap} map @returns {Place | null} */
function placeNow(map) {
  const { left, width } = map.root.getBoundingClientRect();
  const caret = caretAt(left + width / 2, windowTop() + TOP);
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
  block.scrollIntoView({ behavior: "instant" }); // so that everything around it is laid out
  scrollBy({ top: rangeOf(map, offset, offset + 1).getBoundingClientRect().top - windowTop() - TOP, behavior: "instant" });
}

/** The title of the section around a place. @param {TextMap} map @param {number} offset */
function nameOf(map, offset) {
  const { node } = pointAt(map, offset, "start");
  return headingOf(node instanceof Element ? node : node.parentElement);
}

/** A box among the settings: without its mark nothing is remembered, and what was is forgotten. */
function offerChoice() {
  const box = document.getElementById("_place");
  if (!(box instanceof HTMLInputElement)) return;
  box.checked = !kept().off;
  box.addEventListener("change", () => {
    remember(NAME, box.checked ? null : { off: true });
    notice("place");
  });
}

/** @returns {Kept} */
function kept() {
  return { ...recall(NAME) };
}

/** @param {string} slug @param {Place | null} place */
function keep(slug, place) {
  const { off, at = {} } = kept();
  if (off) return;
  const { [slug]: _, ...others } = at;
  remember(NAME, { at: place ? { ...others, [slug]: place } : others });
}
