"""JupyterLab in a real Chromium, as the README starts it, and a student's hands."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = ROOT / "notebooks"
LAUNCH = dict(
    headless=True,
    viewport={"width": 1280, "height": 1000},
    args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
)
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
)
# One screen further down, and from the end back to the top.
SCROLL = """() => {
  const panel = document.querySelector(
    '.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer');
  const before = panel.scrollTop;
  panel.scrollBy(0, panel.clientHeight / 2);
  if (panel.scrollTop <= before) panel.scrollTo(0, 0);
}"""
# From a key or a button pressed to the next picture, by the page's clock.
LATENCY = """picture => new Promise((done, fail) => {
  let since = null;
  const press = () => { since ??= performance.now(); };
  for (const begin of ['keydown', 'pointerdown', 'pointermove'])
    document.addEventListener(begin, press, {capture: true, once: true});
  new MutationObserver((_, observer) => {
    if (since === null) return;
    observer.disconnect();
    done(performance.now() - since);
  }).observe(picture, {childList: true});
  setTimeout(() => fail(new Error('no new picture in 5 s')), 5000);
})"""


def chromium():
    """Return the path of a Chromium or Chrome on this machine, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextlib.contextmanager
def server(folder):
    """Run JupyterLab; yield (address, token)."""
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--expose-app-in-browser"]
    command += [f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={folder / 'course'}"]
    environment = os.environ | {
        "CNN_COURSE_DATA": "built-in",
        "CNN_COURSE_BUDGET": "test",
        "CNN_COURSE_STATE": str(folder / "state"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    environment.pop("OMP_WAIT_POLICY", None)  # our extension of the server sets it
    with open(folder / "lab.log", "w") as log:
        lab = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(240):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{address}/api/status?token={token}")
                    break
                time.sleep(0.25)
            yield address, token
        finally:
            lab.terminate()
            lab.wait(20)


class Notebook:
    """One notebook, open in a page of its own kernel."""

    def __init__(self, page, address, token, path):
        self.page, self.address, self.token, self.path = page, address, token, path
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(f"page: {error}"))
        page.on("console", self._console)
        self.load()

    def _console(self, message):
        if message.type == "error":
            place = message.location.get("url", "")
            self.errors.append(f"console: {message.text} {place}")

    def load(self):
        """Open the notebook, as saved, and wait for its kernel."""
        url = f"{self.address}/lab/tree/{self.path.name}?token={self.token}&reset"
        self.page.goto(url)
        self.idle(120)

    def idle(self, seconds):
        status = self.page.locator(".jp-StatusBar-TextItem").filter(has_text="| Idle")
        status.wait_for(timeout=1000 * seconds)

    def command(self, name, **arguments):
        self.page.evaluate(
            "async ([name, arguments]) => {"
            "await window.jupyterapp.commands.execute(name, arguments) }",
            [name, arguments],
        )

    def begin(self, name):
        """Execute a command, and do not wait for its end."""
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name) }", name)

    def run_all(self, seconds=300):
        """Run all cells and wait until the last of them has a number."""
        self.command("notebook:run-all-cells")
        self.page.wait_for_timeout(500)
        self.idle(seconds)

    def save(self):
        """Save, and return the notebook as the file now holds it."""
        before = self.path.stat().st_mtime_ns
        self.command("docmanager:save")
        for _ in range(100):
            if self.path.stat().st_mtime_ns != before:
                break
            self.page.wait_for_timeout(100)
        return json.loads(self.path.read_text(encoding="utf-8"))

    def shown_pictures(self, expected):
        """Scroll until `expected` saved pictures were shown; return how many were."""
        images = self.page.locator(".jp-OutputArea-output img")
        for _ in range(60):  # cells are drawn when they come near the screen
            self.page.evaluate(SCROLL)
            self.page.wait_for_timeout(100)
            if images.count() >= expected:
                break
        for image in images.all():
            image.scroll_into_view_if_needed()
            assert image.evaluate("image => image.complete && image.naturalWidth > 0")
        return images.count()

    def shut_down(self):
        """End every kernel, so that a reopened notebook has nothing alive."""
        url = f"{self.address}/api/sessions?token={self.token}"
        for session in json.load(urllib.request.urlopen(url)):
            gone = f"{self.address}/api/sessions/{session['id']}?token={self.token}"
            urllib.request.urlopen(urllib.request.Request(gone, method="DELETE"))

    def view(self, title):
        return LiveView(self.page, title)


