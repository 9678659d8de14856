/** The order in which threads are shown: a control, and the reader's last choice. */

import { make } from "./elements.js";
import { recall, remember } from "./remembered.js";
import { words } from "./words.js";

const SORTS = /** @type {const} */ (["place", "recent", "replied"]);

/** @returns {typeof SORTS[number]} */
export function sort() {
  const kept = recall("sort");
  return SORTS.find((each) => each === kept) ?? "place";
}

/** @param {() => void} changed */
export function sortControl(changed) {
  const options = SORTS.map((each) => make("option", { value: each }, words.sorts[each]));
  const choice = make("select", {}, ...options);
  choice.value = sort();
  choice.addEventListener("change", () => {
    remember("sort", choice.value);
    changed();
  });
  return make("label", { class: "sort" }, make("span", {}, words.sortedBy), " ", choice);
}
