"""What a student does with view 4."""

import re

TITLE = "Output size, seen pixels and receptive field"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("7×7 becomes 6×6")
    view.hover('[data-hover="place:output"]')
    view.says(re.compile("output row [34], column [34] sees"))  # the middle of six
    view.drag("place:input", 400, -100)
    view.says("output row 1, column 6 sees rows 1 to 2, columns 6 to 7")
    view.keys("place:input", "ArrowLeft", "ArrowDown")
    view.says("output row 2, column 5")
    view.hover('[data-hover="unit:photograph"]')
    place = view.box.locator(".layer-3").get_attribute("x")
    view.keys("unit:photograph", "ArrowRight")
    view.box.locator(f'.layer-3:not([x="{place}"])').wait_for(timeout=10_000)
    view.slide("stride", times=2)
    view.says("33 of 49 pixels are never looked at")
    view.slide("dilation")
    view.says("− 2·(2 − 1) − 1) / 3⌋")
    stack = view.box.get_by_label("stack, kernel/stride:")
    stack.fill("5/1, 2/2, 5/1")
    view.says("sees 14 pixels each way")
    stack.fill("five")
    view.complains("is no list of 1 to 8 layers")
    stack.fill("3/1")
    view.fine()
    view.answers(("kernel", "9", "fits nowhere"), ("kernel", "3", None))
    view.type("input", "512")
    view.says("512×512 becomes 170×170")
    keys = ["ArrowRight", "ArrowLeft"]
    record_latency(
        TITLE, view.latencies(lambda i: view.keys("place:input", keys[i % 2]))
    )
