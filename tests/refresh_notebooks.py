"""Run notebooks and keep their outputs, clean enough to commit.

    python tests/refresh_notebooks.py [notebooks/05_lenet.ipynb …]     default: all

Needs the real Fashion-MNIST, because that is what the committed outputs show. Live
views leave their pictures, as whenever JupyterLab saves. The picture in the README is
cut out of notebook 05. How long each notebook took, and how much memory its kernel at
most, goes into notebooks/results/run_times.csv, and each of its cells that took LONG
seconds or more into cell_times.csv, where the README's tables have it from.
"""

import base64
import csv
import os
import sys
import tempfile
import time
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cnn_course import load_data_fashion_mnist
from cnn_course.device import chosen_budget, try_gpu
from cnn_course.publishing.reading import describe
from cnn_course.publishing.server import without_views
from cnn_course.studies import provenance

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
RUN_TIMES = NOTEBOOKS / "results" / "run_times.csv"
CELL_TIMES = NOTEBOOKS / "results" / "cell_times.csv"
LONG = 5  # seconds
# What the kernel is asked at the end: the most memory that it ever had in hand, in MB.
# Linux counts in its own file: getrusage would know a larger parent's, too.
PEAK = {
    "linux": "next(int(line.split()[1]) * 1024 / 1e6 for line in "
    "open('/proc/self/status') if line.startswith('VmHWM'))",
    "darwin": "__import__('resource').getrusage(0).ru_maxrss / 1e6",
}
README_PICTURE = ("05_lenet.ipynb", "one-shoe", NOTEBOOKS / "results" / "one_shoe.png")


def refresh(path):
    """Run one notebook and write it back with its outputs.

    Returns the seconds that it took, the MB of memory that its kernel needed at most
    (None where nobody counts), and the seconds of its long cells by cell id.
    """
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=1200, resources={"metadata": {"path": str(path.parent)}}
    )
    with client.setup_kernel():
        client.execute(cleanup_kc=False)  # it is still there when it is asked
        peak_mb = peak_mb_of(client)
    seconds = time.perf_counter() - start
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    long_cells = {}
    for cell in notebook.cells:
        times = cell.metadata.pop("execution", None)
        if times and seconds_between(times) >= LONG:
            long_cells[cell.id] = seconds_between(times)
        if cell.cell_type == "code":
            cell.outputs = nbformat.from_dict(without_views(cell.outputs))
        if (path.name, cell.id) == README_PICTURE[:2]:
            png = next(o.data["image/png"] for o in cell.outputs if "data" in o)
            README_PICTURE[2].write_bytes(base64.b64decode(png))
    describe(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds, peak_mb, long_cells


def peak_mb_of(client):
    """Ask the kernel for the most memory that it had; None where nobody counts."""
    if sys.platform not in PEAK:
        return None
    # Silent, and no cell: the notebook and its numbering know nothing of it.
    question = {"mb": PEAK[sys.platform]}
    asked = client.kc.execute("", silent=True, user_expressions=question)
    answer = client.wait_for_reply(asked)["content"]["user_expressions"]["mb"]
    return float(answer["data"]["text/plain"])


def seconds_between(times):
    """Return how long a cell ran, from the kernel's messages about it."""
    start, end = (
        datetime.fromisoformat(times[message].replace("Z", "+00:00"))
        for message in ("iopub.execute_input", "shell.execute_reply")
    )
    return (end - start).total_seconds()


def record_times(path, seconds, peak_mb, long_cells):
    """Replace the rows of this notebook on this kind of device in both files."""
    about = {"device": try_gpu().type, "budget": chosen_budget()}
    start = {"notebook": path.stem, **about}
    memory = "" if peak_mb is None else round(peak_mb)
    row = start | {"seconds": round(seconds, 1), "peak_mb": memory} | provenance()
    replace_rows(RUN_TIMES, path.stem, [row])
    rows = [
        start | {"cell": cell, "seconds": round(taken, 1)} | provenance()
        for cell, taken in long_cells.items()
    ]
    replace_rows(CELL_TIMES, path.stem, rows)


def replace_rows(file, notebook, rows):
    """Put `rows` into a CSV file in the place of this notebook's on this device.

    Older rows stay; of a column that they lack they have nothing in it.
    """
    here = (notebook, try_gpu().type)
    kept = []
    if file.exists():
        with open(file, newline="", encoding="utf-8") as opened:
            kept = list(csv.DictReader(opened))
    kept = [row for row in kept if (row["notebook"], row["device"]) != here]
    if not kept + rows:
        return
    with open(file, "w", newline="", encoding="utf-8") as opened:
        columns = (rows or kept)[0].keys()
        writer = csv.DictWriter(opened, columns, lineterminator="\n")
        writer.writeheader()
        key = itemgetter("notebook", "device")
        writer.writerows(sorted(kept + rows, key=key))


def main():
    if os.environ.get("CNN_COURSE_DATA"):  # kernels start in another folder
        os.environ["CNN_COURSE_DATA"] = os.path.abspath(os.environ["CNN_COURSE_DATA"])
    _, test_iter = load_data_fashion_mnist(128)  # says where the data come from
    if test_iter.name != "Fashion-MNIST":
        sys.exit(f"This needs all of Fashion-MNIST, but found {test_iter.name}.")
    # Your own answers do not belong into the committed outputs.
    os.environ["CNN_COURSE_STATE"] = tempfile.mkdtemp()
    for path in map(Path, sys.argv[1:] or sorted(map(str, NOTEBOOKS.glob("*.ipynb")))):
        seconds, peak_mb, long_cells = refresh(path)
        record_times(path, seconds, peak_mb, long_cells)
        memory = "memory unknown" if peak_mb is None else f"{peak_mb:.0f} MB"
        print(f"{path.name}: {seconds:.0f} s, {memory}", flush=True)


if __name__ == "__main__":
    main()
