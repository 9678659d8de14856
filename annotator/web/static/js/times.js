/** Times within a day as "5 minutes ago"; the exact time is in their title, as the server wrote it. */

const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([["hour", 3_600_000], ["minute", 60_000]]);
const DAY = 24 * 3_600_000; // ms
const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

/** Write the recent times of a page or a fragment. @param {ParentNode} place */
export function relate(place) {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (place.querySelectorAll("time[title]"))) {
    const passed = Date.now() - Date.parse(time.dateTime);
    if (!(passed >= 0 && passed < DAY)) continue;
    const [unit, length] = UNITS.find(([, each]) => passed >= each) ?? ["second", DAY];
    time.textContent = format.format(-Math.floor(passed / length), unit);
  }
}

relate(document);
setInterval(relate, 60_000, document);
