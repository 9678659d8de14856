/**
 * The strip next to the text: a bar for each provision, whose length is its number of authors, and the
 * reading position. Links large enough to click cover the bars; they are one tab stop, with arrow keys.
 */

import { controlsAround, headingOf } from "./counts.js";
import { make } from "./elements.js";
import { indexAt } from "./offsets.js";
import { onShortcut } from "./shortcuts.js";
import { words } from "./words.js";

/** @typedef {{element: HTMLElement, from: number, to: number, tally?: Tally | undefined}} Unit `from` and `to` as shares of the text */

const SOON = 800; // ms after which the strip follows what was posted here
const OFTEN = 250; // ms: after each change of a style, browsers look for all highlights again (8 ms for 1,000 comments on 29,000 words)
const LEAST = 24; // px: the height of a link
const NEAR = 4; // px within which a pointer means a bar
const TALL = 1000; // the drawing's height, in units of its own
const THIN = 2; // of these units: the least height of a bar
const LEVELS = 4;
const SHORTEST = 0.1; // of the strip's width: the length of a bar for one author among many
const PROBE = 24; // px between the points at which the text is looked for
const PROBES = 8;
const KEYS = new Map([["ArrowDown", 1], ["ArrowUp", -1], ["Home", -Infinity], ["End", Infinity]]);

/**
 * @param {HTMLElement} place
 * @param {TextMap} map
 * @param {(control: HTMLElement) => void} goTo
 * @param {() => Promise<{provisions: Tally[]}>} ask
 */
export function offerStrip(place, map, goTo, ask) {
  const strip = make("div", { class: "map-strip" });
  place.querySelector(":scope > a")?.before(strip);
  let units = unitsOf(map);
  const drawing = svg("svg", { viewBox: `0 0 100 ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const here = make("div", { class: "map-here" });
  strip.replaceChildren(drawing, here);

  /** @param {Unit | undefined} unit */
  const follow = (unit) => {
    const control = unit?.element.matches(".part") ? unit.element : unit && controlsAround(map, unit.element)[0];
    if (control instanceof HTMLElement) goTo(control);
  };
  strip.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { top, height } = strip.getBoundingClientRect();
    follow(event.detail ? under(units, (event.clientY - top) / height, NEAR / height) : units.find(({ element }) => event.target instanceof HTMLAnchorElement && event.target.hash === `#${element.id}`));
  });
  strip.addEventListener("keydown", (event) => {
    const by = KEYS.get(event.key);
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const links = [...strip.querySelectorAll("a")];
    const at = links.findIndex((link) => link === document.activeElement);
    turnTo(links, links[Math.min(Math.max(at + by, 0), links.length - 1)])?.focus();
  });
  onShortcut("map", () => {
    const next = strip.checkVisibility() ? strip.querySelector("a[tabindex='0']") : place.querySelector(":scope > a");
    if (!(next instanceof HTMLAnchorElement)) return;
    if (strip.contains(next)) next.focus();
    else next.click();
  });

  let queued = 0;
  const look = () => {
    queued ||= setTimeout(() => {
      queued = 0;
      if (strip.checkVisibility()) showWhere(here, map);
    }, OFTEN);
  };
  addEventListener("scroll", look, { passive: true });
  let height = 0;
  addEventListener("resize", () => {
    look();
    if (strip.clientHeight !== height) link();
  });
  const link = () => {
    height = strip.clientHeight;
    for (const old of strip.querySelectorAll("a")) old.remove();
    const links = linksOver(units, Math.max(1, Math.floor(height / LEAST)), map);
    here.before(...links);
    turnTo(links, links[0]);
  };
  let drawn = false;
  /** @param {readonly Tally[]} tallies */
  const draw = (tallies) => {
    drawn = true;
    const by = new Map(tallies.map((tally) => [tally.pid, tally]));
    units = unitsOf(map); // parts of the text may have come in
    for (const unit of units) unit.tally = by.get(unit.element.id);
    drawing.replaceChildren(...bars(units).map((d) => svg("path", { d })));
    link();
    look();
  };
  let waiting = 0;
  const drawSoon = (after = SOON) => {
    clearTimeout(waiting);
    if (!strip.checkVisibility()) return;
    waiting = setTimeout(() => ask().then(({ provisions }) => draw(provisions), () => {}), after); // one reads on without
  };
  const begin = () => {
    if (!drawn) drawSoon(0);
  };
  matchMedia("(width >= 68rem)").addEventListener("change", begin);
  return { draw, drawSoon, begin };
}

