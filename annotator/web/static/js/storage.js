/** Stores settings and drafts in this browser, as JSON. Without storage, they last as long as the page. */

const PREFIX = "annotator:";

/** @typedef {"localStorage" | "sessionStorage"} Area */

/** @param {string} name @param {Area} [area] @returns {any} the value, or null */
export function getStored(name, area = "localStorage") {
  try {
    return JSON.parse(window[area].getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/** Store a value; return whether that succeeded. @param {string} name @param {unknown} value null removes it @param {Area} [area] */
export function store(name, value, area = "localStorage") {
  try {
    if (value === null) window[area].removeItem(PREFIX + name);
    else window[area].setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false; // full or disabled
  }
}

/** List the stored names with a prefix. @param {string} prefix */
export function listNames(prefix) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX + prefix));
    return names.map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}
