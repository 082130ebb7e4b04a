"""Output in a real page: much of it, changing output, and each kind of display, light and dark."""

import json

import pytest

from .conftest import TOKEN, wait_for
from .test_welcome import CELLS, command

CODE = {
    "kinds": r"""
display(&Markdown::new("**Markdown**"));
display(&Math::new(r"\frac{a}{b}"));
display(&Latex::new("words with $x^2$"));
display(&Json::of(&vec![1, 2])?.expanded());
display(&Audio::new(&vec![0.0; 8000], 8000)?);
course::plotters::evcxr::evcxr_figure((200, 60), |_| Ok(()))
""",
    "curve": """
let curve = LiveCurve::new("loss");
for epoch in progress(0..3, "epochs") {
    for step in progress(0..40, "steps") {
        let at = (epoch * 40 + step) as f64;
        curve.push("training", at, 3.0 * (-at / 40.0).exp() + 0.3)?;
        if step % 10 == 9 { curve.push("validation", at, 3.0 * (-at / 45.0).exp() + 0.5)?; }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
curve.push("validation", 120, f64::NAN)?;
""",
    "lines": 'for i in 0..20_000 { println!("line {i} of twenty thousand, which are not that short"); } "all printed"',
    "marker": "1 + 1",
}


@pytest.fixture(scope="module")
def page(lab, browser, tmp_path_factory):
    """A notebook with these cells, all run."""
    cells = [{"cell_type": "code", "id": name, "metadata": {}, "outputs": [], "execution_count": None, "source": code.strip()}
             for name, code in CODE.items()]
    notebook = {"cells": cells, "nbformat": 4, "nbformat_minor": 5,
                "metadata": {"kernelspec": {"name": "rust-course", "display_name": "Rust", "language": "rust"}}}
    browser.get(f"{lab}/lab?token={TOKEN}")
    wait_for(lambda: browser.execute_script("return window.jupyterapp?.serviceManager?.isReady"), "JupyterLab did not get ready")
    browser.execute_async_script(
        "const done = arguments[1]; window.jupyterapp.serviceManager.contents.save('output.ipynb', "
        "{type: 'notebook', format: 'json', content: JSON.parse(arguments[0])}).then(() => done(), done)", json.dumps(notebook))
    browser.get(f"{lab}/lab/tree/output.ipynb?token={TOKEN}")
    kernel = "return window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel?.status"
    wait_for(lambda: browser.execute_script(kernel) == "idle", "the kernel did not get ready in the browser")
    # The longest that the page was busy with something else than answering, in milliseconds.
    browser.execute_script("""
        let last = performance.now(); window.longestPause = 0;
        setInterval(() => { const now = performance.now(); window.longestPause = Math.max(window.longestPause, now - last); last = now; }, 50);
        window.jupyterapp.commands.execute('notebook:run-all-cells');
    """)
    # Not the cells themselves: their outputs are megabytes.
    counts = "return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => cell.execution_count)"
    wait_for(lambda: all(browser.execute_script(counts)) and browser.execute_script(kernel) == "idle", "the cells did not all run")
    return browser


def outputs(page, name):
    (cell,) = [cell for cell in page.execute_script(CELLS) if cell["id"] == name]
    assert not [output for output in cell["outputs"] if output["output_type"] == "error"], cell["outputs"]
    return cell["outputs"]


def test_each_kind_is_drawn(page):
    outputs(page, "kinds")
    for selector in ["strong", ".MathJax, mjx-container, .katex", "audio", ".jp-RenderedHTML svg"]:
        found = f"return [...document.querySelectorAll('.jp-NotebookPanel .jp-OutputArea-output')].some(o => o.querySelector('{selector}'))"
        wait_for(lambda: page.execute_script(found), f"there is no {selector} on the page")


def test_curve_and_bars_are_one_output_each(page):
    found = outputs(page, "curve")
    kinds = [sorted(output["data"]) for output in found]
    assert len(found) == 2, kinds
    assert "3 of 3" in "".join(found[0]["data"]["text/plain"]) + "".join(found[1]["data"]["text/plain"])
    assert ["image/svg+xml", "text/plain"] in kinds


def test_twenty_thousand_lines_are_all_there_and_the_page_answers(page):
    found = outputs(page, "lines")
    text = "".join("".join(output["text"]) for output in found if output["output_type"] == "stream")
    assert text == "".join(f"line {i} of twenty thousand, which are not that short\n" for i in range(20_000))
    assert page.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => done(7))") == 7
    print(f"the page's longest pause: {page.execute_script('return window.longestPause'):.0f} ms")
    assert outputs(page, "marker")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_screenshot_is_kept(page, scratch, theme):
    command(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
    wait_for(lambda: page.execute_script("return document.body.dataset.jpThemeName") == f"JupyterLab {theme}", "the theme did not change")
    page.execute_script("document.querySelector('.jp-NotebookPanel .jp-WindowedPanel-outer').scrollTop = 0")
    folder = scratch / "screenshots"
    folder.mkdir(exist_ok=True)
    picture = folder / f"output-{theme.lower()}.png"

    def painted():
        page.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 500))")
        return page.save_screenshot(str(picture)) and picture.stat().st_size > 30_000

    wait_for(painted, "the page stayed empty", seconds=60)
