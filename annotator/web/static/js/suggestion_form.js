/** The form to suggest other words, on its page and in the panel: shows the changes while typing. */

import { every, make } from "./elements.js";
import { wordDiff } from "./word_diff.js";

const TAGS = /** @type {const} */ ({ struck: "del", added: "ins", same: "span" });

/** Show the word diff of a form after each input. @param {HTMLElement} form */
export function showDiff(form) {
  const compare = () => {
    const [field, place] = ["[name=wording]", "[data-diff]"].map((each) => form.querySelector(each)); // the form may have been rendered anew
    if (!(field instanceof HTMLTextAreaElement) || !(place instanceof HTMLElement)) return;
    const pieces = wordDiff(field.dataset["words"] ?? "", field.value.trim());
    place.hidden = pieces.every(({ change }) => change === "same");
    place.replaceChildren(...pieces.map(({ change, text }) => make(TAGS[change], {}, text)));
  };
  form.addEventListener("input", compare);
  compare();
}

for (const form of every("form.suggesting")) showDiff(form);
