"""Quizzes over comms: what the page is told and when, how an answer is graded, what is asked again, what is kept."""

import json
import tomllib

import pytest
from support.comms import VIEW, Page
from support.sanitise import without_colours
from support.session import Session

QUIZ = r'''
title = "A quiz for tests"

[[questions]]
id = "00000000-0000-4000-8000-000000000001"
kind = "multiple-choice"
prompt = "Which of `a < b`?"
section = "01-first"
choices = [
    { text = "wrong one", explanation = "why not one" },
    { text = "right two", right = true, explanation = "why two" },
    { text = "wrong three", explanation = "why not three" },
]

[[questions]]
id = "00000000-0000-4000-8000-000000000002"
kind = "short-answer"
prompt = "How many?"
answers = ["7"]
explanation = "seven it is"
mistakes = [{ answer = "8", explanation = "one too many" }]

[[questions]]
id = "00000000-0000-4000-8000-000000000003"
kind = "tracing"
prompt = "What happens?"
program = """
fn main() {
    println!("1");
}
"""
prints = "1"
explanation = "it prints one"
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of the tests' own: its quizzes, and where progress goes."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "quizzes").mkdir()
    (folder / "quizzes" / "05-tests.toml").write_text(QUIZ)
    # What a question names as the place to read must be there, or the link is left out.
    (folder / "chapters" / "05-tests").mkdir(parents=True)
    (folder / "chapters" / "05-tests" / "01-first.ipynb").write_text("{}")
    (folder / "quizzes" / "06-broken.toml").write_text(QUIZ.replace('kind = "short-answer"', 'kind = "essay"'))
    (folder / "quizzes" / "07-torn.toml").write_text('title = "torn"\n\n[[questions\n')
    return folder


@pytest.fixture(scope="module")
def page(course):
    with Session(folder=course, COURSE_ROOT=str(course), COURSE_PROGRESS=str(course / "progress.json")) as session:
        yield Page(session)


class Quiz:
    """A quiz as its page has it."""

    def __init__(self, page, code='quiz("05")?'):
        self.page, self.bundle = page, page.run(code).result
        self.comm = page.find("AnyModel")

    @property
    def state(self):
        return self.page.states[self.comm]["page"]

    def say(self, event, turn=None, **content):
        turn = self.state["turn"] if turn is None else turn
        return self.page.custom(self.comm, {"event": event, "turn": turn, **content})

    def choose(self, *texts):
        choices = [self.state["question"]["choices"].index(text) for text in texts]
        self.say("answer", choices=choices)
        return self.state["verdict"]

    def answer(self, **answer):
        self.say("answer", **answer)
        return self.state["verdict"]

    def next(self):
        self.say("next")

    def best(self):
        """Answers everything right, from the first question on."""
        self.choose("right two")
        self.next()
        self.answer(text="7")
        self.next()
        self.answer(prints="1")
        self.next()


def kept(course):
    return json.loads((course / "progress.json").read_text())["quizzes"]["05"]


def test_the_page_has_no_answers_before_they_are_given(page):
    quiz = Quiz(page)
    assert quiz.bundle[VIEW]["model_id"]
    told = json.dumps({key: value for key, value in page.states[quiz.comm].items() if not key.startswith("_")})
    for answer in ("why", "seven", '"7"', "explanation", "it prints one"):
        assert answer not in told
    assert quiz.state["question"]["prompt"] == "Which of <code>a &lt; b</code>?"
    assert sorted(quiz.state["question"]["choices"]) == ["right two", "wrong one", "wrong three"]


def test_where_nothing_runs_it_reads_as_text_and_as_html_with_folded_answers(page):
    bundle = Quiz(page).bundle
    assert bundle["text/plain"].startswith("Quiz: A quiz for tests (3 questions)\n\n1. Which of `a < b`?\n   A. wrong one\n   B. right two")
    assert "why two" not in bundle["text/plain"]
    assert bundle["text/html"].count("<details>") == 3 and "<script" not in bundle["text/html"]
    assert "why two" not in bundle["text/html"].split("<details>")[0]


def test_a_right_answer_says_why(page):
    verdict = Quiz(page).choose("right two")
    assert verdict["right"] and verdict["section"] is None
    assert [mark["explanation"] for mark in verdict["marks"] if mark["explanation"]] == ["why two"]


def test_a_wrong_answer_says_why_not_and_what_is_right(page):
    verdict = Quiz(page).choose("wrong three")
    assert not verdict["right"] and verdict["section"] == "01-first"
    assert sorted(mark["explanation"] for mark in verdict["marks"] if mark["explanation"]) == ["why not three", "why two"]


def test_what_was_wrong_is_asked_again_at_the_end_and_the_best_score_is_kept(page, course):
    quiz = Quiz(page)
    quiz.choose("wrong one")
    quiz.next()
    assert quiz.answer(text="8")["notes"] == ["one too many", "seven it is"]
    quiz.next()
    assert quiz.answer(prints="1\n")["right"]
    assert kept(course) == {"right": 1, "of": 3, "best": 1}
    quiz.next()
    assert (quiz.state["round"], quiz.state["number"], quiz.state["round_of"]) == (2, 1, 2)
    quiz.choose("right two")
    quiz.next()
    assert not quiz.answer(text="9")["right"]
    quiz.next()
    assert quiz.state["round"] == 3 and quiz.state["question"]["prompt"] == "How many?"
    quiz.answer(text=" 7 of them")
    quiz.next()
    assert "question" not in quiz.state and quiz.state["done"] == 3
    assert [missed["section"] for missed in quiz.state["missed"]] == ["01-first", None]
    assert kept(course) == {"right": 1, "of": 3, "best": 1}, "later rounds teach and do not count"

    quiz.say("again")
    assert (quiz.state["round"], quiz.state["right"], quiz.state["best"]) == (1, 0, 1)
    quiz.best()
    assert (quiz.state["right"], quiz.state["best"]) == (3, 3)
    quiz.say("again")
    quiz.choose("wrong one")
    assert kept(course) == {"right": 0, "of": 3, "best": 3}
    assert Quiz(page).state["best"] == 3, "a new quiz knows the best score"


def test_a_program_that_is_said_not_to_compile(page):
    quiz = Quiz(page)
    quiz.choose("right two")
    quiz.next()
    quiz.answer(text="7")
    quiz.next()
    verdict = quiz.answer(**{"fails-at": 2})
    assert not verdict["right"] and verdict["answer"] == "It compiles and prints <code>1</code>."
    assert verdict["given"] == {"fails_at": 2}


def test_a_reload_finds_everything_as_it_was(page):
    quiz = Quiz(page)
    quiz.choose("wrong one")
    page.over(page.change(quiz.comm, draft={"turn": 1, "choices": [2]}))
    answers = page.over(page.message(quiz.comm, {"method": "request_state"}))
    (state,) = [m["content"]["data"]["state"] for m in answers if m["content"]["data"].get("method") == "update"]
    assert state["page"]["verdict"]["right"] is False and state["draft"] == {"turn": 1, "choices": [2]}
    assert "render" in state["_esm"] and ".course-quiz" in state["_css"]


def test_two_views_answer_once(page):
    page.run('let shared = quiz("05")?; display(&shared); display(&shared);')
    quiz = Quiz(page, "shared.clone()")
    turn = quiz.state["turn"]
    quiz.choose("right two")
    before = quiz.state
    quiz.say("answer", turn=turn, choices=[0])
    assert quiz.state == before, "the other view's answer comes too late"
    quiz.say("next", turn=turn)
    quiz.say("next", turn=turn)
    assert quiz.state["number"] == 2, "and so does its next"
    assert page.run("shared.score()").text == "(1, 3)"


@pytest.mark.parametrize("odd", [
    {}, None, [1], {"event": "dance"}, {"event": "answer"}, {"event": "answer", "turn": 1}, {"event": "next", "turn": -1},
    {"event": "answer", "turn": 1, "choices": [7]}, {"event": "answer", "turn": 1, "choices": []},
    {"event": "answer", "turn": 1, "text": "right two"}, {"event": "again", "turn": 1},
])
def test_what_makes_no_sense_changes_nothing(page, odd):
    quiz = Quiz(page)
    before = quiz.state
    page.custom(quiz.comm, odd)
    assert quiz.state == before
    assert page.run("1 + 1").text == "2"


def failure(page, code):
    error = page.session.run(code).error
    return without_colours(error["evalue"])


@pytest.mark.parametrize("chapter", ['"01"', '"five"', "5.5", '""'])
def test_an_unknown_chapter_lists_those_there_are(page, chapter):
    assert "these have one: 05-tests, 06-broken, 07-torn" in failure(page, f"quiz({chapter})?")


@pytest.mark.parametrize("chapter", ['"05"', "5", '"05-tests"', '" 5 "'])
def test_a_chapter_by_number_and_name(page, chapter):
    assert Quiz(page, f"quiz({chapter})?").state["of"] == 3


def test_a_broken_file_names_the_line(page):
    told = failure(page, 'quiz("06")?')
    line = 1 + QUIZ.split('kind = "short-answer"')[0].count("\n")
    assert f"06-broken.toml is no quiz yet: line {line}, question 2: `essay` is no kind" in told
    assert "07-torn.toml is no quiz yet: line 3: " in failure(page, 'quiz("07")?')


def test_without_a_course_there_is_one_clear_sentence(tmp_path):
    with Session(folder=tmp_path, COURSE_ROOT="") as session:
        assert "COURSE_ROOT is not set" in session.run('quiz("01")?').error["evalue"]
    with Session(folder=tmp_path, COURSE_ROOT=str(tmp_path)) as session:
        told = session.run('quiz("01")?').error["evalue"]
        assert str(tmp_path / "quizzes") in told and "could not be read" in told


def test_a_graders_run_keeps_no_score(course, tmp_path):
    progress = tmp_path / "progress.json"
    with Session(folder=tmp_path, COURSE_ROOT=str(course), COURSE_PROGRESS=str(progress), NBGRADER_EXECUTION="autograde") as session:
        Quiz(Page(session)).best()
    assert not progress.exists()


def test_the_quizzes_of_the_course_can_be_taken(root, tmp_path):
    with Session(folder=tmp_path, COURSE_ROOT=str(root), COURSE_PROGRESS=str(tmp_path / "progress.json")) as session:
        page = Page(session)
        for file in sorted((root / "quizzes").glob("*.toml")):
            asked = tomllib.loads(file.read_text())
            quiz = Quiz(page, f'quiz("{file.stem[:2]}")?')
            assert (quiz.state["of"], quiz.state["title"]) == (len(asked["questions"]), asked["title"])
            for question in asked["questions"]:
                assert quiz.state["question"]["id"] == question["id"]
                if question["kind"] == "multiple-choice":
                    # By what Rust makes of them: the page has HTML.
                    wrong = quiz.answer(choices=list(range(len(question["choices"]))))
                    assert len(wrong["marks"]) == len(question["choices"]) and not wrong["right"]
                elif question["kind"] == "short-answer":
                    assert quiz.answer(text=question["answers"][-1])["right"]
                elif "prints" in question:
                    assert quiz.answer(prints=question["prints"])["right"]
                else:
                    assert quiz.answer(**{"fails-at": question["fails-at"]})["right"]
                quiz.next()
            assert quiz.state["round"] == 2, "what was wrong comes again"
