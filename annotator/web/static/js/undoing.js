/** Offers to take a deletion back, for as long as the panel shows the same words. */

import { restore } from "./api.js";
import { announce, button, make } from "./elements.js";
import { words } from "./words.js";

/**
 * @param {Element} place where it is offered, in place of what was offered there before
 * @param {string} id
 * @param {(item: import("./api.js").Annotation) => Promise<void>} restored puts it back where it was
 */
export function offerUndo(place, id, restored) {
  const error = make("p", { class: "error", role: "alert" });
  const undo = button(words.undo, "button quiet", async () => {
    undo.disabled = true;
    try {
      const item = await restore(id);
      place.replaceChildren();
      await restored(item);
      announce(words.restored);
    } catch (fault) {
      undo.disabled = false;
      error.textContent = fault instanceof Error ? fault.message : words.failed;
    }
  });
  place.replaceChildren(make("p", {}, words.removed, " ", words.forAnHour), error, make("div", { class: "actions" }, undo));
  undo.focus();
}
