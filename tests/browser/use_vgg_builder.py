"""What a student does with view 8."""

TITLE = "VGG builder"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("11 layers: 128,806,154 parameters, 7,547,232,256 multiply-adds")
    view.type("channels in", "3")
    view.type("classes", "1000")
    for name, parameters in [
        ("VGG-13", "13 layers: 133,047,848"),
        ("VGG-16", "16 layers: 138,357,544"),
        ("VGG-19", "19 layers: 143,667,240"),
        ("VGG-11", "11 layers: 132,863,336"),
    ]:
        view.press(name)
        view.says(f"{parameters} parameters")
    view.slide("channels in", "ArrowLeft", times=2)
    view.type("classes", "11")
    view.says("128,810,251")
    view.slide("classes", "ArrowLeft")
    view.says("128,806,154")
    view.press("narrow VGG-11")
    view.says("29,815,850")
    view.type("hidden width", "511")
    view.says("2,014,175")
    view.slide("hidden width")
    view.says("2,018,346")
    view.type("side", "97")
    view.says("22,473,288")
    view.slide("side", "ArrowLeft")
    view.says("707,626 parameters, 22,459,392 multiply-adds")
    view.press("add a block")
    view.says("13 layers: ")
    view.type("side", "32")
    view.complains("block 6 gets a 1×1 map and would halve it to nothing")
    view.press("remove the last block")
    view.fine()
    view.says("11 layers: ")
    for label, typed, words in [
        ("block 2, convolutions", "0", "type a whole number, from 1 to 20"),
        ("block 2, convolutions", "3", None),
        ("block 2, channels", "many", "from 1 to 4,096; got 'many'"),
        ("block 2, channels", "9999", "type a whole number, from 1 to 4,096"),
        ("block 2, channels", "32", None),
    ]:
        view.box.get_by_label(label, exact=True).fill(typed)
        view.complains(words) if words else view.fine()
    view.says("13 layers: ")
    view.answers(("side", "wide", "side: type a whole number"), ("side", "64", None))
    view.page.wait_for_timeout(300)  # for the last picture
    record_latency(TITLE, view.slider_latencies("side"))
