/**
 * Follows a document while it is read: polls for new comments while the
 * tab is visible, and offers to show them.
 */

import { state } from "./api.js";
import { announce, button, make } from "./elements.js";
import { notice } from "./notices.js";
import { words } from "./words.js";

const EVERY = 25_000; // ms
const SELDOM = 300_000; // ms, after the site could not be reached for long
const SOON = 5_000; // ms within which nobody asks twice

/**
 * @typedef {object} Followed
 * @property {string} document
 * @property {string} edition
 * @property {boolean} newest whether it was the newest when the page came
 * @property {string} since the moment of the last comment that the page shows; empty without any
 * @property {() => Promise<void>} show brings the page up to date
 * @property {() => string} here the fragment of the place that is read
 */

/** @param {Followed} page */
export function follow(page) {
  let { since } = page;
  let pause = EVERY;
  let asked = Date.now();
  /** @type {number | undefined} */
  let timer;

  async function ask() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      asked = Date.now();
      try {
        tell(await state(page.document, page.edition, since || new Date(0).toISOString()));
        pause = EVERY;
      } catch {
        pause = Math.min(2 * pause, SELDOM);
      }
    }
    timer = setTimeout(ask, pause);
  }

  /** @param {State} found */
  function tell({ new: many, latest, newest }) {
    if (page.newest && newest !== page.edition) tellOfEdition(page, newest);
    if (!many) return notice("news");
    const press = button(words.newComments(many), "button", () => void show(many, latest ?? since));
    press.dataset["said"] = "";
    notice("news", press);
  }

  /** @param {number} many @param {string} latest */
  async function show(many, latest) {
    try {
      await page.show();
    } catch (fault) {
      return announce(fault instanceof Error ? fault.message : words.failed);
    }
    since = latest;
    notice("news");
    announce(words.shownNow(many));
  }

  timer = setTimeout(ask, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - asked > SOON) void ask();
  });
  addEventListener("online", () => void ask());
  return { ask };
}

/** Offer the same place in a new edition; the page stays. @param {Followed} page @param {string} newest */
function tellOfEdition(page, newest) {
  const link = make("a", { href: `/d/${encodeURIComponent(page.document)}@${encodeURIComponent(newest)}` }, words.newestPlace);
  link.addEventListener("click", () => {
    link.hash = page.here();
  });
  notice("newer", make("span", {}, words.newerEdition(newest, page.edition)), " ", link);
}
