/**
 * Keeps what somebody is writing until it is posted: in this browser, under its author's name, for
 * thirty days at most. Who signs in under another name does not see it.
 */

import { viewer } from "./api.js";

const PREFIX = "annotator-draft:";
const RESUME = "annotator-resume";
const KEPT_DAYS = 30;

/**
 * @typedef {object} Draft
 * @property {string} body
 * @property {string} tags
 * @property {string} once the key under which it is posted, so that it is never posted twice
 * @property {string} [title] what it is about, in words
 * @property {object} [resume] what to open to go on
 * @property {{start: number, end: number} | null | undefined} [span] the words that were chosen for it
 * @property {string} [page] where
 * @property {number} [saved] when, in ms
 */

/** @param {string} key @returns {Draft | null} */
export function kept(key) {
  return read(store("localStorage"), nameOf(key));
}

/** Keep a draft; tell whether that worked. @param {string} key @param {Draft} draft */
export function keep(key, draft) {
  return write(store("localStorage"), nameOf(key), { ...draft, page: location.pathname, saved: Date.now() });
}

/** @param {string} key */
export function drop(key) {
  store("localStorage")?.removeItem(nameOf(key));
}

/** List what is kept for this page, the newest first. @returns {{key: string, draft: Draft}[]} */
export function unsent() {
  const held = store("localStorage");
  const found = [];
  for (const name of Object.keys(held ?? {})) {
    if (!name.startsWith(PREFIX)) continue;
    /** @type {Draft | null} */
    const draft = read(held, name);
    if (!draft || Date.now() - (draft.saved ?? 0) > KEPT_DAYS * 24 * 3600 * 1000) held?.removeItem(name);
    else if (viewer() && name.startsWith(nameOf("")) && draft.page === location.pathname) {
      found.push({ key: name.slice(nameOf("").length), draft });
    }
  }
  return found.sort((one, other) => (other.draft.saved ?? 0) - (one.draft.saved ?? 0));
}

/**
 * Remember what was about to be commented on, while its author signs in.
 * @param {string} page
 * @param {object} about
 */
export function resumeLater(page, about) {
  write(store("sessionStorage"), RESUME, { page, about });
}

/** Give what was remembered for this page, once. @param {string} page @returns {any} */
export function toResume(page) {
  const found = read(store("sessionStorage"), RESUME);
  if (found?.page !== page) return null;
  store("sessionStorage")?.removeItem(RESUME);
  return found.about;
}

/** @param {string} key */
function nameOf(key) {
  return `${PREFIX}${encodeURIComponent(viewer())}:${key}`;
}

/** @param {Storage | null} held @param {string} name */
function read(held, name) {
  try {
    return JSON.parse(held?.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Storage | null} held @param {string} name @param {object} value */
function write(held, name, value) {
  try {
    held?.setItem(name, JSON.stringify(value));
    return held !== null;
  } catch {
    return false; // full, or closed to us: the words stay in the form
  }
}

/** @param {"localStorage" | "sessionStorage"} kind */
function store(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}
