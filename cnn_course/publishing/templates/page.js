// The other theme holds on the next page as well, where the browser may keep it.
const root = document.documentElement;
try { if (localStorage.theme) root.dataset.theme = localStorage.theme; } catch { /* none */ }
addEventListener("click", ({ target }) => {
  if (target.id !== "theme") return;
  otherTheme();
  try { localStorage.theme = root.dataset.theme; } catch { /* this page only */ }
});
