"""Widgets in a real page: a slider is moved, text is typed, a button clicked, the page opened again."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .conftest import wait_for
from .page import Page, command, put_notebook

NOTEBOOK = "widgets.ipynb"

COUNTER = r'''
let counter = AnyWidget::new(r#"
    export default {
        render({ model, el }) {
            const button = document.createElement("button");
            button.className = "course-counter";
            const show = () => { button.textContent = `clicked ${model.get("count")} times`; };
            button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
            model.on("change:count", show);
            show();
            el.append(button);
        },
    };
"#).with_css(".course-counter { border: 2px solid rgb(47, 158, 100) }").with("count", 0);
counter.on_change("count", |count: u32| { assert!(count < 3, "three is too many"); println!("Rust has heard of {count}") });
counter.clone()
'''

CELLS = {
    "explorer": 'let generator = pipeline("text-generation")?;\nlet explorer = generator.explore("The capital of France is")?;\nexplorer.clone()',
    "playground": 'let tokenizer = AutoTokenizer::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct")?;\ntokenizer.playground("Hello")?',
    "counter": COUNTER.strip(),
    "controls": """
let name = Dropdown::new("size", ["small", "large"]);
let greedy = Checkbox::new("greedy").with_value(true);
let pages = Tabs::new().with_tab("options", &VBox::new((&name, &greedy))).with_tab("more", &Button::new("go"));
let note = View::new();
name.on_change({ let note = note.clone(); move |size| note.show(&format!("size is {size}")) });
VBox::new((&pages, &note))
    """.strip(),
    "later": "(explorer.temperature.value() < 1.0, counter.get::<u32>(\"count\")?)",
}


class WidgetPage(Page):
    """The notebook with the widgets."""

    def output(self, name):
        """The output part of a cell."""
        return self.cell(name).find_element(By.CSS_SELECTOR, ".jp-Cell-outputWrapper")

    def all(self, name, selector):
        return self.output(name).find_elements(By.CSS_SELECTOR, selector)

    def one(self, name, selector, index=0):
        """An element of a cell's output, once it is there."""
        def found():
            elements = self.all(name, selector)
            return elements[index] if len(elements) > index else None
        return wait_for(found, f"no {selector} in {name}", lambda: self.output(name).text)

    def text(self, name, selector=".jp-OutputArea-output"):
        return "\n".join(element.text for element in self.all(name, selector))

    def until(self, condition, otherwise, name):
        return wait_for(condition, otherwise, lambda: self.text(name), seconds=120)

    def drag(self, name, index, by):
        """Moves the knob of a slider by pixels, in steps, as a hand does."""
        knob = self.one(name, ".noUi-handle", index)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", knob)
        actions = ActionChains(self.browser, duration=50).click_and_hold(knob)
        for _ in range(10):
            actions = actions.move_by_offset(by / 10, 0)
        actions.release().perform()


@pytest.fixture(scope="module")
def page(lab, browser):
    """The notebook with all widgets shown."""
    put_notebook(lab, NOTEBOOK, CELLS)
    page = WidgetPage(browser, lab)
    page.open(NOTEBOOK)
    page.run("explorer", "playground", "counter", "controls")
    page.one("controls", ".widget-tab")
    page.one("counter", ".course-counter")
    return page


def bars(page):
    return page.text("explorer", ".widget-html-content")


def first_bar(page):
    return float(bars(page).split("·Paris")[1].split("%")[0])


def test_the_explorer_shows_what_the_model_may_say(page):
    page.until(lambda: "·Paris" in bars(page), "no bars", "explorer")
    assert "drawn among 49,152 of 49,152 tokens" in bars(page)


def test_moving_the_slider_redraws_the_bars(page):
    before = first_bar(page)
    page.drag("explorer", 0, -300)
    page.until(lambda: first_bar(page) > before + 5, "the bars did not follow the slider", "explorer")
    assert float(page.text("explorer", ".widget-readout").split()[0]) < 1.0
    page.drag("explorer", 2, -150)
    page.until(lambda: "drawn among 49,152" not in bars(page), "top_p narrowed nothing", "explorer")


def test_typing_another_prompt_asks_the_model_again(page):
    field = page.one("explorer", "input[type=text]")
    field.send_keys(Keys.END, " Paris, and the capital of Italy is")
    page.until(lambda: "·Rome" in bars(page), "the prompt was not read again", "explorer")


def test_what_is_typed_is_coloured(page):
    area = page.one("playground", "textarea")
    area.send_keys(Keys.END, " tokenizers")
    shown = page.until(lambda: "3 tokens" in page.text("playground") and page.all("playground", ".widget-html-content span[title]"),
                       "the tokens did not follow", "playground")
    assert [token.text.split("\n")[0] for token in shown][0].startswith("Hello")
    tints = {token.value_of_css_property("background-color") for token in shown}
    assert len(tints) == 3, "neighbours have tints of their own"


def test_a_front_end_of_ones_own_talks_to_rust(page):
    button = page.one("counter", ".course-counter")
    assert "47, 158, 100" in button.value_of_css_property("border-top-color")
    button.click()
    page.until(lambda: "Rust has heard of 1" in page.text("counter"), "the callback did not run", "counter")
    button.click()
    page.until(lambda: "Rust has heard of 2" in page.text("counter"), "the callback did not run again", "counter")
    assert "heard of 1" not in page.text("counter")


def test_a_callback_that_panics_says_so_under_the_widget(page):
    page.one("counter", ".course-counter").click()
    page.until(lambda: "three is too many" in page.text("counter"), "the panic is not shown", "counter")
    page.run("later")
    page.until(lambda: "(true, 3)" in page.text("later").replace("\n", "").replace("    ", "").replace("true,3,", "true, 3"), "the kernel is gone", "later")


def test_choices_and_tabs(page):
    select = page.one("controls", "select")
    select.click()
    select.send_keys("large", Keys.ENTER)
    page.until(lambda: "size is large" in page.text("controls"), "the choice did not arrive", "controls")
    page.all("controls", ".lm-TabBar-tab")[1].click()
    page.until(lambda: page.all("controls", "button.widget-button")[0].is_displayed(), "the tab did not open", "controls")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_screenshot_is_kept(page, scratch, theme):
    browser = page.browser
    command(browser, "apputils:change-theme", theme=f"JupyterLab {theme}")
    wait_for(lambda: browser.execute_script("return document.body.dataset.jpThemeName") == f"JupyterLab {theme}", "the theme did not change")
    browser.set_window_size(1280, 2300)
    folder = scratch / "screenshots"
    folder.mkdir(exist_ok=True)
    picture = folder / f"widgets-{theme.lower()}.png"

    def painted():
        browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 500))")
        return browser.save_screenshot(str(picture)) and picture.stat().st_size > 50_000

    wait_for(painted, "the page stayed empty", seconds=60)


def test_everything_is_there_again_after_a_reload(page):
    command(page.browser, "docmanager:save")
    readouts, shown = page.text("explorer", ".widget-readout"), bars(page)
    page.open(NOTEBOOK)
    page.until(lambda: bars(page) == shown, "the bars did not come back", "explorer")
    assert page.text("explorer", ".widget-readout") == readouts
    assert page.one("playground", "textarea").get_attribute("value") == "Hello tokenizers"
    assert page.one("counter", ".course-counter").text == "clicked 3 times"
    assert "three is too many" in page.text("counter")
    page.drag("explorer", 0, 300)
    page.until(lambda: bars(page) != shown, "the slider is dead after the reload", "explorer")
