"""A learner's path from end to end: START, section 3, an exercise that fails, a hint, a pass, the quiz, and what START says then."""

import json
import tomllib

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .conftest import wait_for
from .page import Page, command

START = "learn/START.ipynb"
SECTION = "learn/01-transformer-models/03-what-transformers-can-do.ipynb"
SUMMARY = "learn/01-transformer-models/10-summary.ipynb"
EXERCISE = "sure_and_unsure"
WRONG = """fn sure_and_unsure() -> (&'static str, &'static str) {
    ("And then I saw the", "The Statue of Liberty is in New")
}"""


class LearnersPage(Page):
    """What a learner does."""

    def run_all(self):
        """Begins to run all cells; Jupyter stops at the first that fails. A whole notebook takes longer than a script may."""
        self.browser.execute_script("void window.jupyterapp.commands.execute('notebook:run-all-cells').catch(() => {})")

    def shows(self, identity):
        """Runs one cell and returns what it shows, as text."""
        self.run(identity)
        return shown(self.cells()[self.index(identity)])

    def write(self, identity, source):
        """Puts a text into a cell, as a learner who typed it."""
        self.browser.execute_script(
            "window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[arguments[0]].setSource(arguments[1])",
            self.index(identity), source)

    def append(self, source):
        """Adds a code cell at the end, and says its id."""
        self.browser.execute_script("""
            const shared = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
            shared.addCell({ cell_type: "code", source: arguments[0] });
        """, source)
        return self.cells()[-1]["id"]

    def in_front(self, selector):
        """Elements of the notebook in front."""
        return self.panel().find_elements(By.CSS_SELECTOR, selector)

    def screenshot(self, folder, name, element=None):
        if element is not None:
            self.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
        (folder / "screenshots").mkdir(exist_ok=True)
        self.browser.save_screenshot(str(folder / "screenshots" / f"{name}.png"))


def shown(cell):
    """What a cell shows, as text without colours."""
    parts = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            parts.append(output["text"])
        elif output["output_type"] == "error":
            parts.append(f"{output['ename']}: {output['evalue']}")
        else:
            parts.append(output["data"].get("text/plain", ""))
    return "\n".join("".join(part) for part in parts)


def failed(cell):
    return [output for output in cell["outputs"] if output["output_type"] == "error"]


@pytest.fixture(scope="module")
def page(learner, browser):
    browser.set_window_size(1280, 1600)
    return LearnersPage(browser, learner)


def test_start_lists_the_chapters_and_leads_to_section_3(page, scratch):
    page.open(START)
    text = page.shows("progress")
    assert "Transformer models" in text and "0 of " in text
    page.screenshot(scratch, "learner-1-start")
    links = [link for link in page.in_front(".jp-MarkdownOutput a") if link.text == "What transformers can do" or link.text.endswith("What transformers can do")]
    page.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", links[0])
    links[0].click()
    page.ready(SECTION)


def test_section_3_runs_until_the_first_exercise(page):
    page.open(SECTION)
    page.run_all()
    check = page.index("sure-and-unsure-check")
    wait_for(lambda: failed(page.cells()[check]), "the first exercise was not reached", lambda: shown(page.cells()[check]))
    problems = [(cell["id"], failed(cell)) for cell in page.cells() if cell["cell_type"] == "code" and failed(cell)]
    unexpected = [identity for identity, _ in problems if not may_fail(page.cells()[page.index(identity)])]
    assert unexpected == ["sure-and-unsure-check"], problems
    text = shown(page.cells()[page.index("sure-and-unsure-check")])
    assert "CheckFailed" in text and "todo!" in text and f"hint!({EXERCISE})" in text, text


def may_fail(cell):
    return "raises-exception" in cell["metadata"].get("tags", [])


def test_a_wrong_answer_is_told_what_differs(page, scratch):
    page.write("sure-and-unsure", WRONG)
    assert not failed(page.cells()[page.index("sure-and-unsure")])
    page.run("sure-and-unsure")
    text = page.shows("sure-and-unsure-check")
    assert "it is more than 0.9" in text and "CheckFailed" in text, text
    page.screenshot(scratch, "learner-2-wrong", page.in_front(".jp-mod-active")[0])


