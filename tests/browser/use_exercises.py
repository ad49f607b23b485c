"""Exercises in JupyterLab: answered wrongly, absurdly and rightly, by typing.

Every exercise of the notebook that is open is answered in its own cell, and what the
student then sees on the page is compared with what the exercise declares.
"""

from cnn_course.exercises import EXERCISES, PREDICTIONS

# Make the cell with this id the active one, bring it on the screen, return its number.
ACTIVATE = """async id => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const index = notebook.widgets.findIndex(cell => cell.model.id === id);
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'center');
  return index;
}"""
FOLDED = """id => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  return notebook.widgets.find(cell => cell.model.id === id).inputHidden;
}"""


def use(notebook, number):
    """Answer all exercises of the notebook with this number, such as "03"."""
    saved = {cell["id"]: "".join(cell["source"]) for cell in notebook.save()["cells"]}
    own = [e for e in EXERCISES.values() if e.id.startswith(number)]
    for exercise in own:
        cell = f"ex-{exercise.id.partition('.')[2]}"
        assert notebook.page.evaluate(FOLDED, f"{cell}-solution") is True
        wrong = exercise.misconceptions[-1]
        trials = [
            "from cnn_course.exercises import EXERCISES",
            f'wrong = EXERCISES["{exercise.id}"].misconceptions[-1].example',
            f'check("{exercise.id}", wrong)',
            f'check("{exercise.id}", b"banana")',
            "hint()",
            saved[f"{cell}-solution"].replace(", keep=False)", ")"),
        ]
        box = answer(notebook, cell, "\n".join(trials))
        box.filter(has_text=f"✓ {exercise.id} · Right.").wait_for(timeout=20_000)
        texts = [text.strip() for text in box.all_inner_texts()]
        assert [text[0] for text in texts] == ["✗", "✗", "→", "✓"], texts
        assert plain(wrong.says) in plain(texts[0])
        assert plain(exercise.because) in plain(texts[3])
    guesses = [name for name in PREDICTIONS if name.startswith(number)]
    for name in guesses:
        value = PREDICTIONS[name].options[:1] or 5
        cell, source = f"predict-{name[3:]}", f'predict("{name}", {value!r})'
        box = answer(notebook, cell, source)
        box.filter(has_text=f"→ {name} · kept:").wait_for(timeout=20_000)
    if own:
        row = answer(notebook, "ex-progress", f'progress("{number}")', "")
        done = f"{len(own)} of {len(own)} exercises done, "
        done += f"{len(guesses)} of {len(guesses)} predictions made."
        row.filter(has_text=done).wait_for(timeout=20_000)


def answer(notebook, cell, source, inside=" > div"):
    """Type `source` into a cell and run it; return the boxes that it shows."""
    page = notebook.page
    page.evaluate(ACTIVATE, cell)
    active = page.locator(".jp-Notebook-cell.jp-mod-active")
    active.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)
    notebook.command("notebook:run-cell")
    return active.locator(f".jp-OutputArea-output.jp-RenderedHTML{inside}")


def plain(text):
    """Return a text without the marks of code, as a page shows it."""
    return " ".join(text.replace("`", "").split())
