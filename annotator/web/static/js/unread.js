/**
 * The unread comments of a signed-in reader. The site keeps no record of who reads
 * what (docs/decisions/unread.md): a moment and some ids are kept in this browser, and nowhere else.
 */

import { list, one, state, viewer } from "./api.js";
import { controlsAround, setNew } from "./counts.js";
import { announce, button, every, make } from "./elements.js";
import { notice } from "./notices.js";
import { blocksIn } from "./offsets.js";
import { recall, remember } from "./remembered.js";
import { onShortcut } from "./shortcuts.js";
import { words } from "./words.js";

/** @typedef {{since: string, read: string[]}} Kept */

const MOST = 200; // comments that are marked; older ones are only counted
const MOST_READ = 5_000; // ids that are kept of comments read since the moment
const USED = "id,author,created,deleted,thread,target,placement";
const HEADS = 30; // threads that are looked up for the place of a reply

/** @type {{key: string, kept: Kept, waiting: Map<string, {item: Annotation, controls: Set<HTMLElement>}>, older: number, latest: string, open: (item: Annotation) => void} | null} */
let mine = null;

/**
 * Begin, with the moment of the last comment that the page shows.
 * @param {TextMap} map @param {{document: string, edition: string, latest: string}} page
 * @param {(item: Annotation) => void} open shows a comment
 */
export async function followUnread(map, page, open) {
  if (!viewer()) return;
  const key = `unread:${viewer()}:${page.document}`;
  const before = /** @type {Kept | null} */ (recall(key));
  mine = { key, kept: before ?? { since: page.latest || new Date(0).toISOString(), read: [] }, waiting: new Map(), older: 0, latest: page.latest, open };
  onShortcut("unread", nextUnread);
  if (before) await lookForUnread(map, page);
  else remember(key, mine.kept);
}

/** Look which comments have come since, and mark their places. @param {TextMap} map @param {{document: string, edition: string}} page */
export async function lookForUnread(map, { document, edition }) {
  if (!mine) return;
  const { since, read } = mine.kept;
  const [{ items }, { new: total, latest }] = await Promise.all([list({ document, edition, sort: "newest", limit: MOST, fields: USED }), state(document, edition, since)]);
  const fresh = items.filter((item) => !item.deleted && isNew(item)).reverse();
  const known = new Map(items.map((item) => [item.id, item]));
  const counted = items.filter((item) => isLater(item)).length + read.filter((id) => !known.has(id)).length;
  mine.older = items.length < MOST ? 0 : Math.max(total - counted, 0);
  mine.latest = latest ?? since;
  const heads = [...new Set(fresh.map((item) => item.thread))].filter((id) => !known.has(id)).slice(0, HEADS);
  for (const head of await Promise.all(heads.map((id) => one(id, edition).catch(() => null)))) {
    if (head) known.set(head.id, head);
  }
  for (const item of fresh) mine.waiting.set(item.id, { item, controls: controlsOf(map, known.get(item.thread)) });
  tell();
}

/** @param {{author: string | null, created: string}} item */
function isLater({ author, created }) {
  return mine !== null && author !== viewer() && Date.parse(created) > Date.parse(mine.kept.since);
}

/** @param {{id: string, author: string | null, created: string}} item */
function isNew(item) {
  return isLater(item) && !mine?.kept.read.includes(item.id);
}

/** Mark the comments that are shown for the first time; from now on they have been seen. @param {ParentNode} place */
export function markNew(place) {
  if (!mine) return;
  /** @type {Set<HTMLElement>} */
  const controls = new Set();
  for (const comment of every(".comment[data-created]", place)) {
    const id = comment.id.slice("a-".length);
    const { author = "", created = "" } = comment.dataset;
    if (!isNew({ id, author, created })) continue;
    comment.querySelector(".byline")?.append(make("strong", { class: "fresh" }, words.fresh));
    for (const control of mine.waiting.get(id)?.controls ?? []) controls.add(control);
    mine.waiting.delete(id);
    mine.kept.read = [...mine.kept.read, id].slice(-MOST_READ);
  }
  remember(mine.key, mine.kept);
  tell(controls);
}

function readAll() {
  if (!mine) return;
  const controls = new Set([...mine.waiting.values()].flatMap((each) => [...each.controls]));
  mine.kept = { since: new Date(Date.parse(mine.latest) + 1).toISOString(), read: [] };
  mine.older = 0;
  mine.waiting.clear();
  remember(mine.key, mine.kept);
  tell(controls);
  announce(words.allRead);
}

/** Show the first in the order of the text that has not been seen. */
function nextUnread() {
  const first = mine && [...mine.waiting.values()].sort((one, other) => placeOf(one) - placeOf(other))[0];
  if (first) mine?.open(first.item);
}

/** @param {{controls: Set<HTMLElement>}} waiting */
function placeOf({ controls }) {
  const tops = [...controls].map((control) => control.getBoundingClientRect().top);
  return tops.length ? Math.max(...tops) : Infinity;
}

/** Show the number of unread comments, next to the text and above it. @param {Iterable<HTMLElement>} [more] controls whose comments have been read */
function tell(more = []) {
  if (!mine) return;
  /** @type {Map<HTMLElement, number>} */
  const counts = new Map([...more].map((control) => [control, 0]));
  for (const { controls } of mine.waiting.values()) {
    for (const control of controls) counts.set(control, (counts.get(control) ?? 0) + 1);
  }
  for (const [control, many] of counts) setNew(control, many);
  const many = mine.waiting.size + mine.older;
  if (!many) return notice("unread");
  notice("unread", words.unread(many), " ", button(words.nextUnread, "link", nextUnread), " ", button(words.markRead, "link", readAll));
}

/** @param {TextMap} map @param {Annotation | undefined} head whose place its thread has @returns {Set<HTMLElement>} */
function controlsOf(map, head) {
  const at = head?.placement;
  if (!at) return new Set();
  if (at.start !== null && at.end !== null && !head?.target?.whole) {
    return new Set(blocksIn(map, at.start, at.end).flatMap(({ element }) => controlsAround(map, element)));
  }
  const block = document.getElementById(at.pid ?? "");
  return new Set(block ? controlsAround(map, block) : []);
}
