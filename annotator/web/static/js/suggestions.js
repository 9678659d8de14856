/** Suggestions in the text: their highlights and, on request, their changes in place. */

import { listSuggestions } from "./api.js";
import { isSupported } from "./highlights.js";
import { textIn } from "./marks.js";
import { blocksIn, discardLayouts, rangeOf } from "./offsets.js";
import { make } from "./elements.js";
import { getStored, store } from "./storage.js";

/**
 * @param {TextMap} map
 * @param {{document: string, edition: string}} page
 * @param {() => void} repaint highlights everything again after elements were added or removed
 */
export function setUpSuggestions(map, page, repaint) {
  /** @type {Suggestion[]} */
  let items = [];
  let chosen = "";
  const checkbox = /** @type {HTMLInputElement | null} */ (document.getElementById("_suggested"));

  /** Sort key: the chosen one first, then by agreements. @param {Suggestion} suggestion */
  const rank = ({ id, agreements }) => (id === chosen ? -Infinity : -agreements);

  function draw() {
    for (const each of map.root.querySelectorAll(".suggested")) each.replaceWith(...each.childNodes);
    map.root.normalize();
    discardLayouts(map);
    const shown = checkbox?.checked ? compatible([...items].sort((a, b) => rank(a) - rank(b))) : [];
    for (const each of shown) showChange(map, each);
    repaint();
  }

  function paint() {
    if (!isSupported()) return;
    const ranges = items.map(({ act, start, end }) => rangeOf(map, act === "insert" ? end - 1 : start, end));
    CSS.highlights.set("suggested", new Highlight(...ranges));
  }

  if (checkbox) {
    checkbox.checked = getStored("suggested") === true;
    checkbox.addEventListener("change", () => {
      store("suggested", checkbox.checked || null);
      draw();
    });
  }
  return {
    load: async () => {
      items = (await listSuggestions(page.document, page.edition)).filter(({ start, end }) => blocksIn(map, start, end).every(({ element }) => !element.matches("a.part")));
      if (checkbox?.checked) draw();
      else paint(); // other highlights do not change
    },
    paint,
    /** Show a suggestion instead of those that it conflicts with. @param {string} id */
    choose: (id) => {
      if (id === chosen || !items.some((each) => each.id === id)) return;
      chosen = id;
      if (checkbox?.checked) draw();
    },
  };
}

/** The first of listSuggestions, and those after that do not touch the words of an earlier one. @param {Suggestion[]} items */
function compatible(items) {
  /** @type {[number, number][]} */
  const used = [];
  return items.filter(({ act, start, end }) => {
    const from = act === "insert" ? end : start;
    if (used.some(([first, last]) => (from < last && first < end) || (from === end && end === last && first === last))) return false;
    return used.push([from, end]);
  });
}

/** Show a change without changing the text: added words are an attribute, drawn by the style sheet. @param {TextMap} map @param {Suggestion} suggestion */
function showChange(map, { act, start, end, wording }) {
  const blocks = blocksIn(map, start, end);
  const last = blocks.at(-1);
  if (!last) return;
  const added = make("ins", { class: "suggested", "data-words": wording });
  if (act === "insert") return last.element.append(added);
  for (const block of blocks) {
    for (const node of textIn(rangeOf(map, Math.max(start, block.start), Math.min(end, block.end)), block.element)) {
      const struck = make("del", { class: "suggested" });
      node.replaceWith(struck);
      struck.append(node);
      if (wording) struck.after(added); // after the last one
    }
    block.layout = null;
  }
}
