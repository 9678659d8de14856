/** The comments in the panel, in the HTML of the server, and the positions of their words. */

import { every, make } from "./elements.js";

/** Add the new comments of a list to their threads; return them. @param {Element} threads @param {ParentNode} list */
export function merge(threads, list) {
  return every(".comment", list).filter((comment) => {
    if (threads.querySelector(`#${CSS.escape(comment.id)}`)) return false;
    const thread = every(":scope > .thread", threads).find((each) => threadOf(each) === threadOf(comment));
    if (thread) thread.append(comment);
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

/** Return the id of a comment's thread. @param {Element} comment */
export function threadOf(comment) {
  return /** @type {HTMLElement | null} */ (comment.closest(".thread"))?.dataset["thread"] ?? "";
}

/** Return the list of threads in the panel; add it if necessary. @param {ParentNode} panel @returns {Element} */
export function threadsIn(panel) {
  const found = panel.querySelector(".threads");
  const threads = found ?? make("div", { class: "threads" });
  if (!found) panel.querySelector(".talk-comments")?.replaceChildren(threads);
  return threads;
}

/** Return the position of a comment in this edition. A reply has its thread's. @param {Element} comment @returns {Span | null} */
export function spanOf(comment) {
  const at = comment.closest(".thread")?.querySelector("[data-start]") ?? comment;
  const { start, end } = /** @type {HTMLElement} */ (at).dataset;
  return start && end ? { start: Number(start), end: Number(end) } : null;
}

/** Return the position of an annotation from the API. @param {Annotation} annotation @returns {Span | null} */
export function spanOfAnnotation({ placement: at }) {
  return at && at.start !== null && at.end !== null ? { start: at.start, end: at.end } : null;
}

/** Return whether a comment is counted but not highlighted. @param {Element} comment */
export function isUnpainted(comment) {
  return comment.matches(".reply, [data-whole]");
}

/** Hide quotes that repeat the one before. @param {HTMLElement} content */
export function quoteOnce(content) {
  let previous = /** @type {HTMLElement | null} */ (content.querySelector(".talk-quote"))?.dataset["words"] ?? "";
  for (const quoted of every(".talk-comments .words:not(.compared)", content)) {
    const shown = quoted.textContent ?? "";
    const isSame = shown.endsWith(" …") ? previous.startsWith(shown.slice(0, -2)) : shown === previous;
    /** @type {HTMLElement} */ (quoted.parentElement).hidden = isSame;
    previous = shown;
  }
}
