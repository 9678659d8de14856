/**
 * Saves drafts in this browser until they are posted, under their author's name, for at most thirty
 * days. Other accounts do not see them. Drafts are offered when their form has been closed or the
 * page is loaded again.
 */

import { viewer } from "./api.js";
import { announce, button, make } from "./elements.js";
import { recall, remember, remembered } from "./remembered.js";
import { words } from "./words.js";

const PREFIX = "draft:";
const RESUME = "resume";
const KEPT_DAYS = 30;

/** @param {string} key @returns {Draft | null} */
export function kept(key) {
  return recall(nameOf(key));
}

/** Save a draft; return whether that worked. @param {string} key @param {Draft} draft */
export function keep(key, draft) {
  return remember(nameOf(key), { ...draft, page: location.pathname, saved: Date.now() });
}

/** @param {string} key */
export function drop(key) {
  remember(nameOf(key), null);
}

/** List what is kept for this page, the newest first. @returns {{key: string, draft: Draft}[]} */
export function unsent() {
  const found = [];
  for (const name of remembered(PREFIX)) {
    /** @type {Draft | null} */
    const draft = recall(name);
    if (!draft || Date.now() - (draft.saved ?? 0) > KEPT_DAYS * 24 * 3600 * 1000) remember(name, null);
    else if (viewer() && name.startsWith(nameOf("")) && draft.page === location.pathname) {
      found.push({ key: name.slice(nameOf("").length), draft });
    }
  }
  return found.sort((one, other) => (other.draft.saved ?? 0) - (one.draft.saved ?? 0));
}

/** Remember what was about to be commented on, while its author signs in. @param {string} page @param {object} about */
export function resumeLater(page, about) {
  remember(RESUME, { page, about }, "sessionStorage");
}

/** Return what was remembered for this page, once. @param {string} page @returns {any} */
export function toResume(page) {
  const found = recall(RESUME, "sessionStorage");
  if (found?.page !== page) return null;
  remember(RESUME, null, "sessionStorage");
  return found.about;
}

/** @param {string} key */
function nameOf(key) {
  return `${PREFIX}${encodeURIComponent(viewer())}:${key}`;
}

/** @type {((about: any) => void) | null} */
let goOn = null;
const bar = make("section", { class: "unsent", "aria-label": words.unsent });

/** From now on, offer what is not posted. @param {(about: any) => void} how opens what a draft was about */
export function offerUnsent(how) {
  goOn = how;
  document.body.append(bar);
  refresh();
}

/** Look again: a form has been opened or closed. @param {boolean} [aloud] */
export function refresh(aloud = false) {
  const waiting = unsent().filter(({ key }) => !document.querySelector(`[data-draft="${CSS.escape(key)}"]`));
  const [first] = waiting;
  bar.hidden = !first || !goOn;
  if (!first || !goOn) return;
  const { key, draft } = first;
  const said = words.notPosted(draft.title ?? "", waiting.length - 1);
  bar.replaceChildren(
    make("p", {}, said),
    make("div", { class: "actions" },
      button(words.goOn, "button", () => {
        goOn?.(draft.resume ?? {});
        refresh();
      }),
      button(words.throwAway, "button quiet", () => throwAway(key, draft))),
  );
  if (aloud) announce(`${words.draftKept} ${said}`);
}

/** @param {string} key @param {Draft} draft */
function throwAway(key, draft) {
  drop(key);
  const undo = button(words.undo, "button quiet", () => {
    keep(key, draft);
    refresh();
    bar.querySelector("button")?.focus();
  });
  bar.replaceChildren(make("p", {}, words.thrownAway), make("div", { class: "actions" }, undo, button(words.close, "button plain", () => refresh())));
  undo.focus();
  announce(words.thrownAway);
}
