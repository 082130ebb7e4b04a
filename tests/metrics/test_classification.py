"""Metrics of classes and numbers beside scikit-learn and SciPy."""

import random
import warnings

import pytest
import scipy.stats
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
CLASSES = [1, 2, 2, 2, 3, 5, 9]


def labels(dice, classes, count):
    """Labels, of which some classes are rare, and predictions that are right half of the time."""
    references = [min(dice.randrange(classes), dice.randrange(classes)) for _ in range(count)]
    return [label if dice.random() < 0.5 else dice.randrange(classes) for label in references], references


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_scores_of_classes(scores, name):
    dice = random.Random(name)
    theirs_of = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}[name]
    cases, theirs = [], []
    for number in range(300):
        classes = dice.choice(CLASSES)
        predictions, references = labels(dice, classes, dice.choice([1, 2, 7, 40]))
        averages = ["micro", "macro", "weighted", "none"] + (["binary"] if classes <= 2 else [])
        settings = {"average": dice.choice(averages)}
        if dice.random() < 0.3:
            settings["sample_weight"] = [dice.random() + 0.1 for _ in references]
        if dice.random() < 0.3 and settings["average"] != "binary":
            settings["labels"] = dice.sample(range(classes + 1), dice.randint(1, classes + 1))
        if settings["average"] == "binary" and set(predictions + references) == {0, 1}:
            settings["pos_label"] = dice.randrange(2)
        cases.append((name, settings, predictions, references))
        average = None if settings["average"] == "none" else settings["average"]
        theirs.append(theirs_of(references, predictions, zero_division=0, **(settings | {"average": average})))
    for case, ours, expected in zip(cases, scores(cases), theirs):
        assert ours[name] == pytest.approx(expected if case[1]["average"] != "none" else list(expected), abs=1e-12), case


@pytest.mark.parametrize("name", ["accuracy", "matthews_correlation", "confusion_matrix"])
def test_other_scores_of_classes(scores, name):
    dice = random.Random(name)
    cases, theirs = [], []
    for _ in range(300):
        predictions, references = labels(dice, dice.choice(CLASSES), dice.choice([1, 2, 7, 40]))
        settings = {}
        if name == "accuracy":
            if dice.random() < 0.5:
                settings["sample_weight"] = [dice.random() + 0.1 for _ in references]
            settings["normalize"] = dice.random() < 0.5
            theirs.append(float(sk.accuracy_score(references, predictions, **settings)))
        elif name == "matthews_correlation":
            theirs.append(float(sk.matthews_corrcoef(references, predictions)))
        else:
            normalize = dice.choice([None, "true", "pred", "all"])
            settings = {"normalize": normalize or "none"}
            theirs.append(sk.confusion_matrix(references, predictions, normalize=normalize).tolist())
        cases.append((name, settings, predictions, references))
    for case, ours, expected in zip(cases, scores(cases), theirs):
        if name == "confusion_matrix":
            assert len(ours[name]) == len(expected)
            for row, row_expected in zip(ours[name], expected):
                assert row == pytest.approx(row_expected, abs=1e-12), case
        else:
            assert ours[name] == pytest.approx(expected, abs=1e-12), case


def test_classes_may_have_names(scores):
    dice = random.Random("names")
    names = ["sports", "world", "business", "science"]
    predictions, references = [[dice.choice(names) for _ in range(60)] for _ in range(2)]
    [ours, positive] = scores([
        ("f1", {"average": "macro"}, predictions, references),
        ("precision", {"pos_label": "b"}, ["a", "b", "b"], ["b", "b", "a"]),
    ])
    assert ours["f1"] == pytest.approx(sk.f1_score(references, predictions, average="macro"))
    assert positive["precision"] == pytest.approx(sk.precision_score(["b", "b", "a"], ["a", "b", "b"], pos_label="b"))


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "none"])
def test_sets_of_labels(scores, average):
    dice = random.Random(average)
    predictions, references = [[[dice.randrange(2) for _ in range(4)] for _ in range(50)] for _ in range(2)]
    kind = None if average == "none" else average
    cases = [(name, {"average": average}, predictions, references) for name in ["precision", "recall", "f1"]]
    ours = scores(cases + [("accuracy", {}, predictions, references)])
    for (name, *_), mine, function in zip(cases, ours, [sk.precision_score, sk.recall_score, sk.f1_score]):
        expected = function(references, predictions, average=kind)
        assert mine[name] == pytest.approx(list(expected) if kind is None else expected, abs=1e-12)
    assert ours[3]["accuracy"] == pytest.approx(sk.accuracy_score(references, predictions))


def test_numbers(scores):
    dice = random.Random("numbers")
    cases, theirs = [], []
    for _ in range(200):
        count = dice.choice([2, 3, 10, 100])
        if dice.random() < 0.5:
            x, y = [[float(dice.randrange(6)) for _ in range(count)] for _ in range(2)]
        else:
            x = [dice.gauss(0, 3) for _ in range(count)]
            y = [number * dice.choice([-1, 1]) + dice.gauss(0, 1) for number in x]
        x[0] += 0.5  # never all the same
        y[1] += 0.5
        for name, settings, value in [
            ("mse", {}, sk.mean_squared_error(y, x)),
            ("mse", {"squared": False}, sk.root_mean_squared_error(y, x)),
            ("mae", {}, sk.mean_absolute_error(y, x)),
            ("pearsonr", {}, scipy.stats.pearsonr(x, y)[0]),
            ("spearmanr", {}, scipy.stats.spearmanr(x, y)[0]),
        ]:
            cases.append((name, settings, x, y))
            theirs.append({name: float(value)})
        cases.append(("glue/stsb", {}, x, y))
        theirs.append({"pearson": float(scipy.stats.pearsonr(x, y)[0]), "spearmanr": float(scipy.stats.spearmanr(x, y)[0])})
    for case, ours, expected in zip(cases, scores(cases), theirs):
        for name, value in expected.items():
            assert ours[name] == pytest.approx(value, abs=1e-9, nan_ok=True), case


@pytest.mark.parametrize("task", ["cola", "mrpc", "qqp", "sst2", "rte", "wnli", "qnli"])
def test_glue(scores, task):
    dice = random.Random(task)
    predictions, references = labels(dice, 2, 80)
    [ours] = scores([(f"glue/{task}", {}, predictions, references)])
    both = {"accuracy": sk.accuracy_score(references, predictions), "f1": sk.f1_score(references, predictions)}
    if task == "cola":
        expected = {"matthews_correlation": sk.matthews_corrcoef(references, predictions)}
    else:
        expected = both if task in ["mrpc", "qqp"] else {"accuracy": both["accuracy"]}
    assert ours == pytest.approx(expected)
