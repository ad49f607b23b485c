"""What a student does with view 6: choosing, painting with the mouse, with the keys."""

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from cnn_course.views.lenet_at_work import CELL, TOP, WIDTH

TITLE = "LeNet at work"


def pixels(view):
    """Return what is painted on the sheet."""
    href = view.part("sheet:").locator("image").get_attribute("href")
    data = base64.b64decode(href.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def stroke(view, *points):
    """Draw with the mouse through points (column, row), in pixels of the sheet."""
    box = view.picture.bounding_box()  # the sheet itself is drawn anew
    zoom, mouse = min(box["width"] / WIDTH, 1), view.page.mouse
    for i, (x, y) in enumerate(points):
        right, down = 1 + CELL * (x + 0.5), TOP + CELL * (y + 0.5)
        steps = 8 if i else 1  # what is measured begins with the first move
        mouse.move(box["x"] + zoom * right, box["y"] + zoom * down, steps=steps)
        if not i:
            mouse.down()
    mouse.up()


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("picture 0, labelled")
    view.slide("picture")
    view.says("picture 1, labelled")
    view.answers(("picture", "two", "picture: type a whole number"))
    view.type("picture", "0")
    view.says("picture 0, labelled")
    check_maps(view)

    view.part("paint:2").click()  # black: erase its middle
    garment = pixels(view)
    stroke(view, (4, 14), (24, 14))
    view.says("your drawing; ")
    assert (pixels(view) <= garment).all()
    view.part("begin:1").click()
    view.says("picture 0, labelled")
    assert (pixels(view) == garment).all()
    check_keys(view)

    view.part("begin:0").click()
    view.says("nothing drawn yet")
    view.part("paint:0").click()

    def one(i):
        stroke(view, (3, 5 + i), (24, 5 + i))

    record_latency(f"{TITLE}, a stroke", view.latencies(one))
    # The last stroke may not have come to its end.
    told = "not all of these lines are whole"
    view.waits(lambda: (pixels(view)[5:20, 3:25] > 250).all(axis=1), np.all, told)


def check_maps(view):
    """A map is enlarged while the pointer is over it, or while it has the focus."""
    lit = view.picture.locator(".when-lit.lit")
    view.hover("[data-shows]")
    expect(lit).to_be_visible()
    expect(lit).to_contain_text("map 1 of convolution")
    view.picture.locator("[data-shows]").nth(43).focus()
    expect(lit).to_contain_text("map 16 of average pooling")
    view.page.mouse.move(0, 0)


def check_keys(view):
    """One pixel for each paint, without a mouse; other keys reach no cell."""
    view.part("begin:0").click()
    view.says("nothing drawn yet")
    view.part("paint:0").click()
    cells = view.page.locator(".jp-Cell").count()
    view.keys("sheet:", *["ArrowLeft", "ArrowUp"] * 28, "Enter", "x", "d", "d", "a")
    view.says("your drawing; ")
    assert np.argwhere(pixels(view) == 255).tolist() == [[0, 0]]
    assert view.page.locator(".jp-Cell").count() == cells
    view.page.keyboard.press("Tab")
    expect(view.part("sheet:")).not_to_be_focused()
