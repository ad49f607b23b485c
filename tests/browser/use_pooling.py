"""What a student does with view 5."""

TITLE = "Pooling, forwards and backwards"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("largest of 1, 3, 5, 3: 5; its gradient 10 goes to the winner, row 2")
    view.titled("output row 2, column 1").click()
    view.says("2 is there 2 times: the first one wins; its gradient 30")
    view.press("next")
    view.says("step 4 of 4; output row 2, column 2; largest of 4, 8, 6, 6: 8")
    view.press("average pooling")
    view.says("average of 4, 8, 6, 6: 6; its gradient is shared out: 40 / 4 = 10 each")
    view.press("max pooling")
    view.slide("stride", "ArrowLeft")
    view.says("step 1 of 9")
    view.slide("step", times=5)
    view.says("which wins 2 times: 60 + 90 = 150; in all 450 arrive and the inputs get")
    view.press("previous")
    view.says("step 5 of 9")
    view.box.locator(".widget-play button").first.click()
    view.says("step 7 of 9")
    view.slide("window")
    view.says("window 3, stride 1, step 1 of 4")
    view.choose("gradient that arrives:", "all 1")
    view.says("in all 4 arrive and the inputs get 4: nothing is lost")
    view.type("window", "2")
    view.type("stride", "3")
    view.says("12 of 16 inputs are in no window: gradient 0")
    view.titled("input row 1, column 1").fill("9")
    view.says("largest of 9, 3, 5, 3: 9")
    view.answers(
        ("window", "5", "the window spans 5 numbers, but only 4 are there"),
        ("window", "two", "window: type a whole number"),
        ("window", "2", None),
        ("stride", "0", "would never move the window"),
        ("stride", "2", None),
    )
    view.titled("input row 1, column 1").fill("")
    view.complains("input row 1, column 1: type a number")
    view.titled("input row 1, column 1").fill("1")
    view.fine()
    view.choose("input size:", "5×5")
    view.says("9 of 25 inputs are in no window")
    view.choose("input size:", "4×4")
    view.says("in all 4 arrive")
    record_latency(TITLE, view.slider_latencies("step"))
