/** Keeps a reader's own choices and words in this browser; where it keeps nothing, they hold for the page. */

const PREFIX = "annotator:";

/** @typedef {"localStorage" | "sessionStorage"} Store */

/** @param {string} name @param {Store} [store] @returns {any} what was kept, or null */
export function recall(name, store = "localStorage") {
  try {
    return JSON.parse(window[store].getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/** Keep a value; tell whether that worked. @param {string} name @param {unknown} value null forgets it @param {Store} [store] */
export function remember(name, value, store = "localStorage") {
  try {
    if (value === null) window[store].removeItem(PREFIX + name);
    else window[store].setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false; // full, or closed to us
  }
}

/** List the names that begin so. @param {string} beginning */
export function remembered(beginning) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX + beginning));
    return names.map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}
