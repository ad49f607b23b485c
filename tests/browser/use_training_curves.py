"""What a student does with view 11, after a training and while it runs."""

import re

TITLE = "Training, live"
RESULT = r"after epoch \d+: loss \d+\.\d{3}, training accuracy [01]\.\d{3}"
RESULT += r"(?:, test accuracy [01]\.\d{3})?"  # not every training has a test


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says(re.compile(rf"finished: \d+ epochs? in .* s; {RESULT}; .*last \d+ steps"))
    try_controls(view)
    record_latency(TITLE, view.slider_latencies("smooth over steps"))


def try_controls(view):
    """Move both controls; the view is as before afterwards."""
    logarithmic = view.box.get_by_label("logarithmic loss")
    logarithmic.focus()
    view.page.keyboard.press("Space")
    view.says("logarithmic scale")
    view.type("smooth over steps", "1")
    view.says("mean loss of the last 1 step ")
    # While it trains, the text can be ahead of the slider.
    view.slider("smooth over steps").and_(
        view.page.locator("[aria-valuenow='1.0']")
    ).wait_for()
    view.slide("smooth over steps")  # some notebooks take few steps only
    view.says("mean loss of the last 2 steps")
    view.answers(
        ("smooth over steps", "many", "smooth over steps: type a whole number"),
        ("smooth over steps", "0", "smooth over steps: type a whole number, from 1"),
        ("smooth over steps", "1", None),
    )
    view.says("mean loss of the last 1 step ")
    logarithmic.uncheck()
    view.says(re.compile("^((?!logarithmic).)*$"))


def use_while_training(notebook):
    """In a notebook with a long training: watch it, touch it, interrupt it.

    The training stands in one cell, with `progress=training_curves`; the cells behind
    it run after the interrupt and must not fail.
    """
    notebook.begin("notebook:run-all-cells")
    view = notebook.view(TITLE)
    view.says(re.compile(r"epoch \d+ of \d+, step [1-9]\d*"), seconds=60)
    assert view.picture.locator("image").count() == 16  # six kernels, ten garments
    before = view.label
    try_controls(view)
    assert view.label != before  # more steps, and none of them stopped for us
    view.says(re.compile(rf"epoch [2-9]\d* of .* left; {RESULT}"), seconds=60)
    notebook.command("notebook:interrupt-kernel")
    stopped = re.compile(rf"stopped in epoch (\d+) after step \d+; {RESULT}")
    view.says(stopped)
    notebook.idle(60)
    epoch = int(stopped.search(view.label)[1])
    output = notebook.page.locator(".jp-OutputArea-output")
    output.filter(has_text=f"the history its finished epochs ({epoch - 1})").wait_for()
    try_controls(view)  # what is kept can still be looked at
