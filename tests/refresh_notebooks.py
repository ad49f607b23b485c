"""Run notebooks and keep their outputs, clean enough to commit.

    python tests/refresh_notebooks.py [notebooks/05_lenet.ipynb …]     default: all

Needs the real Fashion-MNIST, because that is what the committed outputs show. Widget
views are dropped: a saved progress bar would only say "model not found". The picture in
the README is cut out of notebook 05.
"""

import base64
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cnn_course.sources import find_fashion_mnist

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
README_PICTURE = ("05_lenet.ipynb", "one-shoe", NOTEBOOKS / "results" / "one_shoe.png")
WIDGET = "application/vnd.jupyter.widget-view+json"


def without_widgets(outputs):
    """Drop widget views, and join the streams that they had kept apart."""
    kept = []
    for output in outputs:
        if WIDGET in output.get("data", {}):
            continue
        if kept and "name" in output and output.get("name") == kept[-1].get("name"):
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def refresh(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=1200, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the times of this run
        if cell.cell_type == "code":
            cell.outputs = without_widgets(cell.outputs)
        if (path.name, cell.id) == README_PICTURE[:2]:
            png = next(o.data["image/png"] for o in cell.outputs if "data" in o)
            README_PICTURE[2].write_bytes(base64.b64decode(png))
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def main():
    if os.environ.get("CNN_COURSE_DATA"):  # kernels start in another folder
        os.environ["CNN_COURSE_DATA"] = os.path.abspath(os.environ["CNN_COURSE_DATA"])
    folder, name, why = find_fashion_mnist()
    if folder is None:
        sys.exit(f"This needs the real Fashion-MNIST, but found {name}: {why}")
    for path in map(Path, sys.argv[1:] or sorted(map(str, NOTEBOOKS.glob("*.ipynb")))):
        print(path.name, flush=True)
        refresh(path)


if __name__ == "__main__":
    main()
