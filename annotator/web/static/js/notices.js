/** Notices at the edge of the window. They do not move the text, and are announced once. */

import { announce, every, focusOn, make } from "./elements.js";
import { words } from "./words.js";

/** @typedef {"newer" | "news" | "left-out" | "filter" | "place" | "unread"} Slot one line each */

const SILENT = new Set(["place", "unread"]); // not announced

/** @type {Map<Slot, HTMLElement>} */
const lines = new Map();
const bar = make("section", { class: "notices", "aria-label": words.notices });

/** Show a setNotice, or remove it if there are no nodes. @param {Slot} slot @param {...(Node | string)} nodes */
export function setNotice(slot, ...nodes) {
  const previous = lines.get(slot);
  if (!nodes.length) {
    const hadFocus = previous?.contains(document.activeElement);
    previous?.remove();
    lines.delete(slot);
    if (!lines.size) bar.remove();
    // Focus the reading position, not the top of the page.
    if (hadFocus) focusOn(every("#_text [data-start]").find((each) => each.getBoundingClientRect().bottom > 0), { preventScroll: true });
    return;
  }
  const line = make("div", {}, ...nodes);
  if (previous) previous.replaceWith(line);
  else if (SILENT.has(slot)) bar.append(line);
  else bar.prepend(line);
  if (!previous && !SILENT.has(slot)) announce(line.querySelector("[data-said]")?.textContent ?? line.textContent ?? "");
  lines.set(slot, line);
  if (!bar.isConnected) document.body.append(bar);
}
