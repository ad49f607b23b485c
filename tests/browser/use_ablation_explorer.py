"""What a student does with view 10."""

TITLE = "The study, run by run"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("one 1×1 · with last ReLU: median 0.871 (n = 10), 4 of them with")
    view.choose("measure", "dead classes")
    view.says("two 1×1 · with last ReLU: median 0 (n = 10), 3 of them with")
    view.choose("measure", "test accuracy")
    view.choose("seeds", ["1"])
    view.says("one 1×1 · with last ReLU: median 0.876 (n = 1), 0 of them with")
    view.choose("measure", "seconds")
    view.complains("had the machine alone")
    view.choose("measure", "loss")
    view.slide("epoch", "ArrowLeft")
    view.says("loss at epoch 4. one 1×1")
    view.answers(
        ("epoch", "five", "epoch: type a whole number"),
        ("epoch", "77", "epoch: type a whole number, from 0 to 5; got"),
        ("epoch", "0", "before the first step"),
        ("epoch", "5", None),
    )
    record_latency(TITLE, view.slider_latencies("epoch"))
