/** Says what is written and not posted, when its form has been closed or the page comes back, and leads back to it. */

import { drop, keep, unsent } from "./drafts.js";
import { announce, button, make } from "./elements.js";
import { words } from "./words.js";

/** @type {((about: any) => void) | null} */
let goOn = null;
const bar = make("section", { class: "unsent", "aria-label": words.unsent });

/** From now on, offer what is not posted. @param {(about: any) => void} how opens what a draft was about */
export function offerUnsent(how) {
  goOn = how;
  document.body.append(bar);
  refresh();
}

/** Look again: a form has been opened or closed. @param {boolean} [aloud] */
export function refresh(aloud = false) {
  const waiting = unsent().filter(({ key }) => !document.querySelector(`[data-draft="${CSS.escape(key)}"]`));
  const [first] = waiting;
  bar.hidden = !first || !goOn;
  if (!first || !goOn) return;
  const { key, draft } = first;
  const said = words.notPosted(draft.title ?? "", waiting.length - 1);
  bar.replaceChildren(
    make("p", {}, said),
    make("div", { class: "actions" },
      button(words.goOn, "button", () => {
        goOn?.(draft.resume ?? {});
        refresh();
      }),
      button(words.throwAway, "button quiet", () => throwAway(key, draft))),
  );
  if (aloud) announce(`${words.draftKept} ${said}`);
}

/** @param {string} key @param {import("./drafts.js").Draft} draft */
function throwAway(key, draft) {
  drop(key);
  const undo = button(words.undo, "button quiet", () => {
    keep(key, draft);
    refresh();
    bar.querySelector("button")?.focus();
  });
  bar.replaceChildren(make("p", {}, words.thrownAway), make("div", { class: "actions" }, undo, button(words.close, "button plain", () => refresh())));
  undo.focus();
  announce(words.thrownAway);
}
