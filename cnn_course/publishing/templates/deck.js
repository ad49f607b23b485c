// One slide at a time, as large as the window allows. The presenter's window is the same
// file opened once more; the two tell each other where they are, without any network.
const [main, next, notes] = ["main", "#next", "#notes"].map((s) => document.querySelector(s));
const [clock, plan] = document.querySelector("#time").children;
const slides = [...document.querySelectorAll("article")];
const steps = slides.map((slide) =>
  Math.max(0, ...[...slide.querySelectorAll("[data-step]")].map((e) => +e.dataset.step)));
const presenting = location.hash === "#presenter" && opener !== null;
let at = 0, step = 0, began = Date.now(), other = presenting ? opener : null;

function paint(slide, step) {
  for (const words of slide.querySelectorAll(".words"))
    words.classList.toggle("later", words.dataset.step > step);
  const come = [...slide.querySelectorAll(".stage > div")];
  const seen = come.filter((each) => each.dataset.step <= step).at(-1);
  for (const each of come) each.classList.toggle("seen", each === seen);
  slide.classList.toggle("bare", !seen);
}

function show(slide, shown) {
  at = Math.min(Math.max(slide, 0), slides.length - 1);
  step = Math.min(Math.max(shown, 0), steps[at]);
  slides.forEach((each, i) => each.classList.toggle("shown", i === at));
  paint(slides[at], step);
  document.querySelector("footer output").textContent = `${at + 1} / ${slides.length}`;
  document.querySelector("footer span").hidden = at > 0;
  if (presenting) return present();
  history.replaceState(null, "", `#${at + 1}` + (step ? `.${step}` : ""));
}

function present() {
  const more = step < steps[at];
  const slide = slides[more ? at : Math.min(at + 1, slides.length - 1)].cloneNode(true);
  slide.classList.add("shown");
  paint(slide, more ? step + 1 : 0);
  next.replaceChildren(slide);
  notes.innerHTML = slides[at].querySelector("aside").innerHTML;
  plan.textContent = `this slide until ${slides[at].dataset.until} min`;
}

function go(slide, shown) {
  show(slide, shown);
  other?.postMessage({ at, step }, "*"); // a file has no origin to name
}
const forward = () => step < steps[at] ? go(at, step + 1) : at + 1 < slides.length && go(at + 1, 0);
const back = () => step > 0 ? go(at, step - 1) : at > 0 && go(at - 1, Infinity);

addEventListener("message", ({ source, data }) => {
  if (presenting ? source !== opener : source.opener !== window) return;
  if (!presenting) other = source; // after a reload as well
  if (data === "where?") other.postMessage({ at, step }, "*");
  else if (data.at !== at || data.step !== step) show(data.at, data.step);
});

function otherTheme() {
  const set = document.documentElement.dataset;
  const wanted = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  set.theme = (set.theme ?? wanted) === "dark" ? "light" : "dark";
}

function tick() {
  const seconds = Math.floor((Date.now() - began) / 1000);
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  opener.postMessage("where?", "*"); // it may have been loaded anew
}

function fit() {
  const whole = Math.min(innerWidth / 1280, innerHeight / 720);
  document.body.style.setProperty("--whole", whole);
}

const keys = {
  ArrowRight: forward, ArrowDown: forward, PageDown: forward, Enter: forward, " ": forward,
  ArrowLeft: back, ArrowUp: back, PageUp: back, Backspace: back,
  Home: () => go(0, 0), End: () => go(slides.length - 1, Infinity),
  d: otherTheme, p: () => print(),
  s: () => presenting || open(location.href.replace(/#.*/, "#presenter"), "", "popup,width=1200,height=800"),
};
addEventListener("keydown", (event) => {
  const pressed = event.key === "Enter" && event.target.closest("a, button");
  if (event.ctrlKey || event.altKey || event.metaKey || pressed) return;
  const act = event.key === " " && event.shiftKey ? back : keys[event.key];
  if (act) { event.preventDefault(); act(); }
});
addEventListener("click", (event) => {
  if (presenting || event.target.closest("a")) return;
  if (event.clientX > 0.9 * innerWidth) forward();
  else if (event.clientX < 0.1 * innerWidth) back();
});
addEventListener("resize", fit);

main.append(document.querySelector("footer"));
fit();
if (presenting) {
  document.body.classList.add("presenter");
  clock.addEventListener("click", () => { began = Date.now(); tick(); });
  setInterval(tick, 1000);
  show(0, 0);
  tick();
} else {
  const [slide, shown] = location.hash.slice(1).split(".").map(Number);
  go((slide || 1) - 1, shown || 0);
}
