"""What a student does with view 1."""

TITLE = "Cross-correlation, step by step"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("step 1 of 4: 1·1 + 2·2 + 3·3 + 1·0 = 14")
    view.titled("output row 2, column 2").click()
    view.says("step 4 of 4: 1·1 + 4·2 + 2·3 + 5·0 = 15")
    view.press("previous")
    view.says("step 3 of 4: 3·1 + 1·2 + 1·3 + 2·0 = 8")
    view.slide("step", "ArrowLeft")
    view.says("step 2 of 4: 2·1 + 0·2 + 1·3 + 4·0 = 5")
    view.titled("output row 1, column 1").press("Enter")
    view.says("step 1 of 4")
    view.press("next")
    view.says("step 2 of 4")
    view.slide("padding")
    view.says("step 1 of 16: 0·1 + 0·2 + 0·3 + 1·0 = 0")
    view.slide("stride")
    view.says("padding 1, stride 2: output 2×2")
    view.box.locator(".widget-play button").first.click()
    view.says("step 4 of 4: 1·1 + 4·2 + 2·3 + 5·0 = 15")
    view.type("padding", "0")
    view.type("stride", "1")
    view.box.get_by_label("show all outputs").check()
    view.says("with the rows 14 5, 8 15")
    view.box.get_by_label("flip the kernel (convolution)").check()
    view.says("convolution, output row 1, column 1, step 1 of 4: 1·0 + 2·3 + 3·2 + 1·1")
    view.says("with the rows 13 6, 7 21")
    view.box.get_by_label("flip the kernel (convolution)").uncheck()
    field = view.titled("kernel row 2, column 2")
    field.fill("-1")
    view.says("1·1 + 2·2 + 3·3 + 1·(−1) = 13")
    field.fill("minus")
    view.complains("kernel row 2, column 2: type a number")
    field.fill("0")
    view.fine()
    view.answers(
        ("stride", "0", "would never move the window"),
        ("stride", "", "got nothing"),
        ("stride", "1", None),
        ("step", "5", "step: type a whole number, from 1 to 4"),
        ("step", "2", None),
    )
    view.choose("kernel size:", "1×2")
    view.says("step 1 of 6: 1·1 + 2·2 = 5")
    view.choose("kernel size:", "2×2")
    view.titled("kernel row 2, column 1").fill("3")
    view.says("= 14")
    record_latency(TITLE, view.slider_latencies("step"))
