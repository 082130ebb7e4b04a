"""A quiz in a real page, taken with nothing but the keyboard, in both themes; the page opened again; two views of one quiz."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .conftest import wait_for
from .page import Page, command, put_notebook

NOTEBOOK = "quiz.ipynb"
CELLS = {
    # A course of the test's own, with its progress.
    "course": 'unsafe { std::env::set_var("COURSE_ROOT", "FOLDER"); std::env::set_var("COURSE_PROGRESS", "FOLDER/progress.json"); }',
    "quiz": 'let asked = quiz("05")?;\nasked.clone()',
    "again": "asked.clone()",
}

QUIZ = r'''
title = "A quiz for the browser"

[[questions]]
id = "00000000-0000-4000-8000-000000000001"
kind = "multiple-choice"
prompt = "Causal attention hides later tokens by changing scores *before* the softmax. Why to −∞, and not to `0`?"
section = "04-how-transformers-work"
choices = [
    { text = "A score of `0` would have the softmax divide by zero.", explanation = "As `e^0` is 1, it makes the sum larger, never zero." },
    { text = "Scores may be negative, so `0` would be in their midst.", right = true, explanation = "Only `e^−∞` is 0, and it is the weight that must become 0." },
    { text = "Either works: `0` is only slower.", explanation = "They give different results, and only one hides anything." },
]

[[questions]]
id = "00000000-0000-4000-8000-000000000002"
kind = "multiple-choice"
prompt = "Which of these hold after a panic?"
choices = [
    { text = "What was printed before it is on the page.", right = true, explanation = "What ran before it has happened." },
    { text = "The rest of the cell has run.", explanation = "A panic ends the cell where it happens." },
    { text = "Earlier variables have their values.", right = true, explanation = "The variables are put back." },
]

[[questions]]
id = "00000000-0000-4000-8000-000000000003"
kind = "short-answer"
prompt = "How many patches?"
answers = ["196"]
explanation = "14 along each side, and 14 times 14 is 196."

[[questions]]
id = "00000000-0000-4000-8000-000000000004"
kind = "tracing"
prompt = "What becomes of this program?"
program = """
fn main() {
    let steps = 0;
    steps += 1;
    println!("{steps}");
}
"""
fails-at = 3
error = "E0384"
explanation = "A variable keeps its value unless its `let` says `mut`."
'''
RIGHT = {"Scores may be negative, so 0 would be in their midst.", "What was printed before it is on the page.",
         "Earlier variables have their values."}


@pytest.fixture(scope="module")
def page(lab, browser, tmp_path_factory):
    """The notebook with the quiz shown."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "quizzes").mkdir()
    (folder / "quizzes" / "05-browser.toml").write_text(QUIZ)
    # What a question names as the place to read must be there, or it is left out.
    (folder / "chapters" / "05-browser").mkdir(parents=True)
    (folder / "chapters" / "05-browser" / "04-how-transformers-work.ipynb").write_text("{}")
    put_notebook(lab, NOTEBOOK, {name: source.replace("FOLDER", str(folder)) for name, source in CELLS.items()})
    page = QuizPage(browser, lab)
    page.open(NOTEBOOK)
    page.run("course")
    page.run("quiz")
    page.root()
    return page


