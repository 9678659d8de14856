/**
 * The keys that do something on the reading page and in the moderators' queue: one table, which a reader
 * may change or switch off (WCAG 2.1.4). A part of a page says what it does for an act; an act that no
 * part of it does is not listed, and its key is free there.
 */

import { recall, remember } from "./remembered.js";

/** Acts in the order in which they are listed, each with its usual key. */
const USUAL = /** @type {const} */ ({
  next: "j",
  previous: "k",
  nextCommented: "n",
  previousCommented: "p",
  comment: "c",
  conversation: "o",
  unread: "u",
  contents: "t",
  heat: "h",
  filter: "f",
  search: "/",
  nextCase: "j",
  previousCase: "k",
  approve: "a",
  hide: "h",
  restore: "r",
  ask: "w",
  warn: "n",
  grant: "g",
  uphold: "u",
  delay: "d",
  account: "o",
  suspend: "s",
  ban: "b",
  reinstate: "i",
  keys: "?",
});
const NAME = "keys";

/** @typedef {keyof typeof USUAL} Act */
/** @typedef {{off: boolean, keys: Partial<Record<Act, string>>}} Chosen */

/** @type {Chosen} what the reader has chosen, whatever may stand in the browser's store */
let chosen = { off: recall(NAME)?.off === true, keys: { ...recall(NAME)?.keys } };

/** @type {Map<Act, () => void>} */
const deeds = new Map();

/** @type {(() => void)[]} */
const hearers = [];

/** Hear of every change of the keys. @param {() => void} heard */
export function onChange(heard) {
  hearers.push(heard);
}

/** Say what an act does on this page. @param {Act} act @param {() => void} deed */
export function onShortcut(act, deed) {
  deeds.set(act, deed);
}

/** List the acts that are done here, with their keys; "" for none. @returns {{act: Act, key: string}[]} */
export function shortcuts() {
  const acts = /** @type {Act[]} */ (Object.keys(USUAL));
  return acts.filter((act) => deeds.has(act)).map((act) => ({ act, key: String(chosen.keys[act] ?? USUAL[act]) }));
}

/** Tell whether single keys do anything at all. */
export function areOn() {
  return !chosen.off;
}

/** @param {boolean} on */
export function switchOn(on) {
  choose({ ...chosen, off: !on });
}

/** Give an act another key, "" for none; an act that had the key loses it, and is told. @param {Act} act @param {string} key @returns {Act | null} */
export function assign(act, key) {
  const loser = (key && shortcuts().find((each) => each.key === key && each.act !== act)?.act) || null;
  choose({ ...chosen, keys: { ...chosen.keys, [act]: key, ...(loser ? { [loser]: "" } : {}) } });
  return loser;
}

/** Give every act its usual key again. */
export function forgetKeys() {
  choose({ off: false, keys: {} });
}

/** @param {Chosen} to */
function choose(to) {
  chosen = to;
  remember(NAME, to);
  for (const heard of hearers) heard();
}

/** Do what keys ask for from now on; `off` and fields leave every key to the browser. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const found = areOn() && shortcuts().find((each) => each.key === key);
    if (!found) return;
    event.preventDefault();
    deeds.get(found.act)?.();
  });
}
