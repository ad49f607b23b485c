"""Every notebook in JupyterLab: run, touched, saved, and opened again without a kernel.

What is done with a view stands in use_*.py, one file a view.
"""

import importlib
import re

import nbformat
import use_exercises
from lab import NOTEBOOKS, ROOT, LiveView
from use_output_size import TITLE

from cnn_course.publishing.server import VIEW

VIEWS = {  # notebook: views in it; those of several notebooks where they come first
    "01_cross_correlation": ["correlation", "kernel_lab"],
    "02_learning_edge_kernels": ["edge_learner", "kernel_lab"],
    "03_channels_and_shapes": ["output_size"],
    "04_pooling": ["pooling"],
    "05_lenet": ["training_curves", "explorer", "lenet_at_work"],
    "06_alexnet": ["augmentation"],
    "07_vgg": ["vgg_builder"],
    "08_nin": ["class_maps"],
    "09_one_by_one_convolution": ["ablation_explorer"],
}


def pictures_in(saved):
    outputs = [output for cell in saved.cells for output in cell.get("outputs", [])]
    kinds = [set(output.get("data", {})) for output in outputs]
    return sum(bool(kind & {"image/png", "image/jpeg"}) for kind in kinds)


def check_saved_pictures(notebook, saved):
    """The page shows the saved pictures, and no view that has died."""
    expected = pictures_in(saved)
    assert notebook.shown_pictures(expected) == expected
    assert "model not found" not in notebook.page.content()
    assert notebook.page.locator(".cnn-view").count() == 0


def test_notebook(path, open_notebook, record_latency):
    notebook = open_notebook(path.name)
    check_saved_pictures(notebook, nbformat.read(path, as_version=4))

    notebook.run_all()
    assert "model not found" not in notebook.page.content()
    for name in VIEWS.get(path.stem, []):
        importlib.import_module(f"use_{name}").use(notebook, record_latency)

    notebook.save()
    saved = nbformat.read(notebook.path, as_version=4)
    code = [cell for cell in saved.cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert [o for o in outputs if o.output_type == "error"] == []
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert VIEW not in notebook.path.read_text(encoding="utf-8")
    assert "widgets" not in saved.metadata

    use_exercises.use(notebook, path.stem[:2])
    saved = nbformat.from_dict(notebook.save())
    notebook.shut_down()
    notebook.load()
    check_saved_pictures(notebook, saved)


def test_every_view_is_in_a_notebook_and_has_its_test():
    modules = {
        path.stem
        for path in (ROOT / "cnn_course" / "views").glob("*.py")
        if re.search(r"(return|=) View\(", path.read_text(encoding="utf-8"))
    }
    tested = {name for names in VIEWS.values() for name in names}
    assert modules | {"explorer"} == tested
    assert set(VIEWS) <= {path.stem for path in NOTEBOOKS.glob("*.ipynb")}


def test_training_can_be_watched_and_interrupted(open_scratch):
    code = """
        import os, torch
        assert os.environ["OMP_WAIT_POLICY"] == "passive"  # before the course is there
        from cnn_course import load_data_fashion_mnist, train
        from cnn_course.networks import lenet
        from cnn_course.views import training_curves

        data = load_data_fashion_mnist(32, train_size=2000, test_size=200)
        net = lenet()
        """
    start = "history = train(net, *data, 500, lr=0.005, progress=training_curves)"
    notebook = open_scratch(code, start, "print(len(history), 'epochs kept')")
    importlib.import_module("use_training_curves").use_while_training(notebook)
    notebook.page.wait_for_timeout(500)
    cells = notebook.save()["cells"]
    (kept,) = cells[-1]["outputs"]
    assert int("".join(kept["text"]).split()[0]) >= 1


def test_a_view_for_the_room_has_a_panel_of_its_own_without_a_scroll_bar(open_notebook):
    """What TEACHING tells a lecturer to do, on a projector of 1280 × 720."""
    notebook = open_notebook("03_channels_and_shapes.ipynb")
    notebook.run_all()
    page = notebook.page
    page.set_viewport_size({"width": 1280, "height": 720})
    notebook.view(TITLE).box.click(button="right", position={"x": 300, "y": 15})
    page.get_by_text("Create New View for Cell Output").click()
    notebook.command("application:set-mode", mode="single-document")
    panel = page.locator(".jp-LinkedOutputView")
    panel.wait_for()
    inside = "panel => [panel.scrollHeight - panel.clientHeight, panel.clientWidth]"
    over, width = panel.evaluate(inside)
    assert over <= 0 and width > 900
    view = LiveView(page, TITLE, panel)
    view.says("7×7 becomes 6×6")
    view.slide("stride", times=2)
    view.says("33 of 49 pixels are never looked at")
    assert panel.evaluate(inside)[0] <= 0
