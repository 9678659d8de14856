/** Speaks to the site: its JSON, and its pages without their frame; one kind of error. */

import { relate } from "./times.js";
import { words } from "./words.js";

/** What the server refused, or that it could not be reached (`code` is then "network"). */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {string | null} field */
  constructor(code, message, field = null) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

/** @param {Record<string, string | number>} values */
export function query(values) {
  return new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** @param {Record<string, string | number>} filter @returns {Promise<Listing>} */
export function list(filter) {
  return send("GET", `/api/annotations?${query(filter)}`);
}

/** @param {string} id @param {string} [edition] the one to be placed in; else the newest @returns {Promise<Annotation>} */
export function one(id, edition) {
  return send("GET", `/api/annotations/${encodeURIComponent(id)}?${query(edition ? { edition } : {})}`);
}

/** Count comments by others since a time. @param {string} document_ @param {string} edition @param {string} since @returns {Promise<State>} */
export function state(document_, edition, since) {
  return send("GET", `${editionPath(document_, edition)}/state?${query({ since, ...(viewer() ? { except: viewer() } : {}) })}`);
}

/** Fetch the commentary on an edition by provision, filtered. @param {string} document_ @param {string} edition @param {Record<string, string>} filter @returns {Promise<Commentary>} */
export function commentary(document_, edition, filter) {
  return send("GET", `${editionPath(document_, edition)}/commentary?${new URLSearchParams(filter)}`);
}

/** List what is suggested for an edition, by place. @param {string} document_ @param {string} edition @returns {Promise<Suggestion[]>} */
export async function suggestions(document_, edition) {
  /** @type {Suggestion[]} */
  const items = [];
  for (let cursor = ""; ; ) {
    const page = await send("GET", `/api/documents/${encodeURIComponent(document_)}/suggestions?${query({ edition, limit: 200, ...(cursor && { cursor }) })}`);
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
}

/** @param {string} document_ @param {string} edition */
function editionPath(document_, edition) {
  return `/api/documents/${encodeURIComponent(document_)}/editions/${encodeURIComponent(edition)}`;
}

/** Store an annotation. @param {object} draft @returns {Promise<Annotation>} */
export function create(draft) {
  return send("POST", "/api/annotations", draft);
}

/** List tags in use that begin so, most used first. @param {string} document_ @param {string} prefix @param {number} limit @returns {Promise<{tag: string, count: number}[]>} */
export async function tagsLike(document_, prefix, limit) {
  return (await send("GET", `/api/tags?${query({ document: document_, prefix, limit })}`)).items;
}

/** Cite a range in every form. @param {Record<string, string | number>} range @returns {Promise<import("./cite.js").Forms>} */
export function cite(range) {
  return send("GET", `/api/cite?${query(range)}`);
}

/** @param {string} name */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/** The name of the one who reads; empty for a reader who is not signed in. */
export function viewer() {
  return meta("viewer");
}

/** Fetch a page's content without its frame. Throws ApiError where the site cannot be reached, or refuses. @param {string | URL} address */
export async function fragment(address) {
  const { content, ok } = await page(address);
  if (!ok) throw new ApiError("", content.querySelector("[data-code]")?.textContent ?? words.failed);
  return content;
}

/** Send a form, as the browser would; what it leads to is placed in an edition. @param {HTMLFormElement} form @param {HTMLElement | null} submitter @param {string} edition */
export function sendForm(form, submitter, edition) {
  const address = new URL(submitter?.getAttribute("formaction") ?? form.action, location.href);
  address.searchParams.set("edition", edition);
  const fields = /** @type {Iterable<[string, string]>} */ (new FormData(form, submitter));
  return page(address, { method: "POST", body: new URLSearchParams([...fields]) });
}

/** @param {string | URL} address @param {RequestInit} [init] @returns {Promise<Answer>} */
async function page(address, init) {
  const answer = await reach(address, { ...init, headers: { "X-Fragment": "yes" } });
  const template = document.createElement("template");
  template.innerHTML = await answer.text(); // made safe by the server; nothing else may come this way
  relate(template.content);
  const id = /^\/a\/([^/]+)$/.exec(new URL(answer.url).pathname)?.[1] ?? "";
  return { content: template.content, ok: answer.ok, id };
}

/** @param {"GET" | "POST"} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function send(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": meta("csrf-token") });
  const answer = await reach(path, { method, headers, body: body ? JSON.stringify(body) : null });
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  const error = said?.error ?? {};
  throw new ApiError(error.code ?? "", error.message ?? words.failed, error.field ?? null);
}

/** @param {string | URL} address @param {RequestInit} init */
async function reach(address, init) {
  try {
    return await fetch(address, { ...init, credentials: "same-origin" });
  } catch {
    throw new ApiError("network", words.unreachable);
  }
}
