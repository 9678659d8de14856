/** Shows times within a day as "5 minutes ago"; their title has the exact time. */

const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([["hour", 3_600_000], ["minute", 60_000]]);
const DAY = 24 * 3_600_000; // ms
const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

/** Make the recent times of a page or a fragment relative. @param {ParentNode} place */
export function showRelativeTimes(place) {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (place.querySelectorAll("time[title]"))) {
    const elapsed = Date.now() - Date.parse(time.dateTime);
    if (!(elapsed >= 0 && elapsed < DAY)) continue;
    const [unit, length] = UNITS.find(([, each]) => elapsed >= each) ?? ["second", DAY];
    time.textContent = format.format(-Math.floor(elapsed / length), unit);
  }
}

showRelativeTimes(document);
setInterval(showRelativeTimes, 60_000, document);
