/** Completes tags as they are typed, with those that are in use; the tags before stay as they are. */

import { tagsLike } from "./api.js";
import { make } from "./elements.js";

const PAUSE = 150; // ms without a key before the site is asked
const OFFERED = 8;

/** @param {HTMLFormElement} form that may have a field for tags @param {string} document_ the slug of what is commented on */
export function completeTags(form, document_) {
  const field = form.elements.namedItem("tags") ?? form.elements.namedItem("tag");
  if (!(field instanceof HTMLInputElement)) return;
  const offered = make("datalist", { id: `_${field.name}-${document_}` });
  field.setAttribute("list", offered.id);
  let ticket = 0;
  field.addEventListener("input", () => {
    const mine = ++ticket;
    setTimeout(async () => {
      const at = field.value.lastIndexOf(",") + 1;
      const before = at ? `${field.value.slice(0, at)} ` : "";
      const prefix = field.value.slice(at).trim();
      if (mine !== ticket || !prefix) return;
      const found = await tagsLike(document_, prefix, OFFERED).catch(() => []); // typing goes on without
      if (mine !== ticket) return;
      const given = new Set(field.value.slice(0, at).split(",").map((tag) => tag.trim()));
      offered.replaceChildren(...found.filter(({ tag }) => !given.has(tag)).map(({ tag, count }) => make("option", { value: before + tag }, String(count))));
    }, PAUSE);
  });
  field.removeAttribute("autocomplete");
  field.after(offered);
}
