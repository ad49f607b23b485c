"""Run notebooks and keep their outputs, clean enough to commit.

    python tests/refresh_notebooks.py [notebooks/05_lenet.ipynb …]     default: all

Needs the real Fashion-MNIST, because that is what the committed outputs show. Live
views leave their pictures, as whenever JupyterLab saves. The picture in the README is
cut out of notebook 05. How long each notebook took goes into
notebooks/results/run_times.csv, where the README's table has it from.
"""

import base64
import csv
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cnn_course.machine import chosen_budget, provenance, try_gpu
from cnn_course.saving import without_views
from cnn_course.sources import find_fashion_mnist

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
RUN_TIMES = NOTEBOOKS / "results" / "run_times.csv"
README_PICTURE = ("05_lenet.ipynb", "one-shoe", NOTEBOOKS / "results" / "one_shoe.png")


def refresh(path):
    """Run one notebook, write it back with its outputs, return the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    NotebookClient(
        notebook, timeout=1200, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    seconds = time.perf_counter() - start
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the times of this run
        if cell.cell_type == "code":
            cell.outputs = nbformat.from_dict(without_views(cell.outputs))
        if (path.name, cell.id) == README_PICTURE[:2]:
            png = next(o.data["image/png"] for o in cell.outputs if "data" in o)
            README_PICTURE[2].write_bytes(base64.b64decode(png))
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds


def record_time(path, seconds):
    """Replace the row of this notebook on this kind of device in run_times.csv."""
    row = {
        "notebook": path.stem,
        "device": try_gpu().type,
        "budget": chosen_budget(),
        "seconds": round(seconds, 1),
        **provenance(),
    }
    rows = {}
    if RUN_TIMES.exists():
        with open(RUN_TIMES, newline="", encoding="utf-8") as file:
            rows = {(r["notebook"], r["device"]): r for r in csv.DictReader(file)}
    rows[row["notebook"], row["device"]] = row
    with open(RUN_TIMES, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row.keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


def main():
    if os.environ.get("CNN_COURSE_DATA"):  # kernels start in another folder
        os.environ["CNN_COURSE_DATA"] = os.path.abspath(os.environ["CNN_COURSE_DATA"])
    folder, name, why = find_fashion_mnist()
    if folder is None:
        sys.exit(f"This needs the real Fashion-MNIST, but found {name}: {why}")
    for path in map(Path, sys.argv[1:] or sorted(map(str, NOTEBOOKS.glob("*.ipynb")))):
        seconds = refresh(path)
        record_time(path, seconds)
        print(f"{path.name}: {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
