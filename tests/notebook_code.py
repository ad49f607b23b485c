"""Get at what a notebook defines and needs, without running the notebook."""

import ast
import builtins
import symtable
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
ALWAYS = {*dir(builtins), "display"}  # there in every kernel
KEEP = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def statements(notebook):
    """Return the imports, functions, classes and TABLES in its cells, parsed."""
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    found = [node for source in code for node in ast.parse(source).body]
    return [node for node in found if isinstance(node, KEEP) or _is_table(node)]


def _is_table(node):
    """Say if this is NAME = a literal, as a network's table of layers is."""
    try:
        return node.targets[0].id.isupper() and (ast.literal_eval(node.value) or True)
    except (AttributeError, ValueError):
        return False


def definitions(notebook):
    """Return {name: function, class or module} after running only those statements."""
    namespace = {"__name__": notebook}
    module = ast.Module(statements(notebook), type_ignores=[])
    exec(compile(module, notebook, "exec"), namespace)
    return namespace


def source_of(nodes, name):
    """Return the syntax of the function or class `name`, docstrings taken out."""
    (found,) = (node for node in nodes if getattr(node, "name", None) == name)
    for node in ast.walk(found):
        named = isinstance(node, (ast.FunctionDef, ast.ClassDef))
        if named and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(found)


def needs(source):
    """Return the names that code uses, also in its functions, and does not make."""
    module = symtable.symtable(source, "cell", "exec")
    made = (s for s in module.get_symbols() if s.is_assigned() or s.is_imported())
    tables, used = [module], set()
    for table in tables:
        tables += table.get_children()
        read = (s for s in table.get_symbols() if s.is_referenced())
        used |= {s.get_name() for s in read if table is module or s.is_global()}
    return used - {s.get_name() for s in made} - ALWAYS
