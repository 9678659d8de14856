/**
 * Brings in the parts of a very long text, in place of the links that stand for them: what comes near the
 * window, what an address or a key leads to, and the rest when the page has been there for a moment, so
 * that the browser finds words in all of it.
 */

import { fragment, query } from "./api.js";
import { every } from "./elements.js";
import { blocksIn, mapText } from "./offsets.js";

const NEAR = "200%"; // of the window, above and below it
const REST_AFTER = 3_000; // ms
const ALL = new Set(["f", "g", "p"]); // with Ctrl: find in the page, find again, print

/**
 * @param {TextMap} map takes up the blocks that come in
 * @param {() => void} arrived does what the page does with new text
 */
export function bringParts(map, arrived) {
  const { document: slug = "", edition = "" } = map.root.dataset;
  const links = () => every("a.part", map.root);
  /** @type {Promise<void> | null} */
  let rest = null;

  /** Bring in the part with a provision or a section, unless it is here. @param {string} at a pid or a slug */
  async function load(at) {
    if (!links().length || document.getElementById(at)) return;
    const content = await fragment(`/d/${encodeURIComponent(slug)}@${encodeURIComponent(edition)}?${query({ at })}`);
    const start = content.querySelector("[data-start]")?.getAttribute("data-start");
    const link = map.root.querySelector(`a.part[data-start="${start}"]`);
    if (!link) return;
    const next = document.activeElement === link ? content.querySelector("a") : null;
    link.replaceWith(content);
    next?.focus({ preventScroll: true });
    Object.assign(map, mapText(map.root));
    arrived();
  }

  /** @param {Element} link */
  const loadLink = (link) => load(link.getAttribute("data-pid") ?? "");

  /** Bring in what a range or a provision needs; gives whether anything came. @param {{span?: {start: number, end: number}, pid?: string} | null} where */
  async function cover(where) {
    const missing = where?.span ? blocksIn(map, where.span.start, where.span.end).flatMap(({ element }) => (element.matches("a.part") ? [element] : [])) : [];
    for (const link of missing) await loadLink(link);
    const { pid } = where ?? {};
    if (!pid || !links().length || document.getElementById(pid)) return missing.length > 0;
    await load(pid);
    return true;
  }

  /** Bring in the rest, a part at a time, from the top. */
  async function loadRest() {
    for (let [link] = links(); link; [link] = links()) await loadLink(link);
  }

  /** Bring in what the page's address leads to, and go there. */
  async function follow() {
    const at = decodeURIComponent(location.hash.slice(1));
    if (at && (await cover({ pid: at })) && document.getElementById(at)) location.replace(location.hash);
  }

  const quietly = (/** @type {Promise<unknown>} */ loading) => void loading.catch(() => {}); // the links stay
  if (links().length) {
    const watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) quietly(loadLink(target));
    }, { rootMargin: NEAR });
    for (const link of links()) watch.observe(link);
    const all = () => quietly(rest ??= loadRest().finally(() => (rest = null)));
    addEventListener("hashchange", () => quietly(follow()));
    addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "F3" || ((ctrlKey || metaKey) && ALL.has(key))) all();
    });
    quietly(follow());
    setTimeout(all, REST_AFTER);
  }
  return { load, loadLink, cover };
}
