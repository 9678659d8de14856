/** Shows what a revision has made of the words that a comment was made on. */

import { resolve } from "./api.js";
import { make } from "./elements.js";
import { words } from "./words.js";

/** @typedef {import("./api.js").Annotation} Annotation */

const TAGS = /** @type {const} */ ({ struck: "del", added: "ins" });

/** What stands below a comment's words where they are not what they were. @param {Annotation} item @param {HTMLElement | null} quoted */
export function revision(item, quoted) {
  const { target, placement } = item;
  if (!target || !placement || placement.verdict === "exact") return [];
  if (target.start === null) return [make("p", { class: "verdict" }, words.neverStood)];
  const then = make("a", { class: "link", href: pathOf(target.address) }, words.asItStood(item.edition));
  if (placement.verdict === "edited" && quoted) void compare(item, quoted);
  return [make("p", { class: "verdict" }, words.verdicts[placement.verdict]), make("p", {}, then)];
}

/** Tell whether its author may say where a comment stands now. @param {Annotation} item */
export function isUnsettled(item) {
  const newest = document.getElementById("_text")?.dataset["newest"] === "yes";
  return newest && item.placements.some(({ verdict }) => verdict === "edited" || verdict === "lost");
}

/** Put the difference in the place of the words, once it is known. @param {Annotation} item @param {HTMLElement} quoted */
async function compare(item, quoted) {
  const { target, placement } = item;
  if (!target || !placement) return;
  const found = await resolve(target.address, placement.edition).catch(() => null);
  if (found?.text === placement.exact && found.diff) {
    const pieces = found.diff.map(({ change, text }) => (change === "same" ? text : make(TAGS[change], {}, text)));
    quoted.replaceChildren(...pieces);
    quoted.classList.add("compared");
  } else if (target.exact) {
    quoted.replaceChildren(make("del", {}, target.exact), " ", make("ins", {}, placement.exact ?? ""));
    quoted.classList.add("compared");
  }
}

/** Give where an address stands on this site. @param {string} address */
function pathOf(address) {
  return `/d/${encodeURIComponent(address).replaceAll("%2F", "/").replaceAll("%40", "@")}`;
}
