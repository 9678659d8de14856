/** Completes the last tag of a field with tags in use. */

import { suggestTags } from "./api.js";
import { make } from "./elements.js";

const DEBOUNCE = 150; // ms after the last key
const MAX_TAGS = 8;

/** @param {HTMLFormElement} form @param {string} slug of the document */
export function completeTags(form, slug) {
  const field = form.elements.namedItem("tags") ?? form.elements.namedItem("tag");
  if (!(field instanceof HTMLInputElement)) return;
  const datalist = make("datalist", { id: `_${field.name}-${slug}` });
  field.setAttribute("list", datalist.id);
  let latest = 0;
  field.addEventListener("input", () => {
    const request = ++latest;
    setTimeout(async () => {
      const at = field.value.lastIndexOf(",") + 1;
      const head = at ? `${field.value.slice(0, at)} ` : "";
      const prefix = field.value.slice(at).trim();
      if (request !== latest || !prefix) return;
      const found = await suggestTags(slug, prefix, MAX_TAGS).catch(() => []); // not essential
      if (request !== latest) return;
      const used = new Set(field.value.slice(0, at).split(",").map((tag) => tag.trim()));
      datalist.replaceChildren(...found.filter(({ tag }) => !used.has(tag)).map(({ tag, count }) => make("option", { value: head + tag }, String(count))));
    }, DEBOUNCE);
  });
  field.removeAttribute("autocomplete");
  field.after(datalist);
}
