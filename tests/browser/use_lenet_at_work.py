"""What a student does with view 6: choosing, painting with the mouse, with the keys."""

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from cnn_course.views.lenet_at_work import CELL, TOP, WIDTH

TITLE = "LeNet at work"


class Sheet:
    """The sheet in the view's picture, as the kernel has painted it."""

    def __init__(self, view):
        self.view, self.page = view, view.page

    @property
    def image(self):
        return self.view.part("sheet:").locator("image")

    def pixels(self):
        data = base64.b64decode(self.image.get_attribute("href").partition(",")[2])
        return np.asarray(Image.open(io.BytesIO(data))).astype(int)

    def waits(self, holds):
        """Wait until holds(pixels)."""
        for _ in range(50):
            if holds(self.pixels()):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not painted as expected: {self.pixels().tolist()}")

    def stroke(self, *points):
        """Draw with the mouse through points (column, row), in pixels of the sheet."""
        box = self.view.picture.bounding_box()  # the sheet itself is drawn anew
        zoom = min(box["width"] / WIDTH, 1)
        places = [
            (
                box["x"] + zoom * (1 + CELL * (x + 0.5)),
                box["y"] + zoom * (TOP + CELL * (y + 0.5)),
            )
            for x, y in points
        ]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=8)
        self.page.mouse.up()


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    sheet = Sheet(view)
    view.says("picture 0, labelled")
    view.slide("picture")
    view.says("picture 1, labelled")
    view.type("picture", "0")
    view.says("picture 0, labelled")
    check_maps(view)

    view.part("paint:2").click()  # black: erase its middle
    garment = sheet.pixels()
    sheet.stroke((4, 14), (24, 14))
    view.says("your drawing; ")
    sheet.waits(lambda now: (now <= garment).all() and (now < garment).any())
    view.part("begin:1").click()
    view.says("picture 0, labelled")
    sheet.waits(lambda now: (now == garment).all())

    view.part("begin:0").click()
    view.says("nothing drawn yet")
    view.part("paint:0").click()
    for stroke in SMILEY:
        sheet.stroke(*stroke)
    view.says("your drawing; ")
    sheet.waits(lambda now: now[19, 13] == 255 and not now[14, 14])
    check_keys(view, sheet)
    check_messages(view)
    view.part("begin:0").click()
    view.says("nothing drawn yet")
    view.part("paint:0").click()

    def stroke(i):
        sheet.stroke((3, 5 + i), (24, 5 + i))

    record_latency(f"{TITLE}, a stroke", view.latencies(stroke))
    sheet.waits(lambda now: (now[5:20, 3:25] > 250).all())


ANGLES = np.linspace(0, 2 * np.pi, 12)
SMILEY = [
    [(13.5 + 10 * np.cos(a), 13.5 + 10 * np.sin(a)) for a in ANGLES],
    [(10, 10), (10, 11)],
    [(17, 10), (17, 11)],
    [(9, 17), (13, 19), (18, 17)],
]


def check_maps(view):
    """A map is enlarged while the pointer is over it, or while it has the focus."""
    lit = view.picture.locator(".when-lit.lit")
    view.hover("[data-shows]")
    expect(lit).to_be_visible()
    expect(lit).to_contain_text("map 1 of convolution")
    view.picture.locator("[data-shows]").nth(43).focus()
    expect(lit).to_contain_text("map 16 of average pooling")
    view.page.mouse.move(0, 0)


def check_keys(view, sheet):
    """One pixel for each paint, without a mouse; the arrows do not leave the sheet."""
    view.part("begin:0").click()
    view.says("nothing drawn yet")
    view.keys("sheet:", *["ArrowLeft", "ArrowUp"] * 28, "Enter")
    sheet.waits(lambda now: np.argwhere(now == 255).tolist() == [[0, 0]])
    view.keys("paint:1", "Enter")
    view.keys("sheet:", "ArrowRight", "ArrowRight", "ArrowDown", "Space")
    sheet.waits(lambda now: now[1, 2] == 128)
    view.keys("paint:2", "Enter")
    view.keys("sheet:", "ArrowLeft", "ArrowLeft", "ArrowUp", "Space")
    sheet.waits(lambda now: now[0, 0] == 0)
    cells = view.page.locator(".jp-Cell").count()
    view.keys("sheet:", "x", "d", "d", "a", "b")
    view.says("your drawing; ")
    assert view.page.locator(".jp-Cell").count() == cells
    view.page.keyboard.press("Tab")
    expect(view.part("sheet:")).not_to_be_focused()


def check_messages(view):
    view.answers(
        ("picture", "two", "picture: type a whole number"),
        ("picture", "", "got nothing"),
        ("picture", "70000", "picture: type a whole number, from 0"),
        ("picture", "3", None),
    )
