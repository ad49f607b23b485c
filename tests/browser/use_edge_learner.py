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
    view.slide("learning rate")
    view.says("rate 0.31 is below the limit 0.6757: every step lowers the loss")
    view.slide("noise", times=2)
    view.says("no kernel explains noise, the loss stays above 0.000331")
    view.type("learning rate", "0.68")
    view.type("noise", "0")
    view.keys(CURVES, "End")
    view.says("rate 0.68 is above the limit 0.6757: diverged at step 10")
    view.answers(
        ("learning rate", "0", "never moves the kernel"),
        ("learning rate", "0.3", None),
    )
    view.keys(CURVES, "Home")
    view.says("step 0: loss")
    view.drag("start:0,0", 80, 0)
    view.says("kernel [2.54, −0.29]")
    view.keys("start:0,1", "-", "1")
    view.says("kernel [2.54, −1.00]")

    play, stop = view.box.locator(".widget-play button:visible").all()
    for _ in range(2):
        play.press("Enter")
        # Not "step 0:": that would be there before the first step, and so the stop.
        view.says(re.compile("step [1-9][0-9]?:"))
        stop.press("Enter")
        view.says("step 0: loss")
        view.keys(CURVES, "End")  # from here it begins once more
        view.says("step 100:")
    view.page.wait_for_timeout(300)  # for the last picture
    keys = ["ArrowLeft", "ArrowRight"]
    record_latency(TITLE, view.latencies(lambda i: view.keys(CURVES, keys[i % 2])))
