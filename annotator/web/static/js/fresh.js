/** Fetches the page as the server has it now, and reads its counts and highlights; no script in it runs. */

import { ApiError } from "./api.js";
import { blockOf, countOf } from "./counts.js";
import { words } from "./words.js";

/** @param {string} document_ @param {string} edition @returns {Promise<{segments: number[], provisions: {pid: string, remarks: number}[]}>} */
export async function commentary(document_, edition) {
  let html;
  try {
    const answer = await fetch(`/d/${encodeURIComponent(document_)}@${encodeURIComponent(edition)}`, { credentials: "same-origin" });
    if (!answer.ok) throw new ApiError(answer.status, "", words.failed);
    html = await answer.text();
  } catch (fault) {
    throw fault instanceof ApiError ? fault : new ApiError(0, "network", words.unreachable);
  }
  const page = new DOMParser().parseFromString(html, "text/html");
  const controls = [...page.querySelectorAll("#_text a.n")];
  return {
    segments: JSON.parse(page.getElementById("_highlights")?.textContent || "[]"),
    provisions: controls.map((control) => ({ pid: blockOf(control)?.id ?? "", remarks: countOf(control) })),
  };
}
