/**
 * Narrows the commentary on the page: by author, tag, day, section, verdict or words. The
 * filter is in the page's address, so that it survives reloading and can be shared.
 */

import { ApiError, commentary } from "./api.js";
import { announce, button, every, make } from "./elements.js";
import { notice } from "./notices.js";
import { onShortcut } from "./shortcuts.js";
import { completeTags } from "./tagging.js";
import { words } from "./words.js";

/** @typedef {Record<string, string>} Asked what the fields of the form hold; none that is empty */

const FOUND_WITHIN = 1_500; // ms, after which a search finds what was posted
const FIELDS = ["author", "tag", "kind", "after", "before", "section", "verdict", "adoption", "answer", "q"];
const FAULTY = ["aria-invalid", "aria-describedby"];

/**
 * @param {{document: string, edition: string}} page
 * @param {HTMLFormElement} form
 * @param {(found: Commentary) => void} show counts and highlights
 * @param {() => void} list lists again what is open
 */
export function offerFilter(page, form, show, list) {
  const all = form.querySelector("[data-all]");
  const told = form.querySelector("#_filter-fault");
  /** @type {Asked} */
  let asked = {};
  let ticket = 0;

  /** Count what is left; gives what to say of it, or nothing where another filter came between. @param {Asked} wanted */
  async function count(wanted) {
    const mine = ++ticket;
    const found = await commentary(page.document, page.edition, wanted);
    if (mine !== ticket) return null;
    asked = wanted;
    show(found);
    const said = narrows(wanted) ? words.showing(found.total, found.authors, wanted["author"]) : "";
    if (said) tell(said);
    else notice("filter");
    return said || words.showingAll;
  }

  /** Show what is left, and say so; a fault changes nothing of what is shown. @param {Asked} wanted */
  async function apply(wanted) {
    const said = await count(wanted);
    if (!said) return;
    list();
    announce(said);
    const on = narrows(wanted);
    all?.toggleAttribute("hidden", !on);
    for (const opener of every("[popovertarget=_filter]")) opener.toggleAttribute("data-on", on);
    for (const link of /** @type {HTMLAnchorElement[]} */ (every("a[data-map]"))) link.search = String(new URLSearchParams(wanted));
  }

  /** @param {string} said */
  const tell = (said) => notice("filter", make("span", { "data-said": "" }, said), button(words.showAll, "link", () => void choose({})));

  /** Apply a filter that a reader has chosen: it goes into the address. @param {Asked} wanted */
  async function choose(wanted) {
    try {
      await apply(wanted);
    } catch (fault) {
      return explain(fault);
    }
    history.pushState(history.state, "", addressOf(wanted));
    fill(form, wanted);
    explain(null);
    if (form.matches(":popover-open")) form.hidePopover();
  }

  /** Show an error at its field. @param {unknown} fault null for nothing */
  function explain(fault) {
    for (const name of FIELDS) for (const each of FAULTY) fieldOf(form, name)?.removeAttribute(each);
    if (told) told.textContent = fault instanceof Error ? fault.message : "";
    const field = fault instanceof ApiError && fault.field ? fieldOf(form, fault.field) : null;
    field?.setAttribute("aria-invalid", "true");
    field?.setAttribute("aria-describedby", "_filter-fault");
    field?.focus();
  }

  /** Show what the page's address asks for; where that cannot be, say why, and show all. */
  async function resume() {
    const wanted = filterOf(new URLSearchParams(location.search));
    if (String(new URLSearchParams(wanted)) === String(new URLSearchParams(asked))) return;
    fill(form, wanted);
    try {
      await apply(wanted);
    } catch (fault) {
      if (Object.keys(asked).length) await apply({}).catch(() => {});
      tell(fault instanceof Error ? fault.message : words.failed);
    }
  }

  completeTags(form, page.document);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void choose(filterOf(new FormData(form)));
  });
  form.addEventListener("toggle", () => {
    if (form.matches(":popover-open")) fieldOf(form, "author")?.focus();
  });
  all?.addEventListener("click", () => void choose({}));
  onShortcut("filter", () => form.showPopover());
  addEventListener("popstate", () => void resume());
  return {
    resume,
    /** The current filter. */
    asked: () => asked,
    showAll: () => choose({}),
    /** Count again under the same filter, after something was posted, changed or deleted here. */
    recount: async () => {
      await countable(asked);
      await count(asked);
    },
  };
}

/** Return whether a filter is set. @param {Asked} asked */
export function narrows(asked) {
  return Object.keys(asked).length > 0;
}

/** Wait until what was just posted can be counted under a filter. @param {Asked} asked */
export async function countable(asked) {
  if ("q" in asked) await new Promise((done) => setTimeout(done, FOUND_WITHIN));
}

/** What an address or a form asks for. @param {URLSearchParams | FormData} given @returns {Asked} */
function filterOf(given) {
  return Object.fromEntries(FIELDS.map((name) => [name, String(given.get(name) ?? "").trim()]).filter(([, value]) => value));
}

/** @param {Asked} wanted */
function addressOf(wanted) {
  const address = new URL(location.href);
  for (const name of FIELDS) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(wanted)) address.searchParams.set(name, value);
  return address;
}

/** @param {HTMLFormElement} form @param {Asked} wanted */
function fill(form, wanted) {
  for (const name of FIELDS) {
    const field = fieldOf(form, name);
    if (field) field.value = wanted[name] ?? "";
  }
}

/** @param {HTMLFormElement} form @param {string} name */
function fieldOf(form, name) {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field : null;
}
