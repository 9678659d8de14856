/** On a provision's own page: shows its highlights, and puts selected words into the form below. */

import { create, meta, viewer } from "./api.js";
import { copyCitation } from "./cite.js";
import { announce } from "./elements.js";
import { add } from "./highlights.js";
import { offerMarks, repaint } from "./marks.js";
import { finishPainting } from "./painting.js";
import { completeTags } from "./tagging.js";
import { offerToolbar } from "./toolbar.js";
import { words } from "./words.js";

const text = document.getElementById("_text");
if (text) start(text);

/** @param {HTMLElement} text */
function start(text) {
  const painted = finishPainting(text);
  const map = painted.map;
  let segments = painted.segments;
  offerMarks(() => repaint(map, segments));
  const form = document.querySelector("form.compose");
  if (form instanceof HTMLFormElement) completeTags(form, text.dataset["document"] ?? "");
  offerToolbar(map, {
    cite: (target) => void copyCitation(text.dataset["document"] ?? "", text.dataset["edition"] ?? "", target),
    comment: (target) => {
      const quote = form?.querySelector("[name=quote]");
      if (!(quote instanceof HTMLTextAreaElement)) return signIn();
      quote.value = target.exact;
      /** @type {HTMLElement | null | undefined} */ (form?.querySelector("[name=body]"))?.focus();
    },
    highlight: async (target) => {
      if (!viewer()) return signIn();
      const { document: slug, edition } = text.dataset;
      try {
        await create({ document: slug, edition, target, body: null, motivation: "highlighting" });
        segments = add(segments, target.start, target.end);
        repaint(map, segments);
        announce(words.highlighted);
      } catch (fault) {
        announce(fault instanceof Error ? fault.message : words.failed);
      }
    },
  });
}

function signIn() {
  location.assign(`${meta("sign-in")}?next=${encodeURIComponent(location.pathname)}`);
}
