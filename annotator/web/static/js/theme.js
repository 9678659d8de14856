/** Sets the theme that the reader chose. It runs before the first paint, so it is not a module. */
(() => {
  const KEY = "annotator-theme";
  const root = document.documentElement;
  root.classList.add("scripted");
  let chosen = "";
  try {
    chosen = localStorage.getItem(KEY) ?? "";
    root.classList.toggle("plain", localStorage.getItem("annotator:plain") !== null);
  } catch {
    // Without storage, the system's theme is used.
  }
  const show = () => {
    if (chosen) root.dataset["theme"] = chosen;
    else delete root.dataset["theme"];
  };
  show();
  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=theme]"))) {
      choice.checked = choice.value === chosen;
      choice.addEventListener("change", () => {
        chosen = choice.value;
        show();
        try {
          localStorage.setItem(KEY, chosen);
        } catch {
          // The setting lasts as long as the page.
        }
      });
    }
  });
})();
