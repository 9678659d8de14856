/** Light or dark as the reader has chosen; runs before the page is drawn, so it is not a module. */
(() => {
  const KEY = "annotator-theme";
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    const chosen = localStorage.getItem(KEY);
    if (chosen === "dark" || chosen === "light") root.dataset["theme"] = chosen;
  } catch {
    // Without storage the system's choice holds.
  }

  const isDark = () => (root.dataset["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("button.theme");
    if (!button) return;
    button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      root.dataset["theme"] = isDark() ? "light" : "dark";
      button.setAttribute("aria-pressed", String(isDark()));
      try {
        localStorage.setItem(KEY, root.dataset["theme"]);
      } catch {
        // The choice holds for this page.
      }
    });
  });
})();
