/** Polls for new comments and editions while the tab is visible, and offers to show them. */

import { getState } from "./api.js";
import { announce, button, make } from "./elements.js";
import { setNotice } from "./notices.js";
import { words } from "./words.js";

const INTERVAL = 25_000; // ms
const MAX_INTERVAL = 300_000; // ms, after repeated failures
const MIN_INTERVAL = 5_000; // ms

/**
 * @typedef {object} PolledPage
 * @property {string} document
 * @property {string} edition
 * @property {boolean} newest whether it was the newest edition when the page was loaded
 * @property {string} since the time of the latest comment on the page, or empty
 * @property {() => Promise<void>} show updates the page
 * @property {() => string} currentId the id of the place that is being read
 */

/** @param {PolledPage} page */
export function startPolling(page) {
  let { since } = page;
  let interval = INTERVAL;
  let lastPoll = Date.now();
  /** @type {number | undefined} */
  let timer;

  async function poll() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      lastPoll = Date.now();
      try {
        showNews(await getState(page.document, page.edition, since || new Date(0).toISOString()));
        interval = INTERVAL;
      } catch {
        interval = Math.min(2 * interval, MAX_INTERVAL);
      }
    }
    timer = setTimeout(poll, interval);
  }

  /** @param {State} found */
  function showNews({ new: total, latest, newest }) {
    if (page.newest && newest !== page.edition) showNewEdition(page, newest);
    if (!total) return setNotice("news");
    const showButton = button(words.newComments(total), "button", () => void show(total, latest ?? since));
    showButton.dataset["said"] = "";
    setNotice("news", showButton);
  }

  /** @param {number} total @param {string} latest */
  async function show(total, latest) {
    try {
      await page.show();
    } catch (error) {
      return announce(error instanceof Error ? error.message : words.failed);
    }
    since = latest;
    setNotice("news");
    announce(words.commentsShown(total));
  }

  timer = setTimeout(poll, INTERVAL);
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - lastPoll > MIN_INTERVAL) void poll();
  });
  addEventListener("online", () => void poll());
  return { poll };
}

/** Link to the same place in a new edition. @param {PolledPage} page @param {string} newest */
function showNewEdition(page, newest) {
  const link = make("a", { href: `/d/${encodeURIComponent(page.document)}@${encodeURIComponent(newest)}` }, words.newestPlace);
  link.addEventListener("click", () => {
    link.hash = page.currentId();
  });
  setNotice("newer", make("span", {}, words.newerEdition(newest, page.edition)), " ", link);
}
