"""The first notebook in a real browser: it opens, all its cells run, and the learner sees what they show."""

import pytest

from .conftest import TOKEN, wait_for
from .page import command

NOTEBOOK = "chapters/00-setup/01-welcome.ipynb"

CELLS = "return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => cell.toJSON())"


@pytest.fixture(scope="module")
def page(lab, browser):
    """The notebook, open with its kernel ready, its outputs cleared and all cells run."""
    browser.get(f"{lab}/lab/tree/{NOTEBOOK}?token={TOKEN}&reset")
    kernel = "return window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel?.status"
    wait_for(lambda: browser.execute_script(kernel) == "idle", "the kernel did not get ready in the browser")
    command(browser, "notebook:clear-all-cell-outputs")
    command(browser, "notebook:run-all-cells")
    def over():
        cells = code(browser)
        return all(cell["execution_count"] for cell in cells) or any(failed(cell) and not may_fail(cell) for cell in cells)

    wait_for(lambda: over() and browser.execute_script(kernel) == "idle", "the cells did not all run")
    return browser


def code(browser):
    """The notebook's code cells, as the browser has them."""
    return [cell for cell in browser.execute_script(CELLS) if cell["cell_type"] == "code" and cell["source"].strip()]


def failed(cell):
    return any(output["output_type"] == "error" for output in cell["outputs"])


def may_fail(cell):
    """A cell that shows an error on purpose."""
    return "raises-exception" in cell["metadata"].get("tags", [])


def test_every_cell_ran_and_only_those_that_should_failed(page):
    for cell in code(page):
        assert failed(cell) == may_fail(cell), cell
    assert all(cell["execution_count"] for cell in code(page))


def test_the_outputs_are_on_the_page(page):
    with_output = [cell for cell in code(page) if cell["outputs"]]
    shown = page.execute_script("""
        return [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')]
            .filter(cell => [...cell.querySelectorAll('.jp-OutputArea-output')].some(output => output.offsetHeight > 0)).length
    """)
    assert shown == len(with_output)


def test_pictures_and_tables_are_drawn(page):
    sizes = page.execute_script("""
        // This notebook's: one that an earlier test has left behind it has no size.
        const panel = window.jupyterapp.shell.currentWidget.node;
        return [...panel.querySelectorAll('.jp-OutputArea-output svg, .jp-OutputArea-output img, .jp-OutputArea-output table')]
            .map(element => element.getBoundingClientRect()).map(box => [box.width, box.height])
    """)
    assert sizes and all(width > 20 and height > 10 for width, height in sizes)


def test_nothing_was_said_on_stderr(page):
    assert not [output for cell in code(page) for output in cell["outputs"] if output.get("name") == "stderr"]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_screenshot_is_kept(page, scratch, theme):
    command(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
    wait_for(lambda: page.execute_script("return document.body.dataset.jpThemeName") == f"JupyterLab {theme}", "the theme did not change")
    scroller = "const scroller = document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer');"
    content = f"{scroller} return [...scroller.querySelectorAll('.jp-Cell')].reduce((sum, cell) => sum + cell.offsetHeight, 0)"
    height = min(page.execute_script(content) + 300, 12_000)
    page.set_window_size(1280, height)
    page.execute_script(f"{scroller} scroller.scrollTop = 0; window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
    folder = scratch / "screenshots"
    folder.mkdir(exist_ok=True)
    picture = folder / f"welcome-{theme.lower()}.png"

    def painted():
        """The page is laid out and painted anew after a change of theme and size: an empty one is a small file."""
        page.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 500))")
        if page.save_screenshot(str(picture)) and picture.stat().st_size > 50_000:
            return True
        # A page as tall as this is now and then not painted at all; another size has it painted again.
        painted.tries += 1
        page.set_window_size(1280, max(height - 1500 * painted.tries, 1600) + painted.tries % 2)
        return False

    painted.tries = 0
    wait_for(painted, "the page stayed empty", lambda: f"{picture} has {picture.stat().st_size} bytes", seconds=60)
