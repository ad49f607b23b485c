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
import re
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
from cnn_course.publishing.server import drop_views
from cnn_course.studies import provenance

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
RESULTS = NOTEBOOKS / "results"
LONG = 5  # seconds
# What the kernel is asked at the end: the most memory that it ever had in hand, in MB.
# Linux counts in its own file: getrusage would know a larger parent's, too.
PEAK = (
    "next(int(line.split()[1]) * 1024 / 1e6 for line in "
    "open('/proc/self/status') if line.startswith('VmHWM'))"
)
# A picture's description, folded into one line under it.
IN_WORDS = re.compile(r"<details><summary>In words</summary>(.*?)</details>", re.DOTALL)
README_PICTURE = ("05_lenet.ipynb", "one-shoe", RESULTS / "one_shoe.png")


def refresh(path):
    """Run one notebook and write it back with its outputs.

    Returns the seconds that it took, the MB of memory that its kernel needed at most
    (None where no Linux counts them), and the seconds of its long cells by cell id.
    """
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=1200, resources={"metadata": {"path": str(path.parent)}}
    )
    with client.setup_kernel():
        client.execute(cleanup_kc=False)  # it is still there when it is asked
        peak_mb = peak_mb_of(client) if sys.platform == "linux" else None
    seconds = time.perf_counter() - start
    drop_views(notebook)
    notebook.metadata.language_info = {"name": "python"}
    long_cells = {}
    for cell in notebook.cells:
        times = cell.metadata.pop("execution", None)
        if times and seconds_between(times) >= LONG:
            long_cells[cell.id] = seconds_between(times)
        if (path.name, cell.id) == README_PICTURE[:2]:
            png = next(o.data["image/png"] for o in cell.outputs if "data" in o)
            README_PICTURE[2].write_bytes(base64.b64decode(png))
    describe(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds, peak_mb, long_cells


def describe(notebook):
    """Add each picture's folded description to its alt text, in place."""
    pictures = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            every = [
                about for o in cell.outputs for about in o.get("metadata", {}).values()
            ]
            own = [a for a in every if isinstance(a, dict) and "alt" in a]
            pictures = own or pictures  # a table may stand between
        elif found := IN_WORDS.search(cell.source):
            for about in pictures:
                if found[1] not in about["alt"]:
                    about["alt"] += f". {found[1]}"
            pictures = []


def peak_mb_of(client):
    # Silent, and no cell: the notebook and its numbering know nothing of it.
    asked = client.kc.execute("", silent=True, user_expressions={"mb": PEAK})
    answer = client.wait_for_reply(asked)["content"]["user_expressions"]["mb"]
    return round(float(answer["data"]["text/plain"]))


def seconds_between(times):
    """Return how long a cell ran, from the kernel's messages about it."""
    start, end = (
        datetime.fromisoformat(times[message].replace("Z", "+00:00"))
        for message in ("iopub.execute_input", "shell.execute_reply")
    )
    return (end - start).total_seconds()


def record(file, notebook, measured):
    """Replace the rows of this notebook on this kind of device in a CSV file."""
    here = {"notebook": notebook, "device": try_gpu().type}
    about = here | {"budget": chosen_budget()}
    rows = [about | row | provenance() for row in measured]
    with open(file, newline="", encoding="utf-8") as opened:
        kept = [r for r in csv.DictReader(opened) if not here.items() <= r.items()]
    with open(file, "w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, [*kept, *rows][0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(kept + rows, key=itemgetter("notebook", "device")))


def main():
    if os.environ.get("CNN_COURSE_DATA"):  # kernels start in another folder
        os.environ["CNN_COURSE_DATA"] = os.path.abspath(os.environ["CNN_COURSE_DATA"])
    _, test_iter = load_data_fashion_mnist(128)  # says where the data come from
    if test_iter.name != "Fashion-MNIST":
        sys.exit(f"This needs all of Fashion-MNIST, but found {test_iter.name}.")
    # Your own answers do not belong into the committed outputs.
    os.environ["CNN_COURSE_STATE"] = tempfile.mkdtemp()
    for path in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.glob("*.ipynb"))):
        seconds, peak_mb, long_cells = refresh(path)
        whole = {"seconds": round(seconds, 1), "peak_mb": peak_mb}
        record(RESULTS / "run_times.csv", path.stem, [whole])
        cells = [{"cell": c, "seconds": round(s, 1)} for c, s in long_cells.items()]
        record(RESULTS / "cell_times.csv", path.stem, cells)
        print(f"{path.name}: {seconds:.0f} s, {peak_mb} MB", flush=True)


if __name__ == "__main__":
    main()
