"""What a student does with view 7."""

TITLE = "Augmentation mixer"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says(
        "draws 1 to 8: mirrored with probability 0.5, upside down with 0, crop 224"
    )
    crop = view.picture.locator(".draw-2")
    assert not crop.is_visible()
    view.hover('[data-shows=".draw-2"] image')
    crop.wait_for(state="visible")
    view.drag("draws:crop", 100, 100)
    view.says("draw 1: crop at 32, 32")  # as far as it goes
    view.keys("draws:crop", "ArrowUp", "ArrowLeft")
    view.says("draw 1: crop at 31, 31")
    view.keys("again:0", "Enter")
    view.says("draws 9 to 16")
    view.type("crop, pixels", "223")
    view.says("34 × 34 places × 2 for the flips = 2,312 different pictures")
    view.slide("p(upside down)")
    view.says("× 4 for the flips = 4,624")
    view.slide("hue", "End")
    view.says("hue ±0.5")
    view.answers(("hue", "0.9", "from 0.0 to 0.5"), ("hue", "0.1", None))
    keys = ["ArrowRight", "ArrowLeft"]
    record_latency(TITLE, view.latencies(lambda i: view.slide("hue", keys[i % 2])))
