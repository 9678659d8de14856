/**
 * What a filter does to what is shown at one place: how many comments there it hides, and whether it
 * leaves out what somebody has just written.
 */

import { list } from "./api.js";
import { button, make } from "./elements.js";
import { words } from "./words.js";

/** @typedef {import("./api.js").Annotation} Annotation */
/** @typedef {Record<string, string>} Asked */
/** @typedef {{document: string, edition: string, narrowed: () => Asked}} Page */

const FOUND_WITHIN = 1_500; // ms, after which a search finds what was posted
const NEWEST = 20; // comments of a thread

/** Tell whether a filter leaves anything out. @param {Asked} asked */
export function narrows(asked) {
  return Object.keys(asked).length > 0;
}

/** Wait until what was just posted can be counted under a filter. @param {Asked} asked */
export async function countable(asked) {
  if ("q" in asked) await new Promise((done) => setTimeout(done, FOUND_WITHIN));
}

/** Tell whether a comment that was just posted or changed is left out. @param {Page} page @param {Annotation} item */
export async function isLeftOut({ document, edition, narrowed }, item) {
  const asked = narrowed();
  if (item.held || !narrows(asked)) return false;
  await countable(asked);
  const found = await list({ document, edition, ...asked, thread: item.thread, sort: "newest", limit: NEWEST, fields: "id" });
  return !found.items.some(({ id }) => id === item.id);
}

/** Count the comments at a place, whatever the filter. @param {Page} page @param {Record<string, string | number>} place */
export async function countAll({ document, edition }, place) {
  return (await list({ document, edition, ...place, limit: 1, fields: "id" })).total;
}

/** Say how many are hidden. @param {number} many @param {() => void} showAll */
export function tellHidden(many, showAll) {
  return make("p", { class: "talk-hidden" }, make("span", {}, words.hiddenByFilter(many)), button(words.showAll, "link", showAll));
}

/** Say of what was just written that it is left out. @param {() => void} showAll */
export function tellLeftOut(showAll) {
  return make("p", { class: "left-out" }, words.leftOut, " ", button(words.showAll, "link", showAll));
}
