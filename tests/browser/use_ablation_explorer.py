"""What a student does with view 10."""

TITLE = "The study, run by run"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("1 1×1, with last ReLU: 0.781 ± 0.049 (n = 5)")
    view.choose("measure", "dead classes")
    view.says("2 1×1, with last ReLU: 2.000 ± ")
    view.choose("measure", "test accuracy")
    view.choose("seeds", ["0"])
    view.says("1 1×1, with last ReLU: 0.796, one run")
    view.choose("arms", ["LeNet", "AlexNet"])
    view.says("LeNet: ")
    view.choose("precision", "fp32")
    view.complains("no run of these arms")
    view.choose("arms", ["1 1×1, no last ReLU"])
    view.fine()
    view.slide("epoch", "ArrowLeft")
    view.says("after epoch 4")
    view.choose("precision", "bf16")
    view.choose("protocol", "a sixth")
    view.complains("under the protocol 'a sixth'")
    view.choose("protocol", "reduced")
    view.fine()
    view.answers(
        ("epoch", "five", "epoch: type a whole number"),
        ("epoch", "77", "epoch: type a whole number, from 1 to 5; got"),
        ("epoch", "5", None),
    )
    record_latency(TITLE, view.slider_latencies("epoch"))
