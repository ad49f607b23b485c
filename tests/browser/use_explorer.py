"""What a student does with view 12: a map, a number of it, another picture."""

import re

TITLE = "Your network, unit by unit"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    mouse, keyboard = view.page.mouse, view.page.keyboard
    view.says(re.compile(r"^[\d.]+ · Conv2d, .* row \d+, column \d+: .* of picture 0:"))

    def map_of(stage):
        return view.picture.locator(f'[data-at^="map:{stage},"]').first

    def point(right, down, box=None):
        box = box or view.part("unit:").bounding_box()
        mouse.move(box["x"] + right, box["y"] + down)

    first = view.label
    map_of(4).click()
    view.says(re.compile("^(?!" + re.escape(first[:12]) + ")"))
    point(1, 1)
    view.says(", row 1, column 1: ")
    view.keys("unit:", "ArrowRight", "ArrowDown")
    view.says(", row 2, column 2: ")
    chosen = view.label
    map_of(4).focus()
    keyboard.press("ArrowRight")
    view.says(re.compile("^(?!" + re.escape(chosen[:12]) + ")"))
    map_of(1).focus()
    keyboard.press("Enter")
    view.says(first[:12])
    view.answers(
        ("picture", "-1", "picture: type a whole number, from 0 to"),
        ("picture", "many", "picture: type a whole number"),
        ("picture", "2", None),
    )
    view.says("of picture 2: ")
    view.picture.get_by_role("button", name=re.compile("Softmax, 10")).first.click()
    view.says(" · Softmax, 10, ")
    map_of(1).click()
    view.says(first[:12])
    places, box = [(20, 20), (120, 120)], view.part("unit:").bounding_box()
    record_latency(TITLE, view.latencies(lambda i: point(*places[i % 2], box)))
