// One slide at a time, as large as the window allows; without it all stand in a column.
const WIDTH = 1280, HEIGHT = 720;
const main = document.querySelector("main");
const footer = document.querySelector("footer");
const notes = document.querySelector("#notes");
const slides = [...document.querySelectorAll("main > section > section")];
const steps = slides.map(slide => [...slide.querySelectorAll(".fragment")]);
let at = 0, step = 0;

function show(slide, shown) {
  at = Math.min(Math.max(slide, 0), slides.length - 1);
  step = Math.min(Math.max(shown, 0), steps[at].length);
  slides.forEach((each, i) => each.classList.toggle("shown", i === at));
  steps[at].forEach((each, i) => each.classList.toggle("later", i >= step));
  footer.querySelector("output").textContent = `${at + 1} / ${slides.length}`;
  footer.querySelector("span").hidden = at > 0;
  const said = [...slides[at].querySelectorAll("aside.notes")].map(each => each.innerHTML);
  notes.innerHTML = said.join("") || "<p>No notes on this slide.</p>";
  history.replaceState(null, "", `#${at + 1}` + (step ? `.${step}` : ""));
  slides[at].focus({preventScroll: true});
}

function next() {
  if (step < steps[at].length) show(at, step + 1);
  else if (at + 1 < slides.length) show(at + 1, 0);
}

function back() {
  if (step > 0) show(at, step - 1);
  else if (at > 0) show(at - 1, Infinity);
}

function goToHash() {
  const [slide, shown] = location.hash.slice(1).split(".").map(Number);
  show((slide || 1) - 1, shown || 0);
}

function fit() {
  const height = innerHeight * (notes.hidden ? 1 : 0.75);
  const scale = Math.min(innerWidth / WIDTH, height / HEIGHT);
  const left = (innerWidth - scale * WIDTH) / 2, top = (height - scale * HEIGHT) / 2;
  main.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
}

const keys = {
  ArrowRight: next, ArrowDown: next, PageDown: next, Enter: next, " ": next,
  ArrowLeft: back, ArrowUp: back, PageUp: back, Backspace: back,
  Home: () => show(0, 0), End: () => show(slides.length - 1, Infinity),
  n: () => { notes.hidden = !notes.hidden; fit(); }, p: () => print(),
};
addEventListener("keydown", event => {
  const onLink = event.key === "Enter" && event.target.closest("a");
  if (event.ctrlKey || event.altKey || event.metaKey || onLink) return;
  const act = event.key === " " && event.shiftKey ? back : keys[event.key];
  if (act) { event.preventDefault(); act(); }
});
addEventListener("click", event => {
  if (event.target.closest("a")) return;
  if (event.clientX > 0.9 * innerWidth) next();
  else if (event.clientX < 0.1 * innerWidth) back();
});
let touch = 0;
addEventListener("touchstart", event => { touch = event.touches[0].clientX; });
addEventListener("touchend", event => {
  const moved = event.changedTouches[0].clientX - touch;
  if (Math.abs(moved) > 60) (moved < 0 ? next : back)();
});
addEventListener("resize", fit);
addEventListener("hashchange", goToHash);

slides.forEach((slide, i) => {
  slide.tabIndex = -1;
  slide.setAttribute("aria-label", `Slide ${i + 1} of ${slides.length}`);
});
main.append(footer);
document.documentElement.classList.add("live");
fit();
goToHash();
