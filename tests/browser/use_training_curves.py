"""What a student does with view 11, after a training and while it runs."""

import re

TITLE = "Training, live"
RESULT = r"after epoch \d+: loss \d+\.\d{3}, training accuracy [01]\.\d{3}"
RESULT += r"(?:, test accuracy [01]\.\d{3})?"  # not every training has a test


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says(re.compile(rf"finished in [\d:]+; {RESULT}; .*last \d+ steps"))
    try_logarithmic(view)

    def press(_):
        view.page.keyboard.press("Space")

    view.box.get_by_label("logarithmic loss").focus()
    record_latency(TITLE, view.latencies(press))


def try_logarithmic(view):
    """Press the one control twice; the view is as before afterwards."""
    logarithmic = view.box.get_by_label("logarithmic loss")
    logarithmic.focus()
    view.page.keyboard.press("Space")
    view.says("logarithmic scale")
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
    try_logarithmic(view)
    # More steps follow, and none of them stopped for us.
    view.says(re.compile(f"^(?!{re.escape(before)})"))
    view.says(re.compile(rf"epoch [2-9]\d* of .* left; {RESULT}"), seconds=60)
    notebook.command("notebook:interrupt-kernel")
    stopped = re.compile(rf"stopped in epoch (\d+) after step \d+; {RESULT}")
    view.says(stopped)
    notebook.idle(60)
    epoch = int(stopped.search(view.label)[1])
    output = notebook.page.locator(".jp-OutputArea-output")
    output.filter(has_text=f"the history its finished epochs ({epoch - 1})").wait_for()
    try_logarithmic(view)  # what is kept can still be looked at
