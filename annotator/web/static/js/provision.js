/** The page of a provision: highlights, and the form for selected words. */

import { createAnnotation, meta, viewer } from "./api.js";
import { copyCitation } from "./citations.js";
import { announce } from "./elements.js";
import { addComment } from "./highlights.js";
import { applyHighlightSettings, repaint } from "./marks.js";
import { finishPainting } from "./initial_highlights.js";
import { completeTags } from "./tag_completion.js";
import { setUpToolbar } from "./toolbar.js";
import { words } from "./words.js";

const text = document.getElementById("_text");
if (text) start(text);

/** @param {HTMLElement} text */
function start(text) {
  const painted = finishPainting(text);
  const map = painted.map;
  let segments = painted.segments;
  applyHighlightSettings(() => repaint(map, segments));
  const form = document.querySelector("form.compose");
  if (form instanceof HTMLFormElement) completeTags(form, text.dataset["document"] ?? "");
  setUpToolbar(map, {
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
        await createAnnotation({ document: slug, edition, target, body: null, motivation: "highlighting" });
        segments = addComment(segments, target.start, target.end);
        repaint(map, segments);
        announce(words.highlighted);
      } catch (error) {
        announce(error instanceof Error ? error.message : words.failed);
      }
    },
  });
}

function signIn() {
  location.assign(`${meta("sign-in")}?next=${encodeURIComponent(location.pathname)}`);
}
