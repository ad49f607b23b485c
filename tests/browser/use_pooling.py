"""What a student does with view 5."""

TITLE = "Pooling, forwards and backwards"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("largest of 1, 3, 5, 3: 5; its gradient 10 goes to the winner, row 2")
    view.hover('[data-hover="place:1,0"]')
    view.says("2 is there 2 times: the first one wins; its gradient 30")
    view.keys("place:1,0", "ArrowRight")
    view.says("output row 2, column 2: largest of 4, 8, 6, 6: 8")
    view.part("mode:1").click()
    view.says("average of 4, 8, 6, 6: 6; its gradient is shared out: 40 / 4 = 10 each")
    view.keys("mode:0", "Enter")
    view.slide("stride", "ArrowLeft")
    view.part("place:1,2").click()
    view.says("which wins 2 times: 60 + 90 = 150; in all 450 arrive and the inputs get")
    view.slide("window")
    view.says("window 3, stride 1; output row 2, column 2")
    view.answers(("window", "5", "spans 5 numbers, but only 4"), ("window", "2", None))
    view.keys("place:0,0", "Enter")
    view.keys("X:0,0", "9")
    view.says("output row 1, column 1: largest of 9, 3, 5, 3: 9")
    keys = ["ArrowRight", "ArrowLeft"]
    record_latency(TITLE, view.latencies(lambda i: view.keys("place:0,0", keys[i % 2])))
