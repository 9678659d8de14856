/** Keeps what somebody is writing until it is posted, in this tab only. */

const PREFIX = "annotator-draft:";
const RESUME = "annotator-resume";

/** @typedef {{body: string, tags: string}} Draft */

/** @param {string} key @returns {Draft | null} */
export function kept(key) {
  return read(PREFIX + key);
}

/** @param {string} key @param {Draft} draft */
export function keep(key, draft) {
  if (draft.body || draft.tags) write(PREFIX + key, draft);
  else drop(key);
}

/** @param {string} key */
export function drop(key) {
  store()?.removeItem(PREFIX + key);
}

/**
 * Remember what was about to be commented on, while its author signs in.
 * @param {string} page
 * @param {object} about
 */
export function resumeLater(page, about) {
  write(RESUME, { page, about });
}

/** Give what was remembered for this page, once. @param {string} page @returns {any} */
export function toResume(page) {
  const found = read(RESUME);
  if (found?.page !== page) return null;
  store()?.removeItem(RESUME);
  return found.about;
}

/** @param {string} key */
function read(key) {
  try {
    return JSON.parse(store()?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {object} value */
function write(key, value) {
  try {
    store()?.setItem(key, JSON.stringify(value));
  } catch {
    // The tab's storage is full or closed to us: the words stay in the form.
  }
}

function store() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
