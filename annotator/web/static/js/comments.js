/** The comments in the panel, as the server renders them: which are shown, and the position of their words. */

import { every, make } from "./elements.js";

/** Add the comments of a list that are not there, each to its thread; return these. @param {Element} threads @param {ParentNode} found */
export function merge(threads, found) {
  return every(".comment", found).filter((comment) => {
    if (threads.querySelector(`#${CSS.escape(comment.id)}`)) return false;
    const there = every(":scope > .thread", threads).find((each) => threadOf(each) === threadOf(comment));
    if (there) there.append(comment);
    else threads.append(comment.closest(".thread") ?? comment);
    return true;
  });
}

/** @param {ParentNode} place @param {string} id @returns {HTMLElement | null} */
export function commentIn(place, id) {
  return place.querySelector(`#a-${CSS.escape(id)}`);
}

/** @param {HTMLElement} comment */
export function idOf(comment) {
  return comment.id.slice("a-".length);
}

/** The id of a comment's thread. @param {Element} comment */
export function threadOf(comment) {
  return /** @type {HTMLElement | null} */ (comment.closest(".thread"))?.dataset["thread"] ?? "";
}

/** The list of threads that is shown in the panel, or a new one. @param {ParentNode} panel @returns {Element} */
export function threadsIn(panel) {
  const found = panel.querySelector(".threads");
  const threads = found ?? make("div", { class: "threads" });
  if (!found) panel.querySelector(".talk-comments")?.replaceChildren(threads);
  return threads;
}

/** The position of a comment's words in this edition; a reply has that of its thread. @param {Element} comment @returns {Span | null} */
export function spanOf(comment) {
  const at = comment.closest(".thread")?.querySelector("[data-start]") ?? comment;
  const { start, end } = /** @type {HTMLElement} */ (at).dataset;
  return start && end ? { start: Number(start), end: Number(end) } : null;
}

/** The position of an annotation of the API. @param {Annotation} annotation @returns {Span | null} */
export function placed({ placement: at }) {
  return at && at.start !== null && at.end !== null ? { start: at.start, end: at.end } : null;
}

/** Replies, and comments on a whole provision, are counted and not painted. @param {Element} comment */
export function isUnpainted(comment) {
  return comment.matches(".reply, [data-whole]");
}

/** Quote words that several comments are on only once. @param {HTMLElement} content */
export function quoteOnce(content) {
  let before = /** @type {HTMLElement | null} */ (content.querySelector(".talk-quote"))?.dataset["words"] ?? "";
  for (const quoted of every(".talk-comments .words:not(.compared)", content)) {
    const shown = quoted.textContent ?? "";
    const same = shown.endsWith(" …") ? before.startsWith(shown.slice(0, -2)) : shown === before;
    /** @type {HTMLElement} */ (quoted.parentElement).hidden = same;
    before = shown;
  }
}
