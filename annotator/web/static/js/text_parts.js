/**
 * Loads the parts of a very long text in place of their links: near the window, for an address or a
 * key, and after a few seconds all the rest, so that the browser can find words in all of it.
 */

import { fetchFragment, query } from "./api.js";
import { every } from "./elements.js";
import { blocksIn, mapText } from "./offsets.js";

const MARGIN = "200%"; // of the window, above and below
const REST_AFTER = 3_000; // ms
const LOAD_ALL_KEYS = new Set(["f", "g", "p"]); // with Ctrl: find in the page, find again, print

/**
 * @param {TextMap} map updated with the loaded blocks
 * @param {() => void} onLoad called after each part
 */
export function setUpParts(map, onLoad) {
  const { document: slug = "", edition = "" } = map.root.dataset;
  const links = () => every("a.part", map.root);
  /** @type {Promise<void> | null} */
  let rest = null;

  /** Load the part with a provision or a section, if necessary. @param {string} at a pid or a slug */
  async function load(at) {
    if (!links().length || document.getElementById(at)) return;
    const content = await fetchFragment(`/d/${encodeURIComponent(slug)}@${encodeURIComponent(edition)}?${query({ at })}`);
    const start = content.querySelector("[data-start]")?.getAttribute("data-start");
    const link = map.root.querySelector(`a.part[data-start="${start}"]`);
    if (!link) return;
    const next = document.activeElement === link ? content.querySelector("a") : null;
    link.replaceWith(content);
    next?.focus({ preventScroll: true });
    Object.assign(map, mapText(map.root));
    onLoad();
  }

  /** @param {Element} link */
  const loadLink = (link) => load(link.getAttribute("data-pid") ?? "");

  /** Load the parts of a range or a provision; return whether there were any. @param {{span?: {start: number, end: number}, pid?: string} | null} where */
  async function cover(where) {
    const missing = where?.span ? blocksIn(map, where.span.start, where.span.end).flatMap(({ element }) => (element.matches("a.part") ? [element] : [])) : [];
    for (const link of missing) await loadLink(link);
    const { pid } = where ?? {};
    if (!pid || !links().length || document.getElementById(pid)) return missing.length > 0;
    await load(pid);
    return true;
  }

  /** Load the other parts from the top, one at a time. */
  async function loadRest() {
    for (let [link] = links(); link; [link] = links()) await loadLink(link);
  }

  /** Load the part that the page's address links to, and go there. */
  async function loadLinked() {
    const at = decodeURIComponent(location.hash.slice(1));
    if (at && (await cover({ pid: at })) && document.getElementById(at)) location.replace(location.hash);
  }

  const ignoreErrors = (/** @type {Promise<unknown>} */ loading) => void loading.catch(() => {}); // the links stay
  if (links().length) {
    const observer = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) ignoreErrors(loadLink(target));
    }, { rootMargin: MARGIN });
    for (const link of links()) observer.observe(link);
    const all = () => ignoreErrors(rest ??= loadRest().finally(() => (rest = null)));
    addEventListener("hashchange", () => ignoreErrors(loadLinked()));
    addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "F3" || ((ctrlKey || metaKey) && LOAD_ALL_KEYS.has(key))) all();
    });
    ignoreErrors(loadLinked());
    setTimeout(all, REST_AFTER);
  }
  return { load, loadLink, cover };
}
