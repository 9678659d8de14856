/** Speaks to the site's own JSON: one request, one answer, one kind of error. */

import { words } from "./words.js";

/**
 * @typedef {object} Placement
 * @property {string} edition
 * @property {number | null} start
 * @property {number | null} end
 * @property {string | null} exact
 * @property {string | null} pid
 * @property {"exact" | "moved" | "edited" | "lost"} verdict
 */

/**
 * @typedef {object} Annotation
 * @property {string} id
 * @property {string | null} author null of a deleted one
 * @property {string} created
 * @property {string} modified
 * @property {string | null} body
 * @property {string | null} html the body, rendered and made safe by the server
 * @property {string[]} tags
 * @property {string} motivation
 * @property {string | null} in_reply_to
 * @property {string} thread
 * @property {boolean | string | null} deleted
 * @property {boolean} held it waits for a moderator
 * @property {{since: string, rule: string, cited: string, log: string} | null} hidden
 * @property {string | null} pid
 * @property {string} edition the one that it was made on
 * @property {{start?: number | null, end?: number | null, exact?: string, pid?: string | null, whole?: boolean, address: string} | null} target
 * @property {Placement | null} placement
 * @property {Placement[]} placements
 */

/** @typedef {{total: number, items: Annotation[], next: string | null}} Listing */

/** What the server refused, or that it could not be reached (`code` is then "network"). */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {string | null} field @param {Record<string, unknown>} details */
  constructor(status, code, message, field = null, details = {}) {
    super(message);
    this.details = details;
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

/** @param {Record<string, string | number | undefined>} filter @returns {Promise<Listing>} */
export function list(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return send("GET", `/api/annotations?${query}`);
}

/** @param {string} id @param {string} [edition] the one to be placed in; else the newest @returns {Promise<Annotation>} */
export function one(id, edition) {
  const query = edition ? `?${new URLSearchParams({ edition })}` : "";
  return send("GET", `/api/annotations/${encodeURIComponent(id)}${query}`);
}

/** @typedef {{state: number, new: number, latest: string | null, newest: string}} State */

/** Tell how many comments of others have come since a moment. @param {string} document_ @param {string} edition @param {string} since @returns {Promise<State>} */
export function state(document_, edition, since) {
  const query = new URLSearchParams({ since, ...(viewer() ? { except: viewer() } : {}) });
  return send("GET", `${editionPath(document_, edition)}/state?${query}`);
}

/** @typedef {{total: number, authors: number, segments: number[], provisions: {pid: string, remarks: number, authors: number}[]}} Commentary */

/** Tell where the commentary on an edition stands, or what a filter leaves of it. @param {string} document_ @param {string} edition @param {Record<string, string>} filter @returns {Promise<Commentary>} */
export function commentary(document_, edition, filter) {
  return send("GET", `${editionPath(document_, edition)}/commentary?${new URLSearchParams(filter)}`);
}

/** @param {string} document_ @param {string} edition */
function editionPath(document_, edition) {
  return `/api/documents/${encodeURIComponent(document_)}/editions/${encodeURIComponent(edition)}`;
}

/** Store an annotation; what is sent again under the same key is stored once. @param {object} draft @param {string} [once] @returns {Promise<Annotation>} */
export function create(draft, once) {
  return send("POST", "/api/annotations", draft, once ? { "Idempotency-Key": once } : {});
}

/** @param {string} id @param {object} change @returns {Promise<Annotation>} */
export function change(id, change) {
  return send("PATCH", `/api/annotations/${encodeURIComponent(id)}`, change);
}

/** @param {string} id @returns {Promise<unknown>} */
export function remove(id) {
  return send("DELETE", `/api/annotations/${encodeURIComponent(id)}`);
}

/** Undo a deletion, within the hour. @param {string} id @returns {Promise<Annotation>} */
export function restore(id) {
  return send("POST", `/api/annotations/${encodeURIComponent(id)}/restore`);
}

/** List tags in use that begin so. @param {string} document_ @param {string} prefix @param {number} limit @returns {Promise<string[]>} */
export async function tagsLike(document_, prefix, limit) {
  const query = new URLSearchParams({ document: document_, prefix, limit: String(limit) });
  const { items } = await send("GET", `/api/tags?${query}`);
  return items.map((/** @type {{tag: string}} */ item) => item.tag);
}

/** @param {string} body @returns {Promise<{html: string}>} */
export function preview(body) {
  return send("POST", "/api/preview", { body });
}

/** Cite a range in every form. @param {Record<string, string | number>} range @returns {Promise<import("./cite.js").Forms>} */
export function cite(range) {
  const query = new URLSearchParams(Object.entries(range).map(([name, value]) => [name, String(value)]));
  return send("GET", `/api/cite?${query}`);
}

/**
 * Tell what became of an address in an edition.
 * @param {string} address @param {string} edition
 * @returns {Promise<{text: string | null, diff: {change: "same" | "struck" | "added", text: string}[] | null}>}
 */
export function resolve(address, edition) {
  return send("GET", `/api/resolve?${new URLSearchParams({ cite: address, edition })}`);
}

/** @param {string} name */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
}

/** The name of the one who reads; empty for a reader who is not signed in. */
export function viewer() {
  return meta("viewer");
}

/** @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [more] headers @returns {Promise<any>} */
async function send(method, path, body, more = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...more };
  if (method !== "GET") headers["X-CSRFToken"] = meta("csrf-token");
  if (body) headers["Content-Type"] = "application/json";
  /** @type {RequestInit} */
  const init = { method, headers, credentials: "same-origin" };
  if (body) init.body = JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new ApiError(0, "network", words.unreachable);
  }
  const said = answer.status === 204 ? {} : await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  const error = said?.error ?? {};
  throw new ApiError(answer.status, error.code ?? "", error.message ?? words.failed, error.field ?? null, error);
}
