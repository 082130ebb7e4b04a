"""Every sanitiser does what its example says, and comparing sees what it must see."""

import pytest

from support import compare
from support.sanitise import SANITISERS, on_a_terminal, sanitise


@pytest.mark.parametrize("sanitiser", SANITISERS, ids=lambda sanitiser: sanitiser.name)
def test_a_sanitiser_does_what_its_example_says(sanitiser):
    assert sanitiser.pattern.sub(sanitiser.replacement, sanitiser.before) == sanitiser.after


@pytest.mark.parametrize("sanitiser", SANITISERS, ids=lambda sanitiser: sanitiser.name)
def test_the_examples_survive_all_sanitisers_together(sanitiser):
    assert sanitise(sanitiser.before) == sanitiser.after


def test_a_carriage_return_writes_over_the_line():
    assert on_a_terminal("10 %\r50 %\r100 %\ndone") == "100 %\ndone"
    assert on_a_terminal("abc\rx") == "xbc"


def test_ordinary_text_is_left_alone():
    text = "The model has 135 million parameters in 30 layers; token 49152 is the last, 12 sentences.\n[1.5, 2.0]"
    assert sanitise(text) == text


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data):
    return {"output_type": "display_data", "data": {key.replace("_", "/", 1): text for key, text in data.items()}, "metadata": {}}


def test_equal_outputs_do_not_differ_whatever_their_pieces():
    assert compare.differences([stream("a\nb\n")], [stream("a\n"), stream("b\n")]) == []


def test_a_changed_word_is_found_and_named():
    (found,) = compare.differences([stream("one\ntwo\n")], [stream("one\nthree\n")])
    assert "line 2" in found and "'two'" in found and "'three'" in found


def test_floats_may_differ_in_the_last_place_and_integers_may_not():
    assert compare.differences([stream("p = 0.1234")], [stream("p = 0.1235")]) == []
    assert compare.differences([stream("p = 0.1234")], [stream("p = 0.1334")])
    assert compare.differences([stream("1.0005e3")], [stream("1.0006e3")]) == []
    assert compare.differences([stream("12 tokens")], [stream("13 tokens")])


def test_times_do_not_differ():
    assert compare.differences([stream("took 1.2 s")], [stream("took 850 ms")]) == []


def test_a_missing_output_and_a_changed_type_are_found():
    assert compare.differences([stream("a"), shown(text_plain="x")], [stream("a")])
    assert compare.differences([shown(text_plain="x", text_html="<b>x</b>")], [shown(text_plain="x")])
    assert compare.differences([stream("a")], [stream("a", "stderr")])


def test_markup_is_compared_by_elements_and_texts():
    before = shown(text_plain="x", text_html='<table style="a"><tr><td>0.1234</td></tr></table>')
    assert compare.differences([before], [shown(text_plain="x", text_html="<table><tr><td>0.1235</td></tr></table>")]) == []
    assert compare.differences([before], [shown(text_plain="x", text_html="<table><tr><th>0.1234</th></tr></table>")])
    assert compare.differences([before], [shown(text_plain="x", text_html="<table><tr><td>other</td></tr></table>")])


def test_the_structure_policy_looks_at_types_only():
    assert compare.differences([stream("a")], [stream("b")], "structure") == []
    assert compare.differences([stream("a")], [shown(text_plain="b")], "structure")
    assert compare.differences([stream("a")], [], "none") == []
