/** Small notices at the window's edge: they move nothing of what is read, and are said once. */

import { announce, every, focusOn, make } from "./elements.js";
import { words } from "./words.js";

/** @typedef {"newer" | "news" | "left-out" | "filter" | "place" | "unread"} Slot one line each, in this order */

const QUIET = new Set(["place", "unread"]); // what is no news is not said aloud

/** @type {Map<Slot, HTMLElement>} */
const lines = new Map();
const bar = make("section", { class: "notices", "aria-label": words.notices });

/** Show a line, or take it away. @param {Slot} slot @param {...(Node | string)} nodes */
export function notice(slot, ...nodes) {
  const before = lines.get(slot);
  if (!nodes.length) {
    const held = before?.contains(document.activeElement);
    before?.remove();
    lines.delete(slot);
    if (!lines.size) bar.remove();
    // Focus the reading position, not the top of the page.
    if (held) focusOn(every("#_text [data-start]").find((each) => each.getBoundingClientRect().bottom > 0), { preventScroll: true });
    return;
  }
  const line = make("div", {}, ...nodes);
  if (before) before.replaceWith(line);
  else if (QUIET.has(slot)) bar.append(line);
  else bar.prepend(line);
  if (!before && !QUIET.has(slot)) announce(line.querySelector("[data-said]")?.textContent ?? line.textContent ?? "");
  lines.set(slot, line);
  if (!bar.isConnected) document.body.append(bar);
}
