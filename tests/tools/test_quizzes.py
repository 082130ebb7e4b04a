"""Exported quizzes are what jupyterquiz shows: its three kinds of question, as its schemas have them, and its own loader takes them."""

import json
import os

import jsonschema
import pytest
from IPython.display import HTML, Javascript

from support.tools import run

TEXT = {"type": "string", "minLength": 1}
# The schemas of jupyterquiz's repository say this, in our words and stricter: a key it does not know is a slip of ours, and every answer has its feedback.
CHOICE = {
    "type": "object", "required": ["question", "type", "answers"], "additionalProperties": False,
    "properties": {
        "type": {"enum": ["multiple_choice", "many_choice"]}, "question": TEXT, "code": TEXT, "answer_cols": {"type": "number"},
        "answers": {"type": "array", "minItems": 2, "items": {
            "type": "object", "required": ["answer", "correct", "feedback"], "additionalProperties": False,
            "properties": {"answer": TEXT, "code": TEXT, "correct": {"type": "boolean"}, "feedback": TEXT},
        }},
    },
}
OTHERWISE = {"type": "object", "required": ["type", "feedback"], "additionalProperties": False, "properties": {"type": {"const": "default"}, "feedback": TEXT}}
NUMERIC = {
    "type": "object", "required": ["question", "type", "answers"], "additionalProperties": False,
    "properties": {
        "type": {"const": "numeric"}, "question": TEXT, "code": TEXT, "precision": {"type": "integer"},
        "answers": {"type": "array", "minItems": 1, "items": {"anyOf": [
            {"type": "object", "required": ["value", "correct"], "properties": {"value": {"type": "number"}, "correct": {"type": "boolean"}, "feedback": TEXT}},
            {"type": "object", "required": ["range", "correct"], "properties": {"range": {"type": "array", "minItems": 2, "maxItems": 2}, "correct": {"type": "boolean"}, "feedback": TEXT}},
            OTHERWISE,
        ]}},
    },
}
STRING = {
    "type": "object", "required": ["question", "type", "answers"], "additionalProperties": False,
    "properties": {
        "type": {"const": "string"}, "question": TEXT, "code": TEXT, "input_width": {"type": "integer", "minimum": 0},
        "answers": {"type": "array", "minItems": 1, "items": {"oneOf": [
            OTHERWISE,
            {"type": "object", "required": ["answer", "correct"], "additionalProperties": False,
             "properties": {"answer": TEXT, "correct": {"type": "boolean"}, "feedback": TEXT, "match_case": {"type": "boolean"}, "fuzzy_threshold": {"type": "number"}}},
        ]}},
    },
}
SCHEMAS = {"multiple_choice": CHOICE, "many_choice": CHOICE, "numeric": NUMERIC, "string": STRING}


@pytest.fixture(scope="module")
def exported(root, tmp_path_factory):
    """What `cargo xtask quizzes export` writes, by file name."""
    folder = tmp_path_factory.mktemp("quizzes")
    made = run(os.environ["XTASK"], "quizzes", "export", "--out", folder, folder=root)
    assert made.returncode == 0, made.stdout + made.stderr
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def test_every_quiz_is_exported(exported, root):
    assert sorted(exported) == sorted(path.stem for path in (root / "quizzes").glob("*.toml")) != []


def test_questions_are_as_the_schemas_want_them(exported):
    for name, questions in exported.items():
        assert len(questions) >= 8, name
        for question in questions:
            jsonschema.validate(question, SCHEMAS[question["type"]], format_checker=jsonschema.FormatChecker())


def test_kind_and_right_answers_fit(exported):
    for name, questions in exported.items():
        for question in questions:
            right = sum(answer.get("correct", False) for answer in question["answers"])
            assert right == 1 if question["type"] == "multiple_choice" else right >= 1, f"{name}: {question['question']}"


def test_jupyterquiz_shows_them(exported, monkeypatch):
    import jupyterquiz.dynamic.display as dynamic

    for name, questions in exported.items():
        shown = []
        monkeypatch.setattr(dynamic, "display", shown.append)
        dynamic.display_quiz(questions)
        page, script = shown
        assert isinstance(page, HTML) and isinstance(script, Javascript), name
        assert all(json.dumps(question["question"]) in script.data for question in questions), name
