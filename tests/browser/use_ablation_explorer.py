"""What a student does with view 10."""

TITLE = "The study, run by run"


def use(notebook, record_latency):
    view = notebook.view(TITLE)
    view.says("one 1×1 · ReLU: median 0.871 (n = 10), 4 with classes")
    view.part("seeds:1").click()
    view.says("one 1×1 · ReLU: median 0.876 (n = 1); two")
    view.keys("seeds:0", "Space")
    view.keys("seeds:1", "Space")
    view.says("(n = 1), 1 with classes never predicted; two")
    view.hover('[data-shows=".seed-0"]')
    assert view.picture.locator(".lit.seed-0").count() == 3  # two dots and their line
    view.part("arms:0").click()
    view.part("measure:2").click()
    view.slide("epoch", "ArrowLeft")
    view.says("loss at epoch 4. no 1×1")
    view.answers(
        ("epoch", "0", "choose others. Epoch 0 is before the first step"),
        ("epoch", "5", None),
    )
    record_latency(
        TITLE, view.latencies(lambda i: view.part(f"seeds:{2 + i % 2}").click())
    )
