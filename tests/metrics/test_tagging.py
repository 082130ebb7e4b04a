"""Entities beside seqeval: tags in any order, in its default mode and strictly by each scheme."""

import random
import warnings

import pytest
import seqeval.metrics
import seqeval.scheme

import draw

warnings.filterwarnings("ignore")
SCHEMES = {"IOB1": "IB", "IOB2": "IB", "IOE1": "IE", "IOE2": "IE", "IOBES": "IBES", "BILOU": "BILU"}


def theirs(predictions, references, **settings):
    """What Python's metric makes of seqeval's report."""
    report = seqeval.metrics.classification_report(references, predictions, output_dict=True, zero_division=0, **settings)
    overall = report.pop("micro avg")
    report.pop("macro avg"), report.pop("weighted avg")
    scores = {
        kind: {"precision": one["precision"], "recall": one["recall"], "f1": one["f1-score"], "number": one["support"]}
        for kind, one in report.items()
    }
    return scores | {
        "overall_precision": overall["precision"],
        "overall_recall": overall["recall"],
        "overall_f1": overall["f1-score"],
        "overall_accuracy": seqeval.metrics.accuracy_score(references, predictions),
    }


def sentences(dice, letters):
    """References, and predictions of which most tags are right; at least one entity, without which seqeval fails."""
    references = [draw.tags(dice, letters) for _ in range(dice.randint(1, 6))] + [["B-PER", "O"] if "B" in letters else ["I-PER", "E-PER", "O"]]
    predictions = [[tag if dice.random() < 0.7 else dice.choice(draw.tags(dice, letters)) for tag in tags] for tags in references]
    return predictions, references


def assert_same(ours, expected, case):
    assert list(ours) == list(expected), case
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, abs=1e-12), (name, case)


@pytest.mark.parametrize("letters", ["IB", "IBES", "IE", "BIES"])
def test_the_default_mode(scores, letters):
    dice = random.Random(letters)
    cases = [("seqeval", {}, *sentences(dice, letters)) for _ in range(150)]
    for case, ours in zip(cases, scores(cases)):
        assert_same(ours, theirs(*case[2:]), case)


@pytest.mark.parametrize("scheme, letters", SCHEMES.items())
def test_strictly_by_a_scheme(scores, scheme, letters):
    dice = random.Random(scheme)
    cases, expected = [], []
    while len(cases) < 150:
        predictions, references = sentences(dice, letters)
        try:
            expected.append(theirs(predictions, references, mode="strict", scheme=getattr(seqeval.scheme, scheme)))
        except ValueError:
            continue  # no entity on either side: seqeval's report has nothing to be as wide as
        cases.append(("seqeval", {"mode": "strict", "scheme": scheme}, predictions, references))
    for case, ours, theirs_ in zip(cases, scores(cases), expected):
        assert_same(ours, theirs_, case)


def test_the_scheme_is_seen_from_the_references(scores):
    dice = random.Random("seen")
    cases, expected = [], []
    while len(cases) < 100:
        predictions, references = sentences(dice, dice.choice(["IB", "IBES", "IE"]))
        try:
            expected.append(theirs(predictions, references, mode="strict"))
        except ValueError:
            continue
        cases.append(("seqeval", {"mode": "strict"}, predictions, references))
    for case, ours, theirs_ in zip(cases, scores(cases), expected):
        assert_same(ours, theirs_, case)


def test_the_letter_behind(scores):
    dice = random.Random("behind")
    turn = lambda tags: [tag if tag == "O" else f"{tag[2:]}-{tag[0]}" for tag in tags]
    cases = []
    for _ in range(60):
        predictions, references = sentences(dice, "IBES")
        cases.append(("seqeval", {"suffix": True}, [turn(tags) for tags in predictions], [turn(tags) for tags in references]))
    for case, ours in zip(cases, scores(cases)):
        assert_same(ours, theirs(*case[2:], suffix=True), case)
