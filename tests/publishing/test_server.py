"""What Jupyter's server does: a saved notebook keeps a view's picture, not the view."""

import base64
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import nbformat
from jupyter_server.extension.manager import ExtensionPackage
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cnn_course.files import NOTEBOOKS
from cnn_course.publishing import server
from cnn_course.publishing.server import VIEW, keep_pictures, without_views

PNG = base64.b64encode(b"a picture").decode()
LIVE = {VIEW: {"model_id": "1"}, "text/plain": "[picture] a view"}


def data(bundle):
    return new_output("display_data", dict(bundle))


def printed(text):
    return new_output("stream", name="stdout", text=text)


def test_a_progress_bar_goes_what_was_printed_around_it_is_joined_and_the_rest_stays():
    others = [new_output("stream", name="stderr", text="oh"), printed("end")]
    others += [data({"image/png": PNG}), data({"text/plain": "7"})]
    others += [new_output("error", ename="E", evalue="e", traceback=[])]
    around = [printed("epoch 1\n"), data(LIVE), printed("epoch 2\n")]
    kept = without_views([*around, *others])
    assert kept == [printed("epoch 1\nepoch 2\n"), *others]


def with_a_view(source):
    """Return a notebook as the contents manager hands it over: with live views."""
    cell = new_code_cell("view", outputs=[data(LIVE | {"image/png": PNG}), data(LIVE)])
    text = nbformat.v4.new_markdown_cell("text")
    notebook = new_notebook(cells=[new_code_cell(source), text, cell])
    states = {"version_major": 2, "version_minor": 0, "state": {}}
    kind = "application/vnd.jupyter.widget-state+json"
    notebook.metadata["widgets"] = {kind: states}
    return {"type": "notebook", "content": notebook}


def test_the_hook_leaves_alone_what_does_not_use_the_course():
    for model in (
        with_a_view("import ipywidgets"),
        {"type": "file", "content": "text"},
        {"type": "directory", "content": None},
        {"type": "notebook", "content": {"nbformat": 3, "worksheets": []}},
    ):
        before = deepcopy(model)
        keep_pictures(model)
        assert model == before


def test_installing_switches_the_extension_on():
    config = Path(sysconfig.get_path("data"), "etc/jupyter/jupyter_server_config.d")
    installed = json.loads((config / "cnn_course.json").read_text("utf-8"))
    (name,) = installed["ServerApp"]["jpserver_extensions"]
    package = ExtensionPackage(name=name, enabled=True)
    assert package.validate()


def test_a_server_with_the_extension_saves_pictures(tmp_path):
    manager = LargeFileManager(root_dir=str(tmp_path))
    extension = ExtensionPackage(name="cnn_course.publishing.server", enabled=True)
    extension.load_all_points(SimpleNamespace(contents_manager=manager))
    model = with_a_view("import cnn_course") | {"format": "json"}
    manager.save(model, "saved.ipynb")
    notebook = nbformat.read(tmp_path / "saved.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    (kept,) = notebook.cells[2].outputs  # of two views, the one that has a picture
    assert kept["data"] == {"image/png": PNG, "text/plain": "[picture] a view"}


def test_a_page_of_html_has_the_picture_and_no_empty_view(tmp_path):
    # What installing puts in its place lies in a folder of the test's own.
    installed = Path(server.__file__).with_name("nbconvert_config.json")
    shutil.copy(installed, tmp_path / "jupyter_nbconvert_config.json")
    bundle = LIVE | {"image/png": PNG}
    code = f"import cnn_course\ndisplay({bundle}, raw=True)"
    nbformat.write(new_notebook(cells=[new_code_cell(code)]), tmp_path / "a.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html"]
    settings = os.environ | {"JUPYTER_CONFIG_PATH": str(tmp_path)}
    subprocess.run([*command, str(tmp_path / "a.ipynb")], env=settings, check=True)
    page = (tmp_path / "a.html").read_text("utf-8")
    assert f'src="data:image/png;base64,{PNG}"' in page
    assert "widget" not in page.split("<body")[1].replace(VIEW, "", 1)  # of the code


def test_installing_switches_the_preprocessor_on():
    root = NOTEBOOKS.parent
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    targets = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    (source,) = (s for s, to in targets.items() if to.endswith("nbconvert_config.json"))
    assert targets[source] == "etc/jupyter/jupyter_nbconvert_config.json"
    (name,) = json.loads((root / source).read_text())["Exporter"]["preprocessors"]
    assert name == f"{server.__name__}.{server.convert_pictures.__name__}"
