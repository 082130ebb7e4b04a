"""Reads the documentation of functions and classes out of libraries for data science, without importing them."""

import ast
import re

LIBRARIES = ["pandas", "scikit-learn", "scipy", "numpy", "matplotlib", "seaborn", "scikit-image", "statsmodels", "networkx", "xarray"]
# Headings of numpydoc under which stand lists and not prose.
HEADING = re.compile(r"^(\w[\w ]+)\n[-=~]{3,}$", re.MULTILINE)


def docstrings(packages):
    """(library, module, name, documentation) of every public function and class."""
    for library in LIBRARIES:
        for path, text in packages.texts(library, ".py"):
            if re.search(r"(^|/)(tests?|_?vendored?|externals?|extern|backends|distutils|f2py|conftest\.py|_lib)(/|$)", path):
                continue
            try:
                tree = ast.parse(text)
            except SyntaxError:
                continue
            module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                    documentation = ast.get_docstring(node)
                    if documentation:
                        yield library, module, node.name, documentation


def sections(documentation: str) -> dict[str, str]:
    """The parts of a documentation by their headings; what comes before the first one is under an empty name."""
    parts = HEADING.split(documentation)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}
