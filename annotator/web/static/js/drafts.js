/**
 * Saves each account's drafts in this browser until they are posted, for at most thirty days. A
 * draft is offered when its form is closed or the page is loaded again.
 */

import { viewer } from "./api.js";
import { announce, button, make } from "./elements.js";
import { getStored, store, listNames } from "./storage.js";
import { words } from "./words.js";

const PREFIX = "draft:";
const RESUME = "resume";
const MAX_DAYS = 30;

/** @param {string} key @returns {Draft | null} */
export function loadDraft(key) {
  return getStored(storageKey(key));
}

/** Save a draft; return whether that succeeded. @param {string} key @param {Draft} draft */
export function saveDraft(key, draft) {
  return store(storageKey(key), { ...draft, page: location.pathname, saved: Date.now() });
}

/** @param {string} key */
export function removeDraft(key) {
  store(storageKey(key), null);
}

/** List the drafts of this page, newest first. @returns {{key: string, draft: Draft}[]} */
export function listDrafts() {
  const found = [];
  for (const name of listNames(PREFIX)) {
    /** @type {Draft | null} */
    const draft = getStored(name);
    if (!draft || Date.now() - (draft.saved ?? 0) > MAX_DAYS * 24 * 3600 * 1000) store(name, null);
    else if (viewer() && name.startsWith(storageKey("")) && draft.page === location.pathname) {
      found.push({ key: name.slice(storageKey("").length), draft });
    }
  }
  return found.sort((a, b) => (b.draft.saved ?? 0) - (a.draft.saved ?? 0));
}

/** Save what to reopen after signing in. @param {string} page @param {object} about */
export function saveResume(page, about) {
  store(RESUME, { page, about }, "sessionStorage");
}

/** Return and clear what to reopen on this page. @param {string} page @returns {any} */
export function takeResume(page) {
  const found = getStored(RESUME, "sessionStorage");
  if (found?.page !== page) return null;
  store(RESUME, null, "sessionStorage");
  return found.about;
}

/** @param {string} key */
function storageKey(key) {
  return `${PREFIX}${encodeURIComponent(viewer())}:${key}`;
}

/** @type {((about: any) => void) | null} */
let reopen = null;
const bar = make("section", { class: "unsent", "aria-label": words.unsent });

/** Offer the unposted drafts of this page from now on. @param {(about: any) => void} open reopens the form of a draft */
export function offerDrafts(open) {
  reopen = open;
  document.body.append(bar);
  refreshDrafts();
}

/** Update the offer after a form was opened or closed. @param {boolean} [aloud] whether to announce it */
export function refreshDrafts(aloud = false) {
  const closed = listDrafts().filter(({ key }) => !document.querySelector(`[data-draft="${CSS.escape(key)}"]`));
  const [first] = closed;
  bar.hidden = !first || !reopen;
  if (!first || !reopen) return;
  const { key, draft } = first;
  const message = words.notPosted(draft.title ?? "", closed.length - 1);
  bar.replaceChildren(
    make("p", {}, message),
    make("div", { class: "actions" },
      button(words.continueWriting, "button", () => {
        reopen?.(draft.resume ?? {});
        refreshDrafts();
      }),
      button(words.discardDraft, "button quiet", () => discard(key, draft))),
  );
  if (aloud) announce(`${words.draftKept} ${message}`);
}

/** @param {string} key @param {Draft} draft */
function discard(key, draft) {
  removeDraft(key);
  const undo = button(words.undo, "button quiet", () => {
    saveDraft(key, draft);
    refreshDrafts();
    bar.querySelector("button")?.focus();
  });
  bar.replaceChildren(make("p", {}, words.draftDiscarded), make("div", { class: "actions" }, undo, button(words.close, "button plain", () => refreshDrafts())));
  undo.focus();
  announce(words.draftDiscarded);
}
