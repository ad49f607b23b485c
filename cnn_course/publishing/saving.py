"""What JupyterLab's server does whenever a notebook of the course is saved.

A live view exists only as long as its kernel: opened again, a saved notebook would say
"model not found" in its place. So the file keeps the view's static picture instead.
The README's command passes `keep_pictures` as `ContentsManager.pre_save_hook`.
"""

VIEW = "application/vnd.jupyter.widget-view+json"


def keep_pictures(model, **_):
    """Drop live views from the notebook that is about to be saved, in place.

    model  what the contents manager hands over: {"type": …, "content": …}
    """
    if model["type"] != "notebook" or model["content"]["nbformat"] != 4:
        return
    content = model["content"]
    content["metadata"].pop("widgets", None)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = without_views(cell["outputs"])


def without_views(outputs):
    """Return the outputs without live views; a view's picture and text stay.

    An output that is nothing but a view, such as a progress bar, goes; the printed
    lines that it had kept apart are joined.
    """
    kept = []
    for output in outputs:
        data = output.get("data", {})
        if VIEW in data:
            rest = {kind: value for kind, value in data.items() if kind != VIEW}
            if not any(kind.startswith("image/") for kind in rest):
                continue
            output = {**output, "data": rest}
        before = kept[-1] if kept else {}
        if "name" in output and output["name"] == before.get("name"):
            text = [_joined(before["text"]), _joined(output["text"])]
            kept[-1] = {**before, "text": "".join(text)}
        else:
            kept.append(output)
    return kept


def _joined(text):
    return text if isinstance(text, str) else "".join(text)  # both are allowed
