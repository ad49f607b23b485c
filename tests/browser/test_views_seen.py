"""All views at two sizes of screen, and what keys do there."""

START = """
    import torch
    from cnn_course import explore, load_data_fashion_mnist, views
    from cnn_course.networks import trained_lenet, trained_nin
    from cnn_course.studies import read_rows
    from cnn_course.views.training_curves import LiveCurves

    data = load_data_fashion_mnist(64)
    lenet, nin = trained_lenet(), trained_nin()
"""
VIEWS = {  # title: how it is made
    "Cross-correlation, step by step": "views.correlation_stepper()",
    "Kernel lab": "views.kernel_lab()",
    "Learning an edge kernel, live": "views.edge_learner()",
    "Output size, seen pixels and receptive field": "views.output_size_calculator()",
    "Pooling, forwards and backwards": "views.pooling_explorer()",
    "LeNet at work": "views.lenet_at_work(lenet, data[1])",
    "Augmentation mixer": "views.augmentation_mixer()",
    "VGG builder": "views.vgg_builder()",
    "NiN's class maps": "views.class_maps(nin, data[1], side=195)",
    "The study, run by run": "views.ablation_explorer(read_rows('09_ablation.csv'))",
    "Training, live": "LiveCurves(lenet, data[0], 5, torch.device('cpu')).view",
    "Your network, unit by unit": "explore(lenet, data[1])",
}
LONGER = {"The study, run by run"}  # than a screen: 20 arms to choose from
SIZES = [(1280, 720), (1440, 900)]
# One of each kind of control: fields, sliders, buttons, and parts of the picture.
CONTROLS = """view => {
  const seen = new Set(), found = [];
  for (const e of view.querySelectorAll('input, select, button, [tabindex="0"]')) {
    const kind = e.dataset.at?.split(':')[0] ?? e.className + e.title;
    if (e.type === 'file' || seen.has(kind) || !e.getClientRects().length) continue;
    seen.add(kind);
    found.push(e);
  }
  window.controls = found;
  return found.length;
}"""


def test_every_view_is_on_one_screen_and_keeps_its_keys(open_scratch):
    notebook = open_scratch(START, *VIEWS.values())
    notebook.run_all()
    page = notebook.page
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for title in VIEWS:
            view = notebook.view(title).box
            panel = page.locator(".jp-WindowedPanel-outer").first.bounding_box()
            high = view.bounding_box()["height"]
            assert title in LONGER or high <= panel["height"], title
            too_wide = "view => view.scrollWidth > view.clientWidth + 1"
            assert not view.evaluate(too_wide), title
            for row in view.locator(":scope > .widget-hbox").all():
                assert title in LONGER or row.bounding_box()["height"] < 48, title
    cells = page.locator(".jp-Cell").count()
    for title in VIEWS:
        view = notebook.view(title).box
        for number in range(view.evaluate(CONTROLS)):
            page.evaluate("number => window.controls[number].focus()", number)
            for key in ("x", "d", "d", "a", "b", "ArrowUp", "ArrowDown", "Enter"):
                page.keyboard.press(key)
            view.wait_for()
        page.wait_for_timeout(200)
        assert page.locator(".jp-Cell").count() == cells, title
        assert view.count() == 1, title


def test_a_view_answers_while_a_cell_runs_or_says_that_it_cannot(open_scratch):
    notebook = open_scratch(
        "import time\nfrom cnn_course import views\nview = views.correlation_stepper()",
        "view",
        "time.sleep(3)",
        "with view.lock:\n    time.sleep(3)",
    )
    notebook.begin("notebook:run-all-cells")
    view = notebook.view("Cross-correlation, step by step")
    view.part("place:0,1").click()
    view.says("= 5;", seconds=3)  # the first cell that sleeps has not ended
    view.slide("padding")
    view.says("padding 1", seconds=3)
    view.page.get_by_text("[3]:").wait_for()  # that cell is done
    view.slide("padding", "ArrowLeft")  # now nobody can draw
    busy = notebook.page.locator(".cnn-view.cnn-busy")
    busy.wait_for(timeout=3000)
    busy.wait_for(state="detached", timeout=10_000)
    view.says("padding 0")
