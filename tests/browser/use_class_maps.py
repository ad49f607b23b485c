"""What a student does with view 9."""

import re

TITLE = "NiN's class maps"
CORNERS = ("top left", "top right", "bottom left", "bottom right")


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says(re.compile(r"maps of 5×5 for the sheet: Trouser top left, .* Ankle boot"))
    view.choose("top left", "Dress")
    view.says("sheet: Dress top left")
    for corner in CORNERS[1:]:
        view.choose(corner, "empty")
    view.says(
        re.compile(r"sheet: Dress top left, its map largest in row \d, column \d;")
    )
    change(view, lambda: view.slide("top left: right by", "PageUp"))
    change(view, lambda: view.slide("top left: down by", "PageUp"))
    change(view, lambda: view.slide("picture seed"))
    change(view, lambda: view.slide("opacity in percent", "ArrowLeft"))
    moved = r"moved right by [1-9]\d* and down by [1-9]\d* pixels, "
    view.says(re.compile(moved + "picture seed 1, opacity 69 %"))
    change(view, lambda: view.choose("colour scale", "each its own: exaggerates"))
    change(view, lambda: view.choose("show numbers", "smoothly"))
    view.choose("sheet", "top left only, enlarged")
    view.says("sheet: Dress enlarged")
    view.choose("top left", "empty")
    view.says("sheet: empty; moved right by")
    view.choose("top left", "Trouser")
    view.answers(
        ("top left: right by", "500", "right by: type a whole number, from 0 to 195"),
        ("top left: right by", "8", None),
        ("picture seed", "", "got nothing"),
        ("picture seed", "3", None),
        ("opacity in percent", "101", "type a whole number, from 0 to 100"),
        ("opacity in percent", "60", None),
    )
    record_latency(TITLE, view.slider_latencies("opacity in percent"))


def change(view, act):
    """Do something, and wait until the picture is another one."""
    before = view.picture()
    act()
    for _ in range(50):
        if view.picture() != before:
            return
        view.page.wait_for_timeout(100)
    raise AssertionError("the picture stayed as it was for 5 s")
