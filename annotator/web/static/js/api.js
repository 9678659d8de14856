/** The HTTP client for the JSON API and page fragments. All failures are ApiErrors. */

import { showRelativeTimes } from "./times.js";
import { words } from "./words.js";

/** A refused request, or an unreachable server (`code` is then "network"). */
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
export function listAnnotations(filter) {
  return sendJson("GET", `/api/annotations?${query(filter)}`);
}

/** @param {string} id @param {string} [edition] of the placement; default: the newest @returns {Promise<Annotation>} */
export function getAnnotation(id, edition) {
  return sendJson("GET", `/api/annotations/${encodeURIComponent(id)}?${query(edition ? { edition } : {})}`);
}

/** Count comments by others since a time. @param {string} slug @param {string} edition @param {string} since @returns {Promise<State>} */
export function getState(slug, edition, since) {
  return sendJson("GET", `${editionPath(slug, edition)}/state?${query({ since, ...(viewer() ? { except: viewer() } : {}) })}`);
}

/** Fetch the commentary on an edition by provision, filtered. @param {string} slug @param {string} edition @param {Record<string, string>} filter @returns {Promise<Commentary>} */
export function getCommentary(slug, edition, filter) {
  return sendJson("GET", `${editionPath(slug, edition)}/commentary?${new URLSearchParams(filter)}`);
}

/** List the suggestions for an edition in the order of the text. @param {string} slug @param {string} edition @returns {Promise<Suggestion[]>} */
export async function listSuggestions(slug, edition) {
  /** @type {Suggestion[]} */
  const items = [];
  for (let cursor = ""; ; ) {
    const page = await sendJson("GET", `/api/documents/${encodeURIComponent(slug)}/suggestions?${query({ edition, limit: 200, ...(cursor && { cursor }) })}`);
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
}

/** @param {string} slug @param {string} edition */
function editionPath(slug, edition) {
  return `/api/documents/${encodeURIComponent(slug)}/editions/${encodeURIComponent(edition)}`;
}

/** Store an annotation. @param {object} draft @returns {Promise<Annotation>} */
export function createAnnotation(draft) {
  return sendJson("POST", "/api/annotations", draft);
}

/** List used tags with a prefix, most used first. @param {string} slug @param {string} prefix @param {number} limit @returns {Promise<{tag: string, count: number}[]>} */
export async function suggestTags(slug, prefix, limit) {
  return (await sendJson("GET", `/api/tags?${query({ document: slug, prefix, limit })}`)).items;
}

/** Get the citations of a range, by form. @param {Record<string, string | number>} range @returns {Promise<import("./citations.js").Citations>} */
export function getCitations(range) {
  return sendJson("GET", `/api/cite?${query(range)}`);
}

/** @param {string} name */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/** Return the name of the signed-in reader, or an empty string. */
export function viewer() {
  return meta("viewer");
}

/** Fetch a page's content without its frame. Throws ApiError. @param {string | URL} address */
export async function fetchFragment(address) {
  const { content, ok } = await fetchPage(address);
  if (!ok) throw new ApiError("", content.querySelector("[data-code]")?.textContent ?? words.failed);
  return content;
}

/** Submit a form as the browser would. The resulting page shows positions in `edition`. @param {HTMLFormElement} form @param {HTMLElement | null} submitter @param {string} edition */
export function sendForm(form, submitter, edition) {
  const address = new URL(submitter?.getAttribute("formaction") ?? form.action, location.href);
  address.searchParams.set("edition", edition);
  const fields = /** @type {Iterable<[string, string]>} */ (new FormData(form, submitter));
  return fetchPage(address, { method: "POST", body: new URLSearchParams([...fields]) });
}

/** @param {string | URL} address @param {RequestInit} [init] @returns {Promise<Answer>} */
async function fetchPage(address, init) {
  const answer = await request(address, { ...init, headers: { "X-Fragment": "yes" } });
  const template = document.createElement("template");
  template.innerHTML = await answer.text(); // sanitized by the server; use this for nothing else
  showRelativeTimes(template.content);
  const id = /^\/a\/([^/]+)$/.exec(new URL(answer.url).pathname)?.[1] ?? "";
  return { content: template.content, ok: answer.ok, id };
}

/** @param {"GET" | "POST"} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function sendJson(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": meta("csrf-token") });
  const answer = await request(path, { method, headers, body: body ? JSON.stringify(body) : null });
  const data = await answer.json().catch(() => null);
  if (answer.ok && data) return data;
  const error = data?.error ?? {};
  throw new ApiError(error.code ?? "", error.message ?? words.failed, error.field ?? null);
}

/** @param {string | URL} address @param {RequestInit} init */
async function request(address, init) {
  try {
    return await fetch(address, { ...init, credentials: "same-origin" });
  } catch {
    throw new ApiError("network", words.unreachable);
  }
}
