"""What a student does with view 3."""

import re

TITLE = "Learning an edge kernel, live"
CURVES = "num_steps:"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("step 0: loss 0.558, kernel [1.54, −0.29], bias 0.00; press ▶")
    view.keys(CURVES, *["ArrowRight"] * 3)
    view.says("step 3:")
    view.drag(CURVES, -71, 0)  # from the middle, about 20 steps
    view.says(re.compile("step (28|29|30|31):"))
    view.keys(CURVES, "Home", *["ArrowRight"] * 30)
    view.says("step 30: loss 2.16e-05, kernel [1.00, −0.99], bias 0.00")
    view.slide("learning rate")
    view.says("rate 0.31 is below the limit 0.6757: every step lowers the loss")
    view.slide("noise", times=2)
    view.says("no kernel explains noise, the loss stays above 0.000331")
    view.type("learning rate", "0.68")
    view.type("noise", "0")
    view.keys(CURVES, "End")
    view.says("rate 0.68 is above the limit 0.6757: diverged at step 10")
    view.type("learning rate", "3")
    view.says("loss nan, kernel [nan, nan], bias nan; rate 3 is above")
    view.answers(
        ("learning rate", "0", "never moves the kernel"),
        ("learning rate", "fast", "learning rate: type a number"),
        ("learning rate", "0.3", None),
        ("noise", "", "got nothing"),
        ("noise", "0", None),
    )
    view.keys(CURVES, "Home")
    view.says("step 0: loss 0.558")
    view.drag("start:0,0", 80, 0)
    view.says("kernel [2.54, −0.29]")
    view.keys("start:0,1", "-")
    view.complains("start row 1, column 2: type a number")
    view.keys("start:0,1", "1")
    view.fine()
    view.says("kernel [2.54, −1.00]")

    play, stop = view.box.locator(".widget-play button:visible").all()
    play.press("Enter")
    # Not "step 0:": that would be there before the first step, and so before the stop.
    view.says(re.compile("step [1-9][0-9]?:"))
    stop.press("Enter")
    view.says("step 0: loss")
    view.keys(CURVES, "End")
    view.says("step 100:")
    play.press("Enter")  # once more from the start
    view.says(re.compile("step [1-9][0-9]?:"))
    stop.press("Enter")
    view.says("step 0: loss")
    view.keys(CURVES, "ArrowRight")
    view.says("step 1:")
    view.page.wait_for_timeout(300)  # for the last picture
    keys = ["ArrowRight", "ArrowLeft"]
    record_latency(TITLE, view.latencies(lambda i: view.keys(CURVES, keys[i % 2])))
