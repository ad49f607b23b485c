"""A saved notebook keeps a view's picture, not the view."""

import base64
from copy import deepcopy

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cnn_course.publishing.saving import VIEW, keep_pictures, without_views

PNG = base64.b64encode(b"a picture").decode()
LIVE = {VIEW: {"model_id": "1"}, "text/plain": "[picture] a view"}


def data(bundle, kind="display_data"):
    return new_output(kind, deepcopy(bundle))


def printed(text):
    return new_output("stream", name="stdout", text=text)


def test_a_view_with_a_picture_leaves_the_picture_and_its_text():
    (kept,) = without_views([data(LIVE | {"image/png": PNG}, "execute_result")])
    assert kept["data"] == {"image/png": PNG, "text/plain": "[picture] a view"}
    assert kept["output_type"] == "execute_result"


def test_a_progress_bar_goes_and_what_was_printed_around_it_is_joined():
    outputs = [printed("epoch 1\n"), data(LIVE), printed("epoch 2\n")]
    outputs += [new_output("stream", name="stderr", text="oh"), printed("end")]
    kept = without_views(outputs)
    assert [output["text"] for output in kept] == ["epoch 1\nepoch 2\n", "oh", "end"]
    assert outputs[0]["text"] == "epoch 1\n"


def test_lines_in_lists_are_joined_too():
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]}] * 2
    assert without_views(outputs)[0]["text"] == "a\nb\na\nb\n"


def test_what_is_no_view_stays_as_it_is():
    outputs = [printed("a"), data({"image/png": PNG}), data({"text/plain": "7"})]
    outputs += [new_output("error", ename="E", evalue="e", traceback=[])]
    assert without_views(outputs) == outputs


def test_the_hook_cleans_a_notebook_and_leaves_it_valid():
    cell = new_code_cell("view", outputs=[data(LIVE | {"image/png": PNG}), data(LIVE)])
    notebook = new_notebook(cells=[nbformat.v4.new_markdown_cell("text"), cell])
    notebook.metadata["widgets"] = {"state": {}}
    keep_pictures({"type": "notebook", "content": notebook}, path="x", more=1)
    notebook = nbformat.from_dict(notebook)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata and VIEW not in str(notebook)
    assert len(notebook.cells[1].outputs) == 1


def test_the_hook_leaves_other_files_alone():
    for model in (
        {"type": "file", "content": "text"},
        {"type": "directory", "content": None},
        {"type": "notebook", "content": {"nbformat": 3, "worksheets": []}},
    ):
        before = deepcopy(model)
        keep_pictures(model)
        assert model == before
