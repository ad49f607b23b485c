// A saved view is hovered as in JupyterLab: what a part names lights up, no kernel asked.
for (const kind of ["pointerover", "focusin"])
  addEventListener(kind, ({ target }) => {
    for (const part of document.querySelectorAll(".lit")) part.classList.remove("lit");
    const part = target.closest?.("svg [data-shows]");
    const lit = part ? part.closest("svg").querySelectorAll(part.dataset.shows) : [];
    for (const each of lit) each.classList.add("lit");
  });
