"""What a student does with view 3."""

import re

TITLE = "Learning an edge kernel, live"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("step 30: loss 2.16e-05, kernel [1.00, −0.99], bias 0.00")
    view.slide("steps", "ArrowLeft")
    view.says("step 29:")
    view.slide("learning rate")
    view.says("rate 0.31 is below the limit 0.6757: every step lowers the loss")
    view.slide("noise", times=2)
    view.says("no kernel explains noise, the loss stays above 0.000331")
    view.slide("start")
    view.says("kernel [0.94, −0.94]")
    view.type("learning rate", "0.68")
    view.type("noise", "0")
    view.type("steps", "60")
    view.says("rate 0.68 is above the limit 0.6757: diverged at step 28")
    view.type("learning rate", "3")
    view.says("loss nan, kernel [nan, nan], bias nan; rate 3 is above")
    view.answers(
        ("learning rate", "0", "never moves the kernel"),
        ("learning rate", "fast", "learning rate: type a number"),
        ("learning rate", "0.3", None),
        ("steps", "1000", "steps: type a whole number, from 0 to 100"),
        ("steps", "97", None),
        ("start", "", "got nothing"),
        ("start", "0", None),
    )
    view.says("step 97:")
    play, stop = view.box.locator(".widget-play button:visible").all()
    play.press("Enter")
    view.says("step 100:")
    play.press("Enter")  # once more from the start
    # Not "step 0:": that would be there before the first step, and so before the stop.
    view.says(re.compile("step [1-9][0-9]?:"))
    stop.press("Enter")
    view.says("step 0: loss 0.558, kernel [1.54, −0.29]")
    view.type("steps", "20")
    view.says("step 20:")
    view.page.wait_for_timeout(300)  # for the last picture
    record_latency(TITLE, view.slider_latencies("steps"))
