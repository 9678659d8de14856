/** Pages without their frame, and the forms on them: fetched and sent, as the server renders them. */

import { ApiError } from "./api.js";
import { words } from "./words.js";

/** @typedef {{content: DocumentFragment, ok: boolean, id: string}} Answer `id` is of the comment whose page it is */

/** Fetch a page's content. Throws ApiError where the site cannot be reached, or refuses. @param {string | URL} address */
export async function fragment(address) {
  const answer = await ask(address);
  if (!answer.ok) throw new ApiError(answer.status, "", answer.content.querySelector("[data-code]")?.textContent ?? words.failed);
  return answer.content;
}

/** Send a form, as the browser would; what it leads to is placed in an edition. @param {HTMLFormElement} form @param {HTMLElement | null} submitter @param {string} edition */
export function send(form, submitter, edition) {
  const address = new URL(form.action, location.href);
  address.searchParams.set("edition", edition);
  const fields = /** @type {Iterable<[string, string]>} */ (new FormData(form, submitter));
  return ask(address, { method: "POST", body: new URLSearchParams([...fields]) });
}

/** @param {string | URL} address @param {RequestInit} [init] */
async function ask(address, init) {
  let answer;
  try {
    answer = await fetch(address, { ...init, headers: { "X-Fragment": "yes" }, credentials: "same-origin" });
  } catch {
    throw new ApiError(0, "network", words.unreachable);
  }
  const template = document.createElement("template");
  template.innerHTML = await answer.text(); // made safe by the server; nothing else may come this way
  const id = /^\/a\/([^/]+)$/.exec(new URL(answer.url).pathname)?.[1] ?? "";
  return { content: template.content, ok: answer.ok, status: answer.status, id };
}
