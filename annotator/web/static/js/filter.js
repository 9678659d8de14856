/**
 * Filters the commentary on the page by author, tag, day, section, verdict or words. The filter is in
 * the page's address, so it can be reloaded and shared.
 */

import { ApiError, getCommentary } from "./api.js";
import { announce, button, every, make } from "./elements.js";
import { setNotice } from "./notices.js";
import { onShortcut } from "./shortcuts.js";
import { completeTags } from "./tag_completion.js";
import { words } from "./words.js";

/** @typedef {Record<string, string>} Filter the fields of the form that are not empty */

const INDEXED_AFTER = 1_500; // ms until a search finds a new comment
const FIELDS = ["author", "tag", "kind", "after", "before", "section", "verdict", "adoption", "answer", "q"];
const ERROR_ATTRIBUTES = ["aria-invalid", "aria-describedby"];

/**
 * @param {{document: string, edition: string}} page
 * @param {HTMLFormElement} form
 * @param {(result: Commentary) => void} show counts and highlights
 * @param {() => void} reload lists the open comments again
 */
export function setUpFilter(page, form, show, reload) {
  const all = form.querySelector("[data-all]");
  const errorField = form.querySelector("#_filter-fault");
  /** @type {Filter} */
  let current = {};
  let latest = 0;

  /** Show the counts and highlights of a filter. Return the status, or null if another filter was applied meanwhile. @param {Filter} next */
  async function count(next) {
    const request = ++latest;
    const result = await getCommentary(page.document, page.edition, next);
    if (request !== latest) return null;
    current = next;
    show(result);
    const status = isFiltered(next) ? words.showing(result.total, result.authors, next["author"]) : "";
    if (status) showStatus(status);
    else setNotice("filter");
    return status || words.showingAll;
  }

  /** Show and announce what a filter finds; an error changes nothing. @param {Filter} next */
  async function applyFilter(next) {
    const status = await count(next);
    if (!status) return;
    reload();
    announce(status);
    const on = isFiltered(next);
    all?.toggleAttribute("hidden", !on);
    for (const opener of every("[popovertarget=_filter]")) opener.toggleAttribute("data-on", on);
    for (const link of /** @type {HTMLAnchorElement[]} */ (every("a[data-map]"))) link.search = String(new URLSearchParams(next));
  }

  /** @param {string} status */
  const showStatus = (status) => setNotice("filter", make("span", { "data-said": "" }, status), button(words.showAll, "link", () => void setFilter({})));

  /** Apply a filter that the reader chose, and put it into the address. @param {Filter} next */
  async function setFilter(next) {
    try {
      await applyFilter(next);
    } catch (error) {
      return showError(error);
    }
    history.pushState(history.state, "", addressOf(next));
    fillForm(form, next);
    showError(null);
    if (form.matches(":popover-open")) form.hidePopover();
  }

  /** Show an error at its field; null clears it. @param {unknown} error */
  function showError(error) {
    for (const name of FIELDS) for (const each of ERROR_ATTRIBUTES) fieldOf(form, name)?.removeAttribute(each);
    if (errorField) errorField.textContent = error instanceof Error ? error.message : "";
    const field = error instanceof ApiError && error.field ? fieldOf(form, error.field) : null;
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-describedby", "_filter-fault");
    field?.focus();
  }

  /** Apply the filter in the page's address; on an error, show it and all comments. */
  async function restore() {
    const next = readFilter(new URLSearchParams(location.search));
    if (String(new URLSearchParams(next)) === String(new URLSearchParams(current))) return;
    fillForm(form, next);
    try {
      await applyFilter(next);
    } catch (error) {
      if (Object.keys(current).length) await applyFilter({}).catch(() => {});
      showStatus(error instanceof Error ? error.message : words.failed);
    }
  }

  completeTags(form, page.document);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void setFilter(readFilter(new FormData(form)));
  });
  form.addEventListener("toggle", () => {
    if (form.matches(":popover-open")) fieldOf(form, "author")?.focus();
  });
  all?.addEventListener("click", () => void setFilter({}));
  onShortcut("filter", () => form.showPopover());
  addEventListener("popstate", () => void restore());
  return {
    restore,
    current: () => current,
    showAll: () => setFilter({}),
    /** Count again after a comment was posted, edited or deleted here. */
    recount: async () => {
      await untilIndexed(current);
      await count(current);
    },
  };
}

/** Return whether a filter is set. @param {Filter} filter */
export function isFiltered(filter) {
  return Object.keys(filter).length > 0;
}

/** Wait until a new comment can be result by a filter. @param {Filter} filter */
export async function untilIndexed(filter) {
  if ("q" in filter) await new Promise((done) => setTimeout(done, INDEXED_AFTER));
}

/** Read the filter of an address or a form. @param {URLSearchParams | FormData} values @returns {Filter} */
function readFilter(values) {
  return Object.fromEntries(FIELDS.map((name) => [name, String(values.get(name) ?? "").trim()]).filter(([, value]) => value));
}

/** @param {Filter} next */
function addressOf(next) {
  const address = new URL(location.href);
  for (const name of FIELDS) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(next)) address.searchParams.set(name, value);
  return address;
}

/** @param {HTMLFormElement} form @param {Filter} next */
function fillForm(form, next) {
  for (const name of FIELDS) {
    const field = fieldOf(form, name);
    if (field) field.value = next[name] ?? "";
  }
}

/** @param {HTMLFormElement} form @param {string} name */
function fieldOf(form, name) {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field : null;
}
