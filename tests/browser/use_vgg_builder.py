"""What a student does with view 8."""

TITLE = "VGG builder"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("11 layers: 128,806,154 parameters, 7,547,232,256 multiply-adds")
    view.type("channels in", "3")
    view.type("classes", "1000")
    view.keys("blocks:3", "Enter")
    view.says("19 layers: 143,667,240")
    view.slide("channels in", "ArrowLeft", times=2)
    view.part("blocks:4").click()
    view.type("hidden width", "512")
    view.type("side", "32")
    view.says("11 layers: ")
    view.part("blocks:number:0").click()
    view.complains("side must be at least 64 pixels: each block halves it")
    view.part("blocks:number:1").click()
    view.fine()
    view.part("blocks:1:1").click()
    view.says("12 layers: ")
    view.answers(("side", "wide", "side: type a whole number"), ("side", "64", None))
    view.page.wait_for_timeout(300)  # for the last picture
    press = ["blocks:0:3", "blocks:0:2"]
    record_latency(TITLE, view.latencies(lambda i: view.part(press[i % 2]).click()))
