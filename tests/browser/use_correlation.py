"""What a student does with view 1."""

TITLE = "Cross-correlation, step by step"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("row 1, column 1: 1·1 + 2·2 + 3·3 + 1·0 = ?")
    view.hover('[data-hover="place:1,1"]')
    view.says("row 2, column 2: 1·1 + 4·2 + 2·3 + 5·0 = ?")
    view.part("place:1,1").click()
    view.says("5·0 = 15;")
    view.keys("place:1,1", "ArrowLeft")
    view.says("row 2, column 1: 3·1 + 1·2 + 1·3 + 2·0 = ?")
    view.keys("place:0,1", "Enter")
    view.says("row 1, column 2: 2·1 + 0·2 + 1·3 + 4·0 = 5; ")
    view.slide("padding")
    view.says("padding 1, stride 1: output 4×4")
    view.slide("padding", "ArrowLeft")
    view.keys("flip:0", "Space", "Space")
    view.keys("K:1,1", "-", "1")
    view.says("·(−1) =")
    view.keys("K:1,1", "x")
    view.complains("kernel row 2, column 2: type a number")
    view.keys("K:1,1", "Delete", "0")
    view.fine()
    view.drag("K:0,0", 40, 0)
    view.says("·3")
    view.part("size:1").click()
    view.says("kernel 1×2")
    view.part("size:3").click()
    view.answers(("stride", "0", "would never move"), ("stride", "1", None))
    hovers = ['[data-hover="place:0,0"]', '[data-hover="place:1,1"]']
    view.hover(hovers[1])
    record_latency(TITLE, view.latencies(lambda i: view.hover(hovers[i % 2])))
