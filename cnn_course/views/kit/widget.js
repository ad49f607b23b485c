// The picture of every view, live: what is under the pointer lights up here, and what
// is pressed, dragged, hovered or typed goes to the kernel, which answers with a new one.
const SLOW = 800; // ms without an answer, until the view says that the kernel is busy
const LARGEST = 10e6; // bytes of a file: a Jupyter server cuts the line at more
const KEYS = /^(Arrow\w+|Home|End|Backspace|Delete|Escape|.)$/;

function render({ model, el }) {
  const host = document.createElement("div");
  host.className = "cnn-picture";
  el.append(host);
  let waiting = []; // touches not yet sent: one message at a time is under way
  let chosen = []; // the bytes of a file among them
  let asked = false;
  let timer;
  let pressed = null; // the element's name while a finger or button is down on it
  let hovered = ""; // what the kernel was last told to be under the pointer
  let shows = null; // a selector: what is lit
  const gone = new AbortController();

  const view = () => host.closest(".cnn-view"); // with fields and buttons around
  const named = (target, name) => target?.closest?.(`[data-${name}]`)?.dataset[name];
  const find = (at) => host.querySelector(`[data-at="${CSS.escape(at)}"]`);

  function draw() {
    const focused = host.querySelector(":focus")?.dataset.at;
    host.innerHTML = model.get("svg");
    if (focused != null) find(focused)?.focus({ preventScroll: true });
    light(shows);
  }

  function light(selector) {
    shows = selector;
    for (const part of host.querySelectorAll(".lit")) part.classList.remove("lit");
    if (selector)
      for (const part of host.querySelectorAll(selector)) part.classList.add("lit");
  }

  function place(event) {
    const toPicture = host.firstElementChild.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(toPicture);
    return { x: Math.round(10 * x) / 10, y: Math.round(10 * y) / 10 };
  }

  // A press on an element with data-file lets the student choose a file; one that is too
  // large goes to the kernel without its bytes.
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    chosen = file.size <= LARGEST ? [await file.arrayBuffer()] : [];
    touch("file", chooser.name, { key: file.name });
    chooser.value = ""; // so that the same file can be chosen again
  });

  function chooseFile(at) {
    const accept = find(at)?.dataset.file;
    if (accept) Object.assign(chooser, { accept, name: at }).click();
  }

  function touch(kind, at, more) {
    // Of hovers only the last counts; of a stroke every point does.
    if (kind === "hover") waiting = waiting.filter((other) => other.kind !== "hover");
    waiting.push({ kind, at, ...more });
    send();
  }

  function send() {
    if (asked || !waiting.length) return;
    ask();
    model.send({ touches: waiting }, undefined, chosen);
    [waiting, chosen] = [[], []];
  }

  function ask() {
    asked = true;
    timer = setTimeout(() => view()?.classList.add("cnn-busy"), SLOW);
  }

  model.on("change:heard", () => {
    clearTimeout(timer);
    asked = false;
    view()?.classList.remove("cnn-busy");
    send();
  });
  model.on("change:svg", draw);

  host.addEventListener("pointerover", (event) => light(named(event.target, "shows")));
  host.addEventListener("pointerleave", () => light(null));
  host.addEventListener("focusin", (event) => light(named(event.target, "shows")));

  host.addEventListener("pointerdown", (event) => {
    const at = named(event.target, "at");
    if (at == null || !event.isPrimary || event.button !== 0) return;
    event.preventDefault(); // no text is selected, no image dragged
    find(at)?.focus({ preventScroll: true });
    host.setPointerCapture(event.pointerId); // a stroke may leave the picture
    pressed = at;
    touch("press", at, place(event));
  });
  host.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    if (pressed != null) {
      touch("drag", pressed, { ...place(event), over: named(under, "at") ?? "" });
      return;
    }
    const at = named(under, "hover");
    const what = at == null ? "" : JSON.stringify([at, place(event)]);
    if (what && what !== hovered) touch("hover", at, place(event));
    hovered = what;
  });
  host.addEventListener("pointerup", () => {
    if (pressed != null) chooseFile(pressed);
    pressed = null;
  });
  host.addEventListener("pointercancel", () => {
    pressed = null;
  });

  host.addEventListener("keydown", (event) => {
    const at = named(event.target, "at");
    if (at == null || event.ctrlKey || event.metaKey || event.altKey) return;
    const presses = event.key === "Enter" || event.key === " ";
    if (!presses && !KEYS.test(event.key)) return;
    event.preventDefault(); // the page must not scroll
    touch(presses ? "press" : "key", at, { key: event.key, shift: event.shiftKey });
    if (presses) chooseFile(at);
  });

  function around(kind, act) {
    const inside = ({ target }) => view()?.contains(target) && act(target);
    document.addEventListener(kind, inside, { signal: gone.signal });
  }
  // Else `x` would cut the cell. On what has the focus: JupyterLab looks there first.
  around("focusin", (target) => (target.dataset.lmSuppressShortcuts = "true"));
  // Fields and buttons have messages of their own. What they cause waits for the same
  // kernel, so ask it whether it listens.
  for (const kind of ["pointerup", "keyup"])
    around(kind, (target) => {
      if (asked || host.contains(target)) return;
      ask();
      model.send({ touches: [] });
    });

  draw();
  return () => {
    gone.abort();
    clearTimeout(timer);
  };
}

export default { render };
