/**
 * The strip next to the text: a bar for each provision, as long as its number of authors, and the
 * reading position. Links large enough to click cover the bars: one tab stop, with arrow keys.
 */

import { controlsAround, headingOf } from "./counts.js";
import { make } from "./elements.js";
import { indexAt } from "./offsets.js";
import { onShortcut } from "./shortcuts.js";
import { words } from "./words.js";

/** @typedef {{element: HTMLElement, from: number, to: number, tally?: Tally | undefined}} Unit `from` and `to` as shares of the text */

const REDRAW_DELAY = 800; // ms after a change
const MOVE_INTERVAL = 250; // ms: each style change makes browsers compute all highlights again (8 ms for 1,000 comments on 29,000 words)
const MIN_LINK = 24; // px, the height of a link
const CLICK_RADIUS = 4; // px around a bar
const HEIGHT = 1000; // of the drawing, in its own units
const MIN_BAR = 2; // of these units, the height of a bar
const LEVELS = 4;
const MIN_LENGTH = 0.1; // of the strip's width, for one author among many
const PROBE_STEP = 24; // px between the points at which a block is looked for
const PROBES = 8;
const KEYS = new Map([["ArrowDown", 1], ["ArrowUp", -1], ["Home", -Infinity], ["End", Infinity]]);

/**
 * @param {HTMLElement} place
 * @param {TextMap} map
 * @param {(control: HTMLElement) => void} goTo
 * @param {() => Promise<{provisions: Tally[]}>} load
 */
export function addStrip(place, map, goTo, load) {
  const strip = make("div", { class: "map-strip" });
  place.querySelector(":scope > a")?.before(strip);
  let units = unitsOf(map);
  const drawing = svg("svg", { viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const position = make("div", { class: "map-here" });
  strip.replaceChildren(drawing, position);

  /** @param {Unit | undefined} unit */
  const goToUnit = (unit) => {
    const control = unit?.element.matches(".part") ? unit.element : unit && controlsAround(map, unit.element)[0];
    if (control instanceof HTMLElement) goTo(control);
  };
  strip.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { top, height } = strip.getBoundingClientRect();
    goToUnit(event.detail ? unitAt(units, (event.clientY - top) / height, CLICK_RADIUS / height) : units.find(({ element }) => event.target instanceof HTMLAnchorElement && event.target.hash === `#${element.id}`));
  });
  strip.addEventListener("keydown", (event) => {
    const step = KEYS.get(event.key);
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const links = [...strip.querySelectorAll("a")];
    const at = links.findIndex((link) => link === document.activeElement);
    setTabStop(links, links[Math.min(Math.max(at + step, 0), links.length - 1)])?.focus();
  });
  onShortcut("map", () => {
    const next = strip.checkVisibility() ? strip.querySelector("a[tabindex='0']") : place.querySelector(":scope > a");
    if (!(next instanceof HTMLAnchorElement)) return;
    if (strip.contains(next)) next.focus();
    else next.click();
  });

  let queued = 0;
  const movePosition = () => {
    queued ||= setTimeout(() => {
      queued = 0;
      if (strip.checkVisibility()) showPosition(position, map);
    }, MOVE_INTERVAL);
  };
  addEventListener("scroll", movePosition, { passive: true });
  let height = 0;
  addEventListener("resize", () => {
    movePosition();
    if (strip.clientHeight !== height) addLinks();
  });
  const addLinks = () => {
    height = strip.clientHeight;
    for (const old of strip.querySelectorAll("a")) old.remove();
    const links = linksOver(units, Math.max(1, Math.floor(height / MIN_LINK)), map);
    position.before(...links);
    setTabStop(links, links[0]);
  };
  let drawn = false;
  /** @param {readonly Tally[]} tallies */
  const draw = (tallies) => {
    drawn = true;
    const byPid = new Map(tallies.map((tally) => [tally.pid, tally]));
    units = unitsOf(map); // parts of the text may have been loaded
    for (const unit of units) unit.tally = byPid.get(unit.element.id);
    drawing.replaceChildren(...bars(units).map((d) => svg("path", { d })));
    addLinks();
    movePosition();
  };
  let redraw = 0;
  const drawSoon = (after = REDRAW_DELAY) => {
    clearTimeout(redraw);
    if (!strip.checkVisibility()) return;
    redraw = setTimeout(() => load().then(({ provisions }) => draw(provisions), () => {}), after); // not essential
  };
  const drawOnce = () => {
    if (!drawn) drawSoon(0);
  };
  matchMedia("(width >= 68rem)").addEventListener("change", drawOnce);
  return { draw, drawSoon, drawOnce };
}