class QuizPage(Page):
    """The notebook with the quiz."""

    def root(self, name="quiz"):
        def found():
            roots = self.cell(name).find_elements(By.CSS_SELECTOR, ".course-quiz")
            return roots and roots[0]
        return wait_for(found, f"no quiz under {name}", lambda: self.cell(name).text)

    def phase(self, name="quiz"):
        return self.root(name).get_attribute("data-phase")

    def text(self, selector=".course-quiz", name="quiz"):
        return "\n".join(element.text for element in self.cell(name).find_elements(By.CSS_SELECTOR, selector))

    def until(self, condition, otherwise):
        return wait_for(condition, otherwise, lambda: self.text(), seconds=120)

    def press(self, *keys):
        """Presses keys one after another, wherever the focus is."""
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def focused(self):
        return self.browser.switch_to.active_element

    def focus_by_tab(self, inside):
        """Presses Tab until the focus is on something that matches."""
        for _ in range(40):
            if self.focused().get_attribute("class") and inside in self.focused().get_attribute("class").split():
                return
            self.press(Keys.TAB)
        raise AssertionError(f"Tab does not reach {inside}")

    def keys_of(self, right):
        """The number keys of the choices that are right, or of the others."""
        texts = [text.text for text in self.root().find_elements(By.CSS_SELECTOR, ".cq-text")]
        return [str(place) for place, text in enumerate(texts, 1) if (text in RIGHT) == right]

    def answered(self):
        self.until(lambda: self.phase() == "answered", "no verdict came")

    def go_on(self):
        """Enter, on the button that has the focus."""
        before = self.text(".cq-count") + self.phase()
        self.until(lambda: "cq-button" in self.focused().get_attribute("class"), "the button to go on has not the focus")
        self.press(Keys.ENTER)
        self.until(lambda: self.phase() != "answered" and self.text(".cq-count") + self.phase() != before, "it does not go on")

    def picture(self, scratch, name):
        folder = scratch / "screenshots"
        folder.mkdir(exist_ok=True)
        self.browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 500))")
        self.root().screenshot(str(folder / f"{name}.png"))


def theme(browser, name):
    command(browser, "apputils:change-theme", theme=f"JupyterLab {name}")
    wait_for(lambda: browser.execute_script("return document.body.dataset.jpThemeName") == f"JupyterLab {name}", "the theme did not change")


def ring(page, element):
    """The outline around an element, or around the label it is in."""
    return page.browser.execute_script("""
        const styles = [arguments[0], arguments[0].closest('.cq-choice')].filter(Boolean).map((one) => getComputedStyle(one));
        const ringed = styles.find((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
        return ringed ? [ringed.outlineColor, parseFloat(ringed.outlineWidth)] : null;
    """, element)


def test_it_has_names_and_roles_for_those_who_listen(page):
    root = page.root()
    assert root.get_attribute("aria-label") == "Quiz: A quiz for the browser"
    assert "Why to −∞" in root.find_element(By.CSS_SELECTOR, "fieldset > legend").text
    assert root.find_element(By.CSS_SELECTOR, "[role=status]").get_attribute("aria-live") == "polite"
    bar = root.find_element(By.CSS_SELECTOR, "[role=progressbar]")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuemax")) == ("0", "4")


def test_a_number_key_chooses_and_the_cell_stays_a_cell(page):
    page.focus_by_tab("cq-pick")
    assert ring(page, page.focused())[1] >= 2, "the focus is seen"
    page.press("2")
    assert [pick.is_selected() for pick in page.root().find_elements(By.CSS_SELECTOR, ".cq-pick")] == [False, True, False]
    page.press(Keys.ARROW_DOWN)
    assert [pick.is_selected() for pick in page.root().find_elements(By.CSS_SELECTOR, ".cq-pick")] == [False, False, True]
    kinds = "return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map((cell) => cell.cell_type)"
    assert page.browser.execute_script(kinds) == ["code"] * 3, "JupyterLab's own keys did nothing"
    active = "return window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    assert page.browser.execute_script(active) == list(CELLS).index("quiz")


@pytest.mark.parametrize("name", ["Light", "Dark"])
def test_pictures_of_a_question(page, scratch, name):
    theme(page.browser, name)
    page.picture(scratch, f"quiz-question-{name.lower()}")


def test_what_is_chosen_is_there_after_a_reload(page):
    chosen = page.text(".cq-choice:has(input:checked) .cq-text")
    assert chosen
    page.until(lambda: page.browser.execute_script(
        "return [...document.querySelectorAll('.course-quiz input:checked')].length") == 1, "nothing is chosen")
    command(page.browser, "docmanager:save")
    page.open(NOTEBOOK)
    page.root()
    page.until(lambda: page.text(".cq-choice:has(input:checked) .cq-text") == chosen, "the choice is gone")


def test_a_wrong_answer_by_keyboard(page):
    page.focus_by_tab("cq-pick")
    page.press(page.keys_of(right=False)[0], Keys.ENTER)
    page.answered()
    live = page.text("[role=status]")
    assert "✗ Not right." in live and "your answer, not right" in live and "right answer" in live
    assert "Only e^−∞ is 0" in live and "notebook 04-how-transformers-work" in live
    assert "✗ your answer, not right" in page.text(".cq-choice.cq-wrong") and "✓ right answer" in page.text(".cq-choice.cq-right")


