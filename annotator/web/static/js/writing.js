/** Offers the form for one more comment, on the words or the provision that the panel shows. */

import { create, viewer } from "./api.js";
import { chooseWords, shorten } from "./target_picker.js";
import { compose, signInFirst } from "./compose.js";
import { kept } from "./drafts.js";
import { button } from "./elements.js";
import { words } from "./words.js";

/** @typedef {import("./api.js").Annotation} Annotation */
/** @typedef {import("./conversation.js").View} View */

/**
 * @typedef {object} Around what is around the form
 * @property {import("./conversation.js").Page} page
 * @property {HTMLElement} quote where the chosen words are shown
 * @property {() => void} shut
 * @property {(item: Annotation) => void} posted
 */

const SHOWN_OF_WORDS = 60;

/** @param {Around} around @param {View} view @param {HTMLElement} place @param {boolean} now whether it is wanted at once */
export function offerForm(around, view, place, now) {
  const { target, provision } = view;
  if (!target && !provision) return;
  const start = button(words.commentOn(provision?.name ?? ""), "button quiet", show);
  const close = () => {
    if (target) return around.shut();
    around.quote.textContent = "";
    view.chosen = null;
    around.page.speakOf(null);
    place.replaceChildren(start);
    start.focus();
  };
  function show() {
    const resume = target ? { target } : { ...provision };
    if (viewer()) {
      const form = newComment(around, view, resume, close, () => place.replaceChildren(...(provision ? [start] : [])));
      place.replaceChildren(form);
    } else {
      place.replaceChildren(signInFirst(resume));
    }
    place.querySelector("textarea")?.focus({ preventScroll: true });
  }
  if (now) show();
  else place.replaceChildren(start);
}

/** @param {Around} around @param {View} view @param {object} resume @param {() => void} cancel @param {() => void} done */
function newComment(around, view, resume, cancel, done) {
  const { page, quote } = around;
  const { document, edition } = page;
  const what = view.target ? `${view.target.start}-${view.target.end}` : (view.provision?.pid ?? "");
  const key = `${document}@${edition}:${what}`;
  const left = kept(key)?.span ?? undefined;
  /** @param {import("./extend_range.js").Span} span */
  const speakOf = (span) => {
    view.chosen = span;
    page.speakOf(span);
  };
  const choice = chooseWords({ map: page.map, longest: page.longest, speakOf, quote }, view, left);
  return compose({
    key,
    title: view.provision?.name ?? `“${shorten(view.target?.exact ?? "", SHOWN_OF_WORDS)}”`,
    label: words.yourComment,
    action: words.post,
    tags: document,
    choice,
    resume,
    cancel,
    send: async ({ body, tags, once }) => {
      const draft = { document, edition, target: choice.target(), body, tags, motivation: "commenting" };
      const item = await create(draft, once);
      view.chosen = null;
      if (view.provision) quote.textContent = "";
      done();
      around.posted(item);
    },
  });
}
