/** Copies citations to the clipboard, or shows them if the browser does not allow that. */

import { getCitations } from "./api.js";
import { announce, button, every, fromTemplate } from "./elements.js";
import { shorten } from "./target_picker.js";
import { words } from "./words.js";

/** @typedef {{start: number, end: number, exact: string}} Passage */
/** @typedef {Record<string, string>} Citations by form */

const MAX_QUOTE = 1000; // code points; longer quotes are shortened
const COPIED_FOR = 2500; // ms that a button shows "Copied"

/**
 * Copy words with their citation and a link. The clipboard gets a promise: after waiting for the
 * response, browsers no longer count the click as permission.
 * @param {string} slug @param {string} edition @param {Passage} passage
 */
export async function copyCitation(slug, edition, { start, end, exact }) {
  const response = getCitations({ document: slug, edition, start, end });
  const text = response.then(({ address, sentence }) => `“${shorten(exact, MAX_QUOTE)}”\n${sentence}\n${location.origin}/d/${encodeURI(address ?? "")}`);
  try {
    await writeToClipboard(text);
    const citations = await response;
    announce(words.copied(citations["address"] ?? ""));
    showCitations(citations, true);
  } catch {
    await response.then(
      (citations) => showCitations(citations, false),
      (error) => announce(error instanceof Error ? error.message : words.failed),
    );
  }
}

/** Add a copy button to each field of a citation. @param {ParentNode} place */
export function addCopyButtons(place) {
  const fields = /** @type {(HTMLInputElement | HTMLTextAreaElement)[]} */ (every(":is(input, textarea)[readonly]", place));
  for (const field of fields) {
    const label = field.closest("label");
    const name = label?.querySelector("span")?.textContent ?? "";
    const copy = button(words.copy, "button quiet", async () => {
      try {
        await writeToClipboard(Promise.resolve(field.value));
        announce(words.copied(name));
        setLabel(words.done, words.copied(name));
        setTimeout(() => setLabel(words.copy, words.copyLabel(name)), COPIED_FOR);
      } catch {
        field.focus();
        field.select();
        announce(words.copyByHand);
      }
    });
    /** @param {string} text @param {string} name */
    const setLabel = (text, name) => {
      copy.textContent = text;
      copy.setAttribute("aria-label", name);
    };
    setLabel(words.copy, words.copyLabel(name));
    label?.after(copy);
  }
}

for (const place of every("details.cite, .copy")) addCopyButtons(place);

/** @param {Promise<string>} text */
async function writeToClipboard(text) {
  if (typeof ClipboardItem === "undefined") return navigator.clipboard.writeText(await text);
  const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Show the citations in a dialog. @param {Citations} citations @param {boolean} copied */
function showCitations(citations, copied) {
  const dialog = /** @type {HTMLDialogElement} */ (fromTemplate("_cite"));
  dialog.querySelector(copied ? "[data-by-hand]" : "[data-copied]")?.remove();
  for (const field of /** @type {HTMLTextAreaElement[]} */ (every("textarea", dialog))) {
    field.value = citations[field.name] ?? "";
    if (field.value.includes("\n")) field.rows = 6;
    if (!field.value) field.closest("label")?.remove();
  }
  addCopyButtons(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