class LiveView:
    """One interactive view, found by its title."""

    def __init__(self, page, title, within=None):
        self.page = page
        views = (within or page).locator(".cnn-view")
        self.box = views.filter(has=page.get_by_text(title)).first
        self.box.scroll_into_view_if_needed(timeout=20_000)

    def type(self, label, text):
        """Fill the text field of a `Number`, by its label."""
        self.box.get_by_title(f"{label}, typed", exact=True).fill(text)

    def slide(self, label, key="ArrowRight", times=1):
        row = self.box.locator(".widget-slider").filter(
            has=self.page.get_by_text(label, exact=True)
        )
        row.locator(".noUi-handle").focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def upload(self, at, name, content):
        """Press an element, and choose a file with this name and these bytes."""
        with self.page.expect_file_chooser() as chooser:
            self.part(at).click()
        file = {"name": name, "mimeType": "image/png", "buffer": content}
        chooser.value.set_files(file)

    @property
    def picture(self):
        return self.box.locator(".cnn-picture")

    def part(self, at):
        """An element of the picture, by its data-at."""
        return self.picture.locator(f'[data-at="{at}"]').first

    def hover(self, selector):
        """Point at the middle of the first element that a selector names."""
        self.picture.locator(selector).first.hover()

    def drag(self, at, right, down):
        """Press an element, and let go that many pixels to the right and down."""
        box, mouse = self.part(at).bounding_box(), self.page.mouse
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + right / 2, y + down / 2)
        mouse.move(x + right, y + down)
        mouse.up()

    def keys(self, at, *keys):
        """Press keys on an element of the picture."""
        self.part(at).focus()
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def label(self):
        """What the picture says to a screen reader."""
        return self.picture.locator("svg").first.get_attribute("aria-label")

    def says(self, words, seconds=10):
        """Wait until `words`, a text or a compiled pattern, stand in the label."""
        found = words if hasattr(words, "search") else re.compile(re.escape(words))
        told = f"{words!r} is not in the label"
        self.waits(lambda: self.label, found.search, told, seconds)

    def waits(self, look, right, told, seconds=10):
        """Wait until right(look()); fail with what is `told` and was seen last."""
        until = time.monotonic() + seconds
        while not right(seen := look()):
            assert time.monotonic() < until, f"{told}: {seen!r}"
            self.page.wait_for_timeout(50)

    def complains(self, text):
        """Wait until the view says in a message, with `text` in it, what is wrong."""
        message = self.box.locator(".cnn-message").filter(has_text=text)
        message.wait_for(timeout=10_000)

    def fine(self):
        """Wait until no message is left."""
        self.box.locator(".cnn-message").wait_for(state="detached", timeout=10_000)

    def answers(self, *entries):
        """Type into fields: (label, text, words of the complaint or None if none)."""
        for label, text, words in entries:
            self.type(label, text)
            self.complains(words) if words else self.fine()

    def latencies(self, act, times=15):
        """Do `act(i)`, a key press or stroke, `times` times; return the milliseconds.

        From the first press to the changed picture, as the page sees it.
        """
        measured = []
        for i in range(times):
            start = f"picture => {{ window.waiting = ({LATENCY})(picture) }}"
            self.picture.evaluate(start)
            act(i)
            measured.append(self.page.evaluate("() => window.waiting"))
            self.page.wait_for_timeout(150)
        return measured
