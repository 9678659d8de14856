/** Suggestions in the text: a mark of their own, and on request what they strike and add, in place. */

import { suggestions } from "./api.js";
import { supported } from "./highlights.js";
import { textIn } from "./marks.js";
import { blocksIn, forget, rangeOf } from "./offsets.js";
import { make } from "./elements.js";
import { recall, remember } from "./remembered.js";

/**
 * @param {TextMap} map
 * @param {{document: string, edition: string}} page
 * @param {() => void} repaint paints the highlights again, after elements came or went, and then ours
 */
export function offerSuggestions(map, page, repaint) {
  /** @type {Suggestion[]} */
  let items = [];
  let chosen = "";
  const box = /** @type {HTMLInputElement | null} */ (document.getElementById("_suggested"));

  /** The chosen one comes first, then those that most agree with. @param {Suggestion} suggestion */
  const rank = ({ id, agreements }) => (id === chosen ? -Infinity : -agreements);

  function draw() {
    for (const each of map.root.querySelectorAll(".suggested")) each.replaceWith(...each.childNodes);
    map.root.normalize();
    forget(map);
    const shown = box?.checked ? compatible([...items].sort((one, other) => rank(one) - rank(other))) : [];
    for (const each of shown) put(map, each);
    repaint();
  }

  function paint() {
    if (!supported()) return;
    const ranges = items.map(({ act, start, end }) => rangeOf(map, act === "insert" ? end - 1 : start, end));
    CSS.highlights.set("suggested", new Highlight(...ranges));
  }

  if (box) {
    box.checked = recall("suggested") === true;
    box.addEventListener("change", () => {
      remember("suggested", box.checked || null);
      draw();
    });
  }
  return {
    load: async () => {
      items = (await suggestions(page.document, page.edition)).filter(({ start, end }) => blocksIn(map, start, end).every(({ element }) => !element.matches("a.part")));
      if (box?.checked) draw();
      else paint(); // the other highlights stay as they are
    },
    paint,
    /** Show a suggestion in the text in place of those that it conflicts with. @param {string} id */
    choose: (id) => {
      if (id === chosen || !items.some((each) => each.id === id)) return;
      chosen = id;
      if (box?.checked) draw();
    },
  };
}

/** The first of suggestions, and those after that do not touch the words of an earlier one. @param {Suggestion[]} items */
function compatible(items) {
  /** @type {[number, number][]} */
  const taken = [];
  return items.filter(({ act, start, end }) => {
    const from = act === "insert" ? end : start;
    if (taken.some(([first, last]) => (from < last && first < end) || (from === end && end === last && first === last))) return false;
    return taken.push([from, end]);
  });
}

/** Strike words and add others without changing the text: what is added is an attribute, drawn by the style sheet. @param {TextMap} map @param {Suggestion} suggestion */
function put(map, { act, start, end, wording }) {
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
