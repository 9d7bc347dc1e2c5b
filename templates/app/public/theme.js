// Runs before the page is painted, so that a theme that was chosen does not flash. No module: modules come later.
{
  const KEY = "playground-theme";

  const remembered = () => {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system"; // storage is switched off
    }
  };

  const choose = (theme) => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // then it holds for this visit
    }
  };

  document.documentElement.dataset.theme = remembered();
  document.addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll("input[name=theme]")) {
      radio.checked = radio.value === document.documentElement.dataset.theme;
      radio.addEventListener("change", () => choose(radio.value));
    }
  });
}
