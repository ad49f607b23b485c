"""What a student does with view 2, alone and with a learned kernel."""

import io
import re

from PIL import Image

TITLE = "Kernel lab"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    with_learned = view.part("preset:9").count() > 0
    signs = view.part(f"preset:{8 + with_learned}")  # the last chip
    view.says("your kernel, 3×3 with the sum 0: 298×254 outputs from −3.51 to 3.5")
    view.part("preset:2").press("Enter")
    view.says("7×7 with the sum 1: 294×250")
    view.part("preset:4").click()
    if with_learned:
        view.says("learned kernel, 3×3 with the sum 0: 298×254")
        view.part("preset:8").click()
        view.picture.locator('[data-at="preset:8"][aria-pressed="true"]').wait_for()
        view.part("preset:4").click()
    signs.click()
    view.says("outputs from −3.5 to 3.51")

    photo, map_ = (view.picture.locator("[data-hover]").nth(i) for i in (0, 1))
    map_.hover(position=at(map_, 0.25, 0.15))
    view.says(re.compile("at row 4[3-7], column 6[2-6]: "))
    photo.click(position=at(photo, 0.25, 0.25))
    view.says(re.compile("at row 7[3-7], column 6[2-6]: "))
    held = view.label
    map_.hover(position=at(map_, 0.5, 0.5))  # held: nothing moves
    photo.press("ArrowDown")
    photo.press("ArrowUp")
    view.says(held)

    view.keys("kernel:1,1", "3")
    view.says("sum 3: 298×254")
    view.drag("kernel:1,1", 80, 0)
    view.says("sum 4: 298×254")

    picture = io.BytesIO()
    Image.radial_gradient("L").resize((80, 60)).save(picture, "png")
    view.upload("photo:0", "ring.png", picture.getvalue())
    view.says("60×80 pixels; your kernel, 3×3 with the sum 4: 58×78")
    view.upload("photo:0", "notes.txt", b"this is no picture")
    view.complains("notes.txt: this is no picture that can be read")
    photo.hover(position=at(photo, 0.5, 0.5))  # the message stays
    view.complains("The picture you had stays.")
    view.upload("photo:0", "huge.png", bytes(10_000_001))
    view.complains("huge.png: this file is larger than 10 MB")
    picture = io.BytesIO()  # as large as the view's own, and as hard to compress
    Image.effect_noise((512, 600), 60).save(picture, "png")
    view.upload("photo:0", "large.png", picture.getvalue())
    view.fine()
    view.says("300×256 pixels")
    name = f"{TITLE}, with a learned kernel" if with_learned else TITLE
    record_latency(name, view.latencies(lambda i: signs.press("Enter")))


def at(picture, right, down):
    """Return a place in a picture, shares of its width and height from its corner."""
    while not (box := picture.bounding_box()):
        pass  # it is being drawn anew
    return {"x": right * box["width"], "y": down * box["height"]}