@pytest.mark.parametrize("name", ["Light", "Dark"])
def test_pictures_of_a_verdict(page, scratch, name):
    theme(page.browser, name)
    page.picture(scratch, f"quiz-verdict-{name.lower()}")


def test_colours_follow_the_theme(page):
    grounds = []
    for name in ["Light", "Dark"]:
        theme(page.browser, name)
        grounds.append(page.root().value_of_css_property("background-color"))
    assert grounds == ["rgba(255, 255, 255, 1)", "rgba(22, 22, 22, 1)"]


def test_the_answer_is_there_after_a_reload(page):
    command(page.browser, "docmanager:save")
    page.open(NOTEBOOK)
    page.root()
    assert page.phase() == "answered" and "✗ Not right." in page.text("[role=status]")


def test_several_right_choices_by_keyboard(page):
    page.focus_by_tab("cq-button")
    page.go_on()
    assert "Choose all that are right." in page.text("legend")
    page.until(lambda: page.focused().get_attribute("type") == "checkbox", "the first choice has not the focus")
    first = page.focused()
    page.press(Keys.ARROW_DOWN)
    assert page.focused() != first, "arrows move among boxes"
    page.press(Keys.ENTER)
    assert "Choose at least one." in page.text("[role=status]") and page.phase() == "asking"
    page.press(*page.keys_of(right=True), Keys.ENTER)
    page.answered()
    assert "✓ Right." in page.text("[role=status]")


def test_a_typed_answer_by_keyboard(page):
    page.go_on()
    page.until(lambda: "cq-field" in page.focused().get_attribute("class"), "the field has not the focus")
    page.press("1", "9", "6")
    assert page.focused().get_attribute("value") == "196", "in a field, digits are digits"
    assert ring(page, page.focused())[1] >= 2
    page.press(Keys.ENTER)
    page.answered()
    assert "14 times 14" in page.text("[role=status]")


def test_a_traced_program_by_keyboard(page, scratch):
    page.go_on()
    assert "let steps = 0;" in page.text("pre.cq-code")
    assert "mono" in page.root().find_element(By.CSS_SELECTOR, "pre.cq-code").value_of_css_property("font-family")
    page.focus_by_tab("cq-number")
    page.press("3")
    assert [pick.is_selected() for pick in page.root().find_elements(By.CSS_SELECTOR, ".cq-pick")] == [False, True], "typing chooses"
    page.picture(scratch, "quiz-tracing-dark")
    page.press(Keys.ENTER)
    page.answered()
    assert "✓ Right." in page.text("[role=status]")


def test_the_missed_one_is_asked_again_and_then_it_is_done(page, scratch):
    page.go_on()
    assert "Once more: 1 of 1" in page.text(".cq-count")
    page.press(page.keys_of(right=True)[0], Keys.ENTER)
    page.answered()
    page.go_on()
    assert page.phase() == "done"
    assert "3 of 4 right at the first answer." in page.text(".cq-body") and "Your best so far: 3 of 4." in page.text(".cq-body")
    page.picture(scratch, "quiz-done-dark")


def test_two_views_stay_the_same(page):
    page.run("again")
    page.root("again")
    assert page.phase("again") == "done"
    page.focus_by_tab("cq-button")
    page.press(Keys.ENTER)
    page.until(lambda: page.phase() == "asking" and page.phase("again") == "asking", "the views differ")
    assert page.text(".cq-text") == page.text(".cq-text", "again"), "choices stand in the same order"
    page.root("again").find_elements(By.CSS_SELECTOR, ".cq-pick")[1].click()
    page.until(lambda: page.root().find_elements(By.CSS_SELECTOR, ".cq-pick")[1].is_selected(), "the other view does not follow")
    page.root("again").find_element(By.CSS_SELECTOR, ".cq-button").click()
    page.until(lambda: page.phase() == page.phase("again") == "answered", "the verdict is in one view only")


def test_a_quiz_whose_kernel_has_ended_says_so(page):
    page.browser.execute_async_script(
        "const done = arguments[0]; window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart().then(() => done(), () => done())")
    page.until(lambda: "The kernel of this quiz has ended." in page.text(".cq-gone"), "it does not say so")
