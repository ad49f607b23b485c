"""What a student does with view 6: choosing, painting with the mouse, with the keys."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import expect

TITLE = "LeNet at work"
SHEET = """canvas => Array.from(
  canvas.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 == 0))
"""


class Sheet:
    """The canvas of the view."""

    def __init__(self, view):
        self.view, self.page = view, view.page
        self.canvas = view.box.get_by_role("application")

    def pixels(self):
        return np.array(self.canvas.evaluate(SHEET)).reshape(28, 28)

    def stroke(self, *points):
        """Draw with the mouse through points (column, row), in pixels of the sheet."""
        box = self.canvas.bounding_box()
        cell = box["width"] / 28
        corner = box["x"] + cell / 2, box["y"] + cell / 2
        places = [(corner[0] + x * cell, corner[1] + y * cell) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=8)
        self.page.mouse.up()

    def keys(self, *keys):
        self.canvas.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def arrives(self):
        """Wait until the picture shows as input what is on the sheet."""
        for _ in range(50):
            shown = Image.open(io.BytesIO(self.view.picture())).convert("L")
            # The input is drawn 24 CSS pixels below the top, 2.5 for each of its own.
            seen = np.asarray(shown)[50 : 48 + 140 : 5, 2:140:5]
            if (seen == self.pixels()).all():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("the network has not seen what is on the sheet")


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    sheet, number = Sheet(view), view.field("test picture")
    view.says("test picture 0, labelled")
    view.slide("test picture")
    view.says("test picture 1, labelled")
    sheet.arrives()
    view.choose("only class", "Ankle boot")
    view.says("labelled Ankle boot")
    first = number.input_value()
    view.press("next")
    expect(number).not_to_have_value(first)
    view.says(f"test picture {number.input_value()}, labelled Ankle boot")
    view.press("previous")
    expect(number).to_have_value(first)
    view.says(f"test picture {first}, labelled Ankle boot")

    view.press("black")  # erase its heel
    boot = sheet.pixels()
    sheet.stroke((27, 18), (22, 27))
    view.says("your drawing: ")
    sheet.arrives()
    assert (sheet.pixels() <= boot).all() and (sheet.pixels() < boot).any()
    view.press("start from test picture")
    view.says("labelled Ankle boot")
    assert (sheet.pixels() == boot).all()

    view.press("clear")
    view.says("nothing drawn yet")
    assert not sheet.pixels().any()
    view.press("white")
    sheet.stroke((4, 6), (24, 6), (14, 6), (14, 24))
    view.says("it must choose one of 10 classes, whatever you draw")
    sheet.arrives()
    assert (sheet.pixels()[6, 4:25] == 255).all() and not sheet.pixels()[24, 4]
    check_keys(view, sheet)
    check_messages(view)
    view.press("clear")
    view.says("nothing drawn yet")

    def stroke(i):
        sheet.arrives()  # the one before
        sheet.stroke((3, 5 + i), (24, 5 + i))

    record_latency(f"{TITLE}, a stroke", view.latencies(stroke))
    sheet.arrives()


def check_keys(view, sheet):
    """One pixel for each paint, without a mouse; the arrows do not leave the sheet."""
    view.press("clear")
    view.says("nothing drawn yet")
    view.slide("brush", "Home")
    sheet.keys(*["ArrowLeft", "ArrowUp"] * 28, "Enter")
    assert np.argwhere(sheet.pixels()).tolist() == [[0, 0]]
    view.press("grey")
    sheet.keys("ArrowRight", "ArrowRight", "ArrowDown", "Space")
    assert sheet.pixels()[1, 2] == 128
    view.press("black")
    sheet.keys("ArrowLeft", "ArrowLeft", "ArrowUp", "Space")
    assert np.argwhere(sheet.pixels()).tolist() == [[1, 2]]
    view.press("white")
    sheet.keys(*["Shift+ArrowDown"] * 3)
    assert (sheet.pixels()[:4, 0] == 255).all()
    assert np.count_nonzero(sheet.pixels()) == 5
    view.says("your drawing: ")
    sheet.arrives()
    sheet.keys("Tab")
    expect(sheet.canvas).not_to_be_focused()


def check_messages(view):
    view.answers(
        ("test picture", "two", "test picture: type a whole number"),
        ("test picture", "", "got nothing"),
        ("test picture", "70000", "test picture: type a whole number, from 0"),
        ("test picture", "3", None),
    )
    view.choose("only class", "any class")
    view.press("next")
    view.says("test picture ")
    expect(view.box.get_by_label("only class")).to_have_value("any class")