/** List the provisions with a count, except sections, which contain the others. @param {TextMap} map @returns {Unit[]} */
function unitsOf(map) {
  const length = Math.max(1, map.blocks.at(-1)?.end ?? 1);
  const named = map.blocks.filter(({ element }) => element.id || element.matches(".part"));
  const units = named.map(({ element, start }, at) => ({ element, from: start / length, to: (named[at + 1]?.start ?? length) / length }));
  return units.filter(({ element }) => !/^H\d$/.test(element.tagName));
}

/** Return the bars as one SVG path for each level. @param {readonly Unit[]} units */
function bars(units) {
  const largest = Math.max(LEVELS, ...units.map(({ tally }) => tally?.authors ?? 0));
  const paths = Array.from({ length: LEVELS }, () => "");
  for (const { from, to, tally } of units) {
    if (!tally) continue;
    const share = Math.max(MIN_LENGTH, Math.sqrt(tally.authors / largest)); // so that one busy place does not hide all others
    const level = Math.ceil(share * LEVELS) - 1;
    const [y, height] = [from * HEIGHT, Math.max(MIN_BAR, (to - from) * HEIGHT - 0.5)];
    paths[level] += `M100 ${y.toFixed(1)}h${(-100 * share).toFixed()}v${height.toFixed(1)}H100z`;
  }
  return paths;
}

/** Divide the strip into bands, each with a link to its busiest provision, if it has comments. @param {readonly Unit[]} units @param {number} bands @param {TextMap} map */
function linksOver(units, bands, map) {
  /** @type {Map<number, Unit>} */
  const busiest = new Map();
  for (const unit of units) {
    const band = Math.min(bands - 1, Math.floor(unit.from * bands));
    if (unit.tally && unit.tally.authors > (busiest.get(band)?.tally?.authors ?? 0)) busiest.set(band, unit);
  }
  return [...busiest].map(([band, { element, tally }]) => {
    const link = make("a", { href: `#${element.id}`, "aria-label": labelOf(element, tally, map) });
    link.style.top = `${(100 * band) / bands}%`;
    link.style.height = `${100 / bands}%`;
    return link;
  });
}

/** @param {HTMLElement} element @param {Tally | undefined} tally @param {TextMap} map */
function labelOf(element, tally, map) {
  const name = controlsAround(map, element)[0]?.dataset["name"] ?? "";
  return words.barLabel(headingOf(element) || words.beginning, name, tally?.authors ?? 0, tally?.remarks ?? 0);
}

/** Make one of the links the only tab stop. @param {HTMLAnchorElement[]} links @param {HTMLAnchorElement | undefined} to */
function setTabStop(links, to) {
  for (const link of links) link.tabIndex = link === to ? 0 : -1;
  return to;
}

/** Return the bar at a position: the busiest nearby, else the one there. @param {readonly Unit[]} units @param {number} at @param {number} radius */
function unitAt(units, at, radius) {
  const close = units.filter(({ from, to, tally }) => tally && from <= at + radius && to >= at - radius);
  close.sort((a, b) => (b.tally?.authors ?? 0) - (a.tally?.authors ?? 0));
  return close[0] ?? units.findLast(({ from }) => from <= at) ?? units[0];
}

/** Mark the visible part of the text. @param {HTMLElement} position @param {TextMap} map */
function showPosition(position, map) {
  const box = map.root.getBoundingClientRect();
  const x = box.left + box.width / 2;
  const from = box.top > 0 ? 0 : shareAt(map, x, 0, 1) ?? (box.bottom > 0 ? null : 1);
  const to = box.bottom < innerHeight ? 1 : shareAt(map, x, innerHeight - 1, -1) ?? (box.top < innerHeight ? null : 0);
  if (from === null || to === null) return;
  position.style.top = `${100 * from}%`;
  position.style.height = `${100 * Math.max(0, to - from)}%`;
}

/** Return the position in the text, from 0 to 1, of the nearest laid-out point of the window. @param {TextMap} map @param {number} x @param {number} y @param {1 | -1} direction */
function shareAt(map, x, y, direction) {
  for (let step = 0; step < PROBES; step++) {
    const at = y + direction * step * PROBE_STEP;
    const element = document.elementFromPoint(x, at)?.closest("#_text [data-start]");
    const block = element instanceof HTMLElement && map.blocks[indexAt(map, Number(element.dataset["start"]))];
    if (!block) continue;
    const { top, height } = block.element.getBoundingClientRect();
    const within = Math.min(1, Math.max(0, (at - top) / (height || 1)));
    return (block.start + (block.end - block.start) * within) / (map.blocks.at(-1)?.end || 1);
  }
  return null;
}

/** @param {string} tag @param {Record<string, string>} attributes */
function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
