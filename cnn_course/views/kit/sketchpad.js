// A sheet of 28×28 grey pixels to draw on: by mouse, finger or pen, or by keyboard.
const SIDE = 28;
const GREYS = [255, 128, 0]; // white, grey, black
const PAUSE = 60; // ms between two messages to the kernel while a stroke is drawn
const ACROSS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const STEPS = { ...ACROSS, ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELP =
  "drawing of 28 by 28 pixels, white on black. Arrow keys move the brush, " +
  "space or Enter paints, Shift with an arrow key draws a line.";

function render({ model, el }) {
  el.innerHTML = '<div class="cnn-sheet"><canvas></canvas><div></div></div>';
  const [canvas, ring] = el.firstChild.children;
  canvas.width = canvas.height = SIDE;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", HELP);
  canvas.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys
  const context = canvas.getContext("2d");
  const pixels = new Uint8Array(SIDE * SIDE);
  let before = null; // the pixels when the stroke began; null while there is none
  let cover = null; // the share of each pixel that the stroke has covered
  let [x, y] = [14, 14]; // of the brush; whole numbers are the middles of pixels
  let [sent, timer] = [0, null];

  function show() {
    const image = context.createImageData(SIDE, SIDE);
    pixels.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
    context.putImageData(image, 0, 0);
  }

  function moveTo(column, row) {
    [x, y] = [column, row];
    const place = { x, y, brush: model.get("brush") };
    for (const name in place) ring.style.setProperty(`--${name}`, place[name]);
  }

  function paint() {
    const [radius, ink] = [model.get("brush") / 2, GREYS[model.get("paint")]];
    for (let i = 0; i < pixels.length; i++) {
      const distance = Math.hypot((i % SIDE) - x, Math.floor(i / SIDE) - y);
      cover[i] = Math.max(cover[i], Math.min(radius + 0.5 - distance, 1));
      pixels[i] = Math.round(before[i] + (ink - before[i]) * cover[i]);
    }
  }

  function send() {
    clearTimeout(timer);
    [sent, timer] = [performance.now(), null];
    model.set("picture", new DataView(pixels.slice().buffer));
    model.save_changes();
  }

  function lineTo(column, row) {
    const [fromX, fromY] = [x, y];
    const steps = Math.ceil(2 * Math.hypot(column - x, row - y)) || 1;
    for (let i = 1; i <= steps; i++) {
      const part = i / steps;
      moveTo(fromX + part * (column - fromX), fromY + part * (row - fromY));
      paint();
    }
    show();
    timer ??= setTimeout(send, Math.max(sent + PAUSE - performance.now(), 0));
  }

  function begin() {
    [before, cover] = [pixels.slice(), new Float32Array(pixels.length)];
    lineTo(x, y);
  }

  function end() {
    if (before) send();
    before = null;
  }

  function pointed(event) {
    const { left, top, width } = canvas.getBoundingClientRect();
    const pixel = (distance) => (distance * SIDE) / width - 0.5;
    return [pixel(event.clientX - left), pixel(event.clientY - top)];
  }

  canvas.onpointerdown = (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId); // a stroke may leave the sheet
    moveTo(...pointed(event));
    begin();
  };
  canvas.onpointermove = (event) => {
    if (event.isPrimary) (before ? lineTo : moveTo)(...pointed(event));
  };
  canvas.onpointerup = canvas.onpointercancel = end;
  canvas.onkeydown = (event) => {
    const step = STEPS[event.key] ?? ([" ", "Enter"].includes(event.key) && [0, 0]);
    if (!step) return;
    event.preventDefault(); // the page must not scroll
    const inside = (at) => Math.min(Math.max(Math.round(at), 0), SIDE - 1);
    const to = [inside(x + step[0]), inside(y + step[1])];
    if (event.key in STEPS && !event.shiftKey) return moveTo(...to);
    begin();
    lineTo(...to);
    end();
  };

  function receive() {
    if (before) return; // what is being drawn is newer than what comes back
    const { buffer, byteOffset, byteLength } = model.get("picture");
    pixels.set(new Uint8Array(buffer, byteOffset, Math.min(byteLength, pixels.length)));
    show();
  }
  model.on("change:picture", receive);
  model.on("change:brush", () => moveTo(x, y));
  receive();
  moveTo(x, y);
}

export default { render };
