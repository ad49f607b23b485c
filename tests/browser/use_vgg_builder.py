"""What a student does with view 8."""

TITLE = "VGG builder"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("11 layers: 128,806,154 parameters, 7,547,232,256 multiply-adds")
    view.type("channels in", "3")
    view.type("classes", "1000")
    for i, parameters in enumerate(
        ["11 layers: 132,863,336", "13 layers: 133,047,848", "16 layers: 138,357,544"]
    ):
        view.part(f"blocks:{i}").click()
        view.says(f"{parameters} parameters")
    view.keys("blocks:3", "Enter")
    view.says("19 layers: 143,667,240")
    view.slide("channels in", "ArrowLeft", times=2)
    view.part("blocks:0").click()
    view.type("classes", "11")
    view.says("128,810,251")
    view.slide("classes", "ArrowLeft")
    view.says("128,806,154")
    view.part("blocks:4").click()
    view.says("29,815,850")
    view.type("hidden width", "511")
    view.says("2,014,175")
    view.slide("hidden width")
    view.says("2,018,346")
    view.type("side", "97")
    view.says("22,473,288")
    view.slide("side", "ArrowLeft")
    view.says("707,626 parameters, 22,459,392 multiply-adds")
    view.part("blocks:number:0").click()
    view.says("13 layers: ")
    view.type("side", "32")
    view.complains("side must be at least 64 pixels for 6 blocks")
    view.part("blocks:number:1").click()
    view.fine()
    view.says("11 layers: ")
    view.part("blocks:1:1").click()
    view.says("12 layers: ")
    view.keys("blocks:1:0", "Enter")
    view.says("11 layers: ")
    view.keys("blocks:1:3", "Enter", " ")
    view.says("11 layers: 462,810 parameters")
    view.answers(("side", "wide", "side: type a whole number"), ("side", "64", None))
    view.page.wait_for_timeout(300)  # for the last picture
    press = ["blocks:0:3", "blocks:0:2"]
    record_latency(TITLE, view.latencies(lambda i: view.part(press[i % 2]).click()))
