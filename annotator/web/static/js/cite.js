/** Puts citations on the clipboard; where the browser does not let it, shows them to be copied by hand. */

import { cite } from "./api.js";
import { announce, button, make, showDialog } from "./elements.js";
import { words } from "./words.js";

/** @typedef {import("./selection.js").Target} Target */
/** @typedef {Record<"address" | "sentence" | "markdown" | "bibtex" | "csl_json" | "text_fragment", string>} Forms */

const SHOWN = 2500; // ms for which a button says that it has copied

/**
 * Copy the pinned address of some words, and a sentence for humans. A browser that waits for the
 * answer forgets that somebody has pressed a button, so the clipboard is given a promise.
 * @param {string} document_ @param {string} edition @param {Target} target
 */
export async function copyCitation(document_, edition, target) {
  const asked = cite({ document: document_, edition, start: target.start, end: target.end });
  const text = asked.then(({ address, sentence }) => `${sentence}\n${address}`);
  try {
    await write(text);
    announce(words.copied((await asked).address));
    showForms(await asked, words.citationCopied);
  } catch {
    await asked.then(
      (forms) => showForms(forms, words.copyByHand),
      (fault) => announce(fault instanceof Error ? fault.message : words.failed),
    );
  }
}

/** Give each field of a citation a button that copies it. @param {ParentNode} place */
export function offerCopies(place) {
  for (const field of place.querySelectorAll("input[readonly], textarea[readonly]")) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) continue;
    const label = field.closest("label");
    const name = label?.querySelector("span")?.textContent ?? "";
    const copy = button(words.copy, "button quiet", async () => {
      try {
        await write(Promise.resolve(field.value));
        announce(words.copied(name));
        say(words.done, words.copied(name));
        setTimeout(() => say(words.copy, words.copyOf(name)), SHOWN);
      } catch {
        field.focus();
        field.select();
        announce(words.copyByHand);
      }
    });
    /** @param {string} shown @param {string} full */
    const say = (shown, full) => {
      copy.textContent = shown;
      copy.setAttribute("aria-label", full);
    };
    say(words.copy, words.copyOf(name));
    label?.after(copy);
  }
}

/** @param {Promise<string>} text */
async function write(text) {
  if (typeof ClipboardItem === "undefined") return navigator.clipboard.writeText(await text);
  const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Show every form in a dialog. @param {Forms} forms @param {string} told */
function showForms(forms, told) {
  const fields = Object.entries(words.citations).flatMap(([name, label]) => {
    const form = forms[/** @type {keyof Forms} */ (name)];
    if (!form) return [];
    const field = make("textarea", { readonly: "", rows: form.includes("\n") ? "6" : "2" });
    field.value = form;
    return [make("label", {}, make("span", {}, label), field)];
  });
  offerCopies(showDialog(words.citation, "cite", words.close, make("p", {}, told), ...fields));
}
