// The other theme goes along to the next page in its address; nothing is kept anywhere.
const root = document.documentElement;
const [, chosen] = /^\?(dark|light)$/.exec(location.search) ?? [];
if (chosen) root.dataset.theme = chosen;
addEventListener("click", ({ target }) => {
  if (target.id === "theme") otherTheme();
  const link = target.closest("a:not([href^='#'], [href*=':'])");
  if (link && root.dataset.theme) link.search = root.dataset.theme;
});
