/**
 * The unread comments of a signed-in reader. The site does not record who reads what
 * (docs/decisions/unread.md): only this browser stores a time and some ids.
 */

import { getAnnotation, getState, listAnnotations, viewer } from "./api.js";
import { controlsAround, setUnread } from "./counts.js";
import { announce, button, every, make } from "./elements.js";
import { setNotice } from "./notices.js";
import { blocksIn } from "./offsets.js";
import { getStored, store } from "./storage.js";
import { onShortcut } from "./shortcuts.js";
import { words } from "./words.js";

/** @typedef {{since: string, read: string[]}} ReadState */

const MAX_MARKED = 200; // unread comments; older ones are only counted
const MAX_READ = 5_000; // ids of comments read since that time
const FIELDS = "id,author,created,deleted,thread,target,placement";
const MAX_THREADS = 30; // that are fetched for the positions of replies

/** @type {{key: string, state: ReadState, unread: Map<string, {item: Annotation, controls: Set<HTMLElement>}>, older: number, latest: string, open: (item: Annotation) => void} | null} */
let tracker = null;

/**
 * Start tracking unread comments; `latest` is the time of the latest comment on the page.
 * @param {TextMap} map @param {{document: string, edition: string, latest: string}} page
 * @param {(item: Annotation) => void} open shows a comment
 */
export async function trackUnread(map, page, open) {
  if (!viewer()) return;
  const key = `unread:${viewer()}:${page.document}`;
  const saved = /** @type {ReadState | null} */ (getStored(key));
  tracker = { key, state: saved ?? { since: page.latest || new Date(0).toISOString(), read: [] }, unread: new Map(), older: 0, latest: page.latest, open };
  onShortcut("unread", showNextUnread);
  if (saved) await refreshUnread(map, page);
  else store(key, tracker.state);
}

/** Fetch new comments, and mark their places. @param {TextMap} map @param {{document: string, edition: string}} page */
export async function refreshUnread(map, { document, edition }) {
  if (!tracker) return;
  const { since, read } = tracker.state;
  const [{ items }, { new: total, latest }] = await Promise.all([listAnnotations({ document, edition, sort: "newest", limit: MAX_MARKED, fields: FIELDS }), getState(document, edition, since)]);
  const fresh = items.filter((item) => !item.deleted && isNew(item)).reverse();
  const byId = new Map(items.map((item) => [item.id, item]));
  const counted = items.filter((item) => isAfterSince(item)).length + read.filter((id) => !byId.has(id)).length;
  tracker.older = items.length < MAX_MARKED ? 0 : Math.max(total - counted, 0);
  tracker.latest = latest ?? since;
  const heads = [...new Set(fresh.map((item) => item.thread))].filter((id) => !byId.has(id)).slice(0, MAX_THREADS);
  for (const head of await Promise.all(heads.map((id) => getAnnotation(id, edition).catch(() => null)))) {
    if (head) byId.set(head.id, head);
  }
  for (const item of fresh) tracker.unread.set(item.id, { item, controls: controlsOf(map, byId.get(item.thread)) });
  showCounts();
}

/** @param {{author: string | null, created: string}} item */
function isAfterSince({ author, created }) {
  return tracker !== null && author !== viewer() && Date.parse(created) > Date.parse(tracker.state.since);
}

/** @param {{id: string, author: string | null, created: string}} item */
function isNew(item) {
  return isAfterSince(item) && !tracker?.state.read.includes(item.id);
}

/** Mark new comments that are shown for the first time, and count them as read. @param {ParentNode} place */
export function markNew(place) {
  if (!tracker) return;
  /** @type {Set<HTMLElement>} */
  const controls = new Set();
  for (const comment of every(".comment[data-created]", place)) {
    const id = comment.id.slice("a-".length);
    const { author = "", created = "" } = comment.dataset;
    if (!isNew({ id, author, created })) continue;
    comment.querySelector(".byline")?.append(make("strong", { class: "fresh" }, words.newMark));
    for (const control of tracker.unread.get(id)?.controls ?? []) controls.add(control);
    tracker.unread.delete(id);
    tracker.state.read = [...tracker.state.read, id].slice(-MAX_READ);
  }
  store(tracker.key, tracker.state);
  showCounts(controls);
}

function markAllRead() {
  if (!tracker) return;
  const controls = new Set([...tracker.unread.values()].flatMap((each) => [...each.controls]));
  tracker.state = { since: new Date(Date.parse(tracker.latest) + 1).toISOString(), read: [] };
  tracker.older = 0;
  tracker.unread.clear();
  store(tracker.key, tracker.state);
  showCounts(controls);
  announce(words.allMarkedRead);
}

/** Show the first unread comment in the order of the text. */
function showNextUnread() {
  const first = tracker && [...tracker.unread.values()].sort((a, b) => topOf(a) - topOf(b))[0];
  if (first) tracker?.open(first.item);
}

/** @param {{controls: Set<HTMLElement>}} item */
function topOf({ controls }) {
  const tops = [...controls].map((control) => control.getBoundingClientRect().top);
  return tops.length ? Math.max(...tops) : Infinity;
}

/** Show the numbers of unread comments. @param {Iterable<HTMLElement>} [more] controls whose comments have been read */
function showCounts(more = []) {
  if (!tracker) return;
  /** @type {Map<HTMLElement, number>} */
  const counts = new Map([...more].map((control) => [control, 0]));
  for (const { controls } of tracker.unread.values()) {
    for (const control of controls) counts.set(control, (counts.get(control) ?? 0) + 1);
  }
  for (const [control, total] of counts) setUnread(control, total);
  const total = tracker.unread.size + tracker.older;
  if (!total) return setNotice("unread");
  setNotice("unread", words.unread(total), " ", button(words.nextUnread, "link", showNextUnread), " ", button(words.markRead, "link", markAllRead));
}

/** @param {TextMap} map @param {Annotation | undefined} head the first comment of a thread @returns {Set<HTMLElement>} */
function controlsOf(map, head) {
  const at = head?.placement;
  if (!at) return new Set();
  if (at.start !== null && at.end !== null && !head?.target?.whole) {
    return new Set(blocksIn(map, at.start, at.end).flatMap(({ element }) => controlsAround(map, element)));
  }
  const block = document.getElementById(at.pid ?? "");
  return new Set(block ? controlsAround(map, block) : []);
}