def test_a_hint_then_a_pass_then_the_solution(page, root, scratch):
    locked = page.shows(page.append(f"solution!({EXERCISE});"))
    assert "ask me" not in locked and "passed" in locked, locked
    master = json.loads((root / SECTION.replace("learn/", "chapters/")).read_text())
    answer = next(cell for cell in master["cells"] if cell["metadata"].get("course", {}).get("exercise") == EXERCISE)
    hint = page.shows(page.append(f"hint!({EXERCISE});"))
    assert answer["metadata"]["course"]["hints"][0][:30] in hint, hint
    page.write("sure-and-unsure", "".join(answer["source"]))
    page.run("sure-and-unsure")
    text = page.shows("sure-and-unsure-check")
    assert "✓" in text and not failed(page.cells()[page.index("sure-and-unsure-check")]), text
    page.screenshot(scratch, "learner-3-passed", page.in_front(".jp-mod-active")[0])
    assert "Statue of Liberty" in page.shows(page.append(f"solution!({EXERCISE});"))


def test_the_quiz_is_taken(page, root, scratch):
    page.open(SUMMARY)
    cell = next(cell for cell in page.cells() if cell["cell_type"] == "code" and "quiz(" in cell["source"])
    page.run(cell["id"])
    quiz = wait_for(lambda: page.in_front(".course-quiz"), "no quiz")[0]
    page.screenshot(scratch, "learner-4-quiz", quiz)
    questions = tomllib.loads((root / "quizzes" / "01-transformer-models.toml").read_text())["questions"]
    for _ in questions:
        wait_for(lambda: quiz.get_attribute("data-phase") == "asking", "no question", lambda: quiz.text)
        answer(quiz, questions)
        wait_for(lambda: quiz.get_attribute("data-phase") == "answered", "no verdict", lambda: quiz.text)
        assert "✓ Right." in quiz.text, quiz.text
        quiz.find_element(By.CSS_SELECTOR, ".cq-foot button").click()
    wait_for(lambda: quiz.get_attribute("data-phase") == "done", "the quiz does not end", lambda: quiz.text)
    assert f"{len(questions)} of {len(questions)} right" in quiz.text


def plain(text):
    """Words and signs, without the marks that make code and emphasis of them."""
    return "".join(text.replace("`", "").replace("*", "").split())


def answer(quiz, questions):
    """Answers the question that is asked, rightly."""
    prompt = plain(quiz.find_element(By.CSS_SELECTOR, ".cq-prompt > span").text)
    question = next(question for question in questions if plain(question["prompt"]) == prompt)
    if question["kind"] == "multiple-choice":
        right = {plain(choice["text"]) for choice in question["choices"] if choice.get("right")}
        for label in quiz.find_elements(By.CSS_SELECTOR, "label.cq-choice"):
            if plain(label.find_element(By.CSS_SELECTOR, ".cq-text").text) in right:
                label.click()
    elif question["kind"] == "short-answer":
        accepted = question.get("answers") or [question["number"]]
        quiz.find_element(By.CSS_SELECTOR, "[data-field=text]").send_keys(str(accepted[0]))
    elif "prints" in question:
        quiz.find_element(By.CSS_SELECTOR, "[data-field=prints]").send_keys(question["prints"].strip("\n").replace("\n", Keys.SHIFT + Keys.ENTER + Keys.SHIFT))
    else:
        quiz.find_element(By.CSS_SELECTOR, "[data-field=line]").send_keys(str(question["fails-at"]))
    quiz.find_element(By.CSS_SELECTOR, ".cq-foot button").click()


def test_start_shows_the_progress(page, scratch):
    page.open(START)
    text = page.shows("progress")
    chapter = next(line for line in text.splitlines() if "Transformer models" in line)
    assert "1 of " in chapter, text
    assert any(f"{count} of {count}" in chapter for count in range(10, 60)), text
    page.screenshot(scratch, "learner-5-progress")
