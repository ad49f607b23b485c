"""What Jupyter's server does for the course: an extension that comes with the package.

Installing puts server_extension.json where the server looks for its extensions, and
with that this one is switched on. Kernels find the variables of `share_cores` set
before they load torch, because importing the course has set them in the server, and
saved notebooks keep the pictures of their views. nbconvert finds its part likewise, in
nbconvert_config.json: a page of HTML would show an empty view, not the picture beside.
"""

VIEW = "application/vnd.jupyter.widget-view+json"


def _jupyter_server_extension_points():
    return [{"module": __name__}]


def _load_jupyter_server_extension(server):
    server.contents_manager.register_pre_save_hook(keep_pictures)


def keep_pictures(model, **_):
    """Drop live views from a notebook of the course that is about to be saved.

    A live view exists only as long as its kernel: opened again, a saved notebook would
    say "model not found" in its place. So the file keeps its static picture instead.

    model  what the contents manager hands over, {"type": …, "content": …}; changed in
           place. A notebook that does not use the course is left alone.
    """
    cells = model["content"].get("cells", []) if model["type"] == "notebook" else []
    if any("cnn_course" in str(cell["source"]) for cell in cells):
        drop_views(model["content"])


def convert_pictures(notebook, resources):
    """Do the same for whatever `jupyter nbconvert` makes: one of its preprocessors."""
    keep_pictures({"type": "notebook", "content": notebook})
    return notebook, resources


def drop_views(notebook):
    """Drop live views from any notebook, in place."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = without_views(cell["outputs"])


def without_views(outputs):
    """Return the outputs without live views, changed in place; a view's picture stays.

    An output that is nothing but a view, such as a progress bar, goes; the printed
    lines that it had kept apart are joined.
    """
    kept = []
    for output in outputs:
        data = output.get("data", {})
        if data.pop(VIEW, None) and not any("image/" in kind for kind in data):
            continue
        if kept and "name" in output and output["name"] == kept[-1].get("name"):
            kept[-1]["text"] += output["text"]
        else:
            kept.append(output)
    return kept
