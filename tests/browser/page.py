"""A notebook in JupyterLab, as the browser tests handle it."""

import json
import urllib.request

import nbformat
from selenium.webdriver.common.by import By

from .conftest import TOKEN, wait_for

STATE = """
    const context = window.jupyterapp?.shell?.currentWidget?.context;
    return [context?.path, context?.sessionContext?.session?.kernel?.status];
"""


def put_notebook(address, path, cells):
    """Writes a notebook of these code cells, by id, by way of the server, as a front end does."""
    code = [nbformat.v4.new_code_cell(source, id=name) for name, source in cells.items()]
    kernel = {"name": "rust-course", "display_name": "Rust (LLM course)", "language": "rust"}
    notebook = nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": kernel, "language_info": {"name": "rust"}})
    body = json.dumps({"type": "notebook", "content": notebook}).encode()
    request = urllib.request.Request(f"{address}/api/contents/{path}?token={TOKEN}", body, method="PUT")
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request, timeout=30).close()


def command(browser, name, **arguments):
    """Has JupyterLab carry out one of its commands, and waits for it, whether it succeeds or not."""
    browser.execute_async_script(
        "const done = arguments[2]; window.jupyterapp.commands.execute(arguments[0], arguments[1]).then(() => done(), () => done())",
        name, arguments)


class Page:
    """The notebook that is open in front; its cells go by their ids."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address

    def open(self, path):
        self.browser.get(f"{self.address}/lab/tree/{path}?token={TOKEN}&reset")
        self.ready(path)

    def ready(self, path):
        """Waits until this notebook is in front and its kernel idle."""
        wait_for(lambda: self.browser.execute_script(STATE) == [path, "idle"], f"{path} did not get ready in the browser",
                 lambda: str(self.browser.execute_script(STATE)))

    def cells(self):
        """The cells as the front end has them."""
        return self.browser.execute_script(
            "return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => cell.toJSON())")

    def index(self, identity):
        return next(index for index, cell in enumerate(self.cells()) if cell["id"] == identity)

    def run(self, *identities):
        """Runs cells, each to its end."""
        for identity in identities:
            self.browser.execute_script(
                "window.jupyterapp.shell.currentWidget.content.activeCellIndex = arguments[0]", self.index(identity))
            command(self.browser, "notebook:run-cell")

    def panel(self):
        """The element of the notebook in front; others may be open behind it."""
        return self.browser.execute_script("return window.jupyterapp.shell.currentWidget.node")

    def cell(self, identity):
        """The element of a cell."""
        return self.panel().find_elements(By.CSS_SELECTOR, ".jp-Cell")[self.index(identity)]
