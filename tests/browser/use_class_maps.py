"""What a student does with view 9."""

import re

TITLE = "NiN's class maps"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("maps of 5×5 for the sheet: Trouser 0 right and 0 down")
    handles = view.picture.locator("[data-at^='garments:']").all()
    trouser, _, bag, _ = [handle.get_attribute("data-at") for handle in handles]
    view.drag(trouser, 120, 60)
    view.says(re.compile(r"Trouser [5-7]\d right and [2-3]\d down"))
    view.drag(trouser, -300, -200)  # off the sheet, to the left
    view.says("for the sheet: Sneaker 112 right and 0 down")
    view.keys(bag, "ArrowRight", "ArrowRight", "ArrowUp", "Enter", "x", "d", "d")
    view.says("Bag 8 right and 108 down")
    view.says("large: the map of Bag")
    view.keys(bag, "Delete")
    view.says(re.compile("^(?!.*Bag 8 right)"))
    view.part("large:7").click()
    view.says("large: the map of Sneaker")
    view.part("sheets:1").click()
    view.says("for the sheet: Trouser 0 right and 0 down")

    def step(i):
        view.keys(trouser, ["ArrowRight", "ArrowLeft"][i % 2])

    record_latency(f"{TITLE}, a garment moved", view.latencies(step))
