/** Puts citations on the clipboard; where the browser does not let it, shows them to be copied by hand. */

import { cite } from "./api.js";
import { announce, button, every, fromTemplate } from "./elements.js";
import { shorten } from "./target_picker.js";
import { words } from "./words.js";

/** @typedef {{start: number, end: number, exact: string}} Passage */
/** @typedef {Record<string, string>} Forms by name */

const LONGEST = 1000; // code points that are quoted in full
const SHOWN = 2500; // ms for which a button says that it has copied

/**
 * Copy some words with the sentence that cites them and a link to them. A browser that waits for the
 * answer forgets the click, so the clipboard gets a promise.
 * @param {string} document_ @param {string} edition @param {Passage} passage
 */
export async function copyCitation(document_, edition, { start, end, exact }) {
  const asked = cite({ document: document_, edition, start, end });
  const text = asked.then(({ address, sentence }) => `“${shorten(exact, LONGEST)}”\n${sentence}\n${location.origin}/d/${encodeURI(address ?? "")}`);
  try {
    await write(text);
    const forms = await asked;
    announce(words.copied(forms["address"] ?? ""));
    showForms(forms, true);
  } catch {
    await asked.then(
      (forms) => showForms(forms, false),
      (fault) => announce(fault instanceof Error ? fault.message : words.failed),
    );
  }
}

/** Add a copy button to each field of a citation. @param {ParentNode} place */
export function offerCopies(place) {
  const fields = /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */ (every(":is(input, textarea)[readonly]", place));
  for (const field of fields) {
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

for (const place of every("details.cite, .copy")) offerCopies(place);

/** @param {Promise<string>} text */
async function write(text) {
  if (typeof ClipboardItem === "undefined") return navigator.clipboard.writeText(await text);
  const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Show every form in a dialog. @param {Forms} forms @param {boolean} copied */
function showForms(forms, copied) {
  const dialog = /** @type {HTMLDialogElement} */ (fromTemplate("_cite"));
  dialog.querySelector(copied ? "[data-by-hand]" : "[data-copied]")?.remove();
  for (const field of /** @type {HTMLTextAreaElement[]} */ (every("textarea", dialog))) {
    field.value = forms[field.name] ?? "";
    if (field.value.includes("\n")) field.rows = 6;
    if (!field.value) field.closest("label")?.remove();
  }
  offerCopies(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
