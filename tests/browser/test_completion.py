"""Tab and Shift-Tab in JupyterLab: what the kernel proposes and explains arrives in the list and in the tooltip."""

import pytest

from .conftest import TOKEN, wait_for
from .test_welcome import NOTEBOOK, command

PANEL = "window.jupyterapp.shell.currentWidget"


@pytest.fixture(scope="module")
def page(lab, browser, scratch):
    """The notebook with a tensor in its kernel."""
    browser.get(f"{lab}/lab/tree/{NOTEBOOK}?token={TOKEN}&reset")
    kernel = f"return {PANEL.replace('.shell', '?.shell?')}?.context?.sessionContext?.session?.kernel?.status"
    wait_for(lambda: browser.execute_script(kernel) == "idle", "the kernel did not get ready in the browser")
    write(browser, "let x = Tensor::zeros((2, 2), DType::F32, &Device::Cpu)?;", 0)
    command(browser, "notebook:run-cell")
    (scratch / "screenshots").mkdir(parents=True, exist_ok=True)
    return browser


def write(browser, text, cursor):
    """Puts text into a new cell at the end and the cursor at a column of it."""
    browser.execute_script(f"""
        const notebook = {PANEL}.content;
        notebook.activeCellIndex = notebook.widgets.length - 1;
    """)
    command(browser, "notebook:insert-cell-below")
    browser.execute_script(f"""
        const notebook = {PANEL}.content;
        notebook.mode = 'edit';
        const cell = notebook.activeCell;
        cell.model.sharedModel.setSource(arguments[0]);
        cell.editor.focus();
        cell.editor.setCursorPosition({{ line: 0, column: arguments[1] }});
    """, text, cursor)


def shown(browser, selector):
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.offsetHeight > 0).map(e => e.innerText)", selector)


def test_tab_lists_a_tensors_methods(page, scratch):
    write(page, "x.sq", 4)
    command(page, "completer:invoke-notebook")
    wait_for(lambda: shown(page, ".jp-Completer-item"), "no list of completions came", seconds=60)
    page.save_screenshot(str(scratch / "screenshots/completion.png"))
    texts = " ".join(shown(page, ".jp-Completer-item"))
    assert "sqrt" in texts and "squeeze" in texts
    command(page, "completer:select-notebook")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_shift_tab_explains_a_method(page, scratch, theme):
    command(page, "apputils:change-theme", theme=theme)
    write(page, "x.matmul(&x)?", 4)
    command(page, "tooltip:launch-notebook")
    wait_for(lambda: shown(page, ".jp-Tooltip-content"), "no tooltip came", seconds=60)
    page.save_screenshot(str(scratch / f"screenshots/tooltip-{theme.split()[-1].lower()}.png"))
    (text,) = shown(page, ".jp-Tooltip-content")
    assert "fn matmul(&self, rhs: &Self) -> Result<Self>" in text and "matrix-multiplication" in text
    command(page, "tooltip:dismiss")