/** Everything that has a count of its own, but no sections: those hold the others. @param {TextMap} map @returns {Unit[]} */
function unitsOf(map) {
  const length = Math.max(1, map.blocks.at(-1)?.end ?? 1);
  const named = map.blocks.filter(({ element }) => element.id || element.matches(".part"));
  const units = named.map(({ element, start }, at) => ({ element, from: start / length, to: (named[at + 1]?.start ?? length) / length }));
  return units.filter(({ element }) => !/^H\d$/.test(element.tagName));
}

/** Write the bars as one path for each level. @param {readonly Unit[]} units */
function bars(units) {
  const most = Math.max(LEVELS, ...units.map(({ tally }) => tally?.authors ?? 0));
  const paths = Array.from({ length: LEVELS }, () => "");
  for (const { from, to, tally } of units) {
    if (!tally) continue;
    const share = Math.max(SHORTEST, Math.sqrt(tally.authors / most)); // or a crowd would make all others nothing
    const level = Math.ceil(share * LEVELS) - 1;
    const [y, tall] = [from * TALL, Math.max(THIN, (to - from) * TALL - 0.5)];
    paths[level] += `M100 ${y.toFixed(1)}h${(-100 * share).toFixed()}v${tall.toFixed(1)}H100z`;
  }
  return paths;
}

/** Cut the strip into bands; each that has commentary is a link to its busiest provision. @param {readonly Unit[]} units @param {number} bands @param {TextMap} map */
function linksOver(units, bands, map) {
  /** @type {Map<number, Unit>} */
  const busiest = new Map();
  for (const unit of units) {
    const band = Math.min(bands - 1, Math.floor(unit.from * bands));
    if (unit.tally && unit.tally.authors > (busiest.get(band)?.tally?.authors ?? 0)) busiest.set(band, unit);
  }
  return [...busiest].map(([band, { element, tally }]) => {
    const link = make("a", { href: `#${element.id}`, "aria-label": nameFor(element, tally, map) });
    link.style.top = `${(100 * band) / bands}%`;
    link.style.height = `${100 / bands}%`;
    return link;
  });
}

/** @param {HTMLElement} element @param {Tally | undefined} tally @param {TextMap} map */
function nameFor(element, tally, map) {
  const name = controlsAround(map, element)[0]?.dataset["name"] ?? "";
  return words.barName(headingOf(element) || words.beginning, name, tally?.authors ?? 0, tally?.remarks ?? 0);
}

/** Let one of the links alone be a stop of the keyboard. @param {HTMLAnchorElement[]} links @param {HTMLAnchorElement | undefined} to */
function turnTo(links, to) {
  for (const link of links) link.tabIndex = link === to ? 0 : -1;
  return to;
}

/** Return the bar that a pointer means: the busiest nearby, else the one at its position. @param {readonly Unit[]} units @param {number} at @param {number} near */
function under(units, at, near) {
  const close = units.filter(({ from, to, tally }) => tally && from <= at + near && to >= at - near);
  close.sort((one, other) => (other.tally?.authors ?? 0) - (one.tally?.authors ?? 0));
  return close[0] ?? units.findLast(({ from }) => from <= at) ?? units[0];
}

/** Lay the mark of the window over the part of the text that is in it. @param {HTMLElement} here @param {TextMap} map */
function showWhere(here, map) {
  const box = map.root.getBoundingClientRect();
  const x = box.left + box.width / 2;
  const from = box.top > 0 ? 0 : shareAt(map, x, 0, 1) ?? (box.bottom > 0 ? null : 1);
  const to = box.bottom < innerHeight ? 1 : shareAt(map, x, innerHeight - 1, -1) ?? (box.top < innerHeight ? null : 0);
  if (from === null || to === null) return;
  here.style.top = `${100 * from}%`;
  here.style.height = `${100 * Math.max(0, to - from)}%`;
}

/** Return the position in the text of a point of the window, or the nearest laid-out one. @param {TextMap} map @param {number} x @param {number} y @param {1 | -1} by */
function shareAt(map, x, y, by) {
  for (let step = 0; step < PROBES; step++) {
    const at = y + by * step * PROBE;
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
