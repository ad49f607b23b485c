"""What a student does with view 7."""

TITLE = "Augmentation mixer"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says(
        "draws 1 to 8: mirrored with probability 0.5, upside down with 0, crop 224"
    )
    view.says("33 × 33 places × 2 for the flips = 2,178 different pictures")
    crop = view.picture.locator(".draw-2")
    assert not crop.is_visible()
    view.hover('[data-shows=".draw-2"] image')
    crop.wait_for(state="visible")
    view.drag("draws:crop", 100, 100)
    view.says("draw 1: crop at 32, 32")  # as far as it goes
    view.keys("draws:crop", "ArrowUp", "ArrowLeft")
    view.says("draw 1: crop at 28, 28")
    view.keys("again:0", "Enter")
    view.says("draws 9 to 16")
    view.part("again:0").click()
    view.says("draws 17 to 24")
    view.type("crop, pixels", "223")
    view.says("34 × 34 places × 2 for the flips = 2,312 different pictures")
    view.slide("p(upside down)")
    view.says("upside down with 0.1")
    view.says("× 4 for the flips = 4,624")
    view.slide("p(mirror)")
    view.says("mirrored with probability 0.6")
    for label in ("brightness", "contrast", "saturation"):
        view.slide(label)
        view.says(f"{label} ±0.35")
    view.slide("hue", "End")
    view.says("hue ±0.5")
    view.answers(
        ("hue", "0.9", "half a turn of the colour circle"),
        ("hue", "red", "hue: type a number"),
        ("hue", "0.1", None),
        ("crop, pixels", "0", "so few pixels say little"),
        ("crop, pixels", "64", None),
        ("p(mirror)", "2", "it is a probability"),
        ("p(mirror)", "1", None),
    )
    view.says("193 × 193 places × 2 for the flips")
    view.type("crop, pixels", "224")
    view.fine()
    record_latency(TITLE, view.slider_latencies("hue"))
