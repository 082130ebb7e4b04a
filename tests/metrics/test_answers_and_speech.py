"""Transcripts beside jiwer; answers beside the definitions, in a few lines of Python, since the scripts are in no package."""

import collections
import random
import re
import string

import jiwer
import pytest

import draw


def test_error_rates(scores):
    dice = random.Random("speech")
    cases, expected = [], []
    for _ in range(200):
        predictions, references = draw.pairs(dice, dice.randint(1, 5), 1, least=1)
        references = [texts[0] for texts in references]
        for name, function in [("wer", jiwer.wer), ("cer", jiwer.cer)]:
            cases.append((name, {}, predictions, references))
            expected.append(function(references, predictions))
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert ours[case[0]] == pytest.approx(theirs, abs=1e-12), case


def normalized(text):
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def word_f1(prediction, reference):
    prediction, reference = normalized(prediction).split(), normalized(reference).split()
    if not prediction or not reference:
        return float(prediction == reference)
    shared = sum((collections.Counter(prediction) & collections.Counter(reference)).values())
    return 2 * shared / (len(prediction) + len(reference))


def exact(prediction, reference):
    return float(normalized(prediction) == normalized(reference))


def questions(dice, without_answer=0.0):
    answers, keys = [], []
    for number in range(dice.randint(1, 12)):
        right = [draw.sentence(dice, 5, 1) for _ in range(dice.randint(1, 3))]
        text = dice.choice([right[0], draw.near(dice, right[-1]), draw.sentence(dice, 3), ""])
        answers.append({"id": f"q{number}", "text": text, "no_answer_probability": dice.random()})
        keys.append({"id": f"q{number}", "answers": [] if dice.random() < without_answer else right})
    return answers, keys


def test_squad(scores):
    dice = random.Random("squad")
    cases = [("squad", {}, *questions(dice)) for _ in range(200)]
    for case, ours in zip(cases, scores(cases)):
        both = list(zip(case[2], case[3]))
        best = lambda of: 100 * sum(max(of(answer["text"], right) for right in key["answers"]) for answer, key in both) / len(both)
        # Version 1 gives an answer without words no point, even where the reference has none either.
        f1 = lambda text, right: word_f1(text, right) if normalized(text) else 0.0
        assert ours == pytest.approx({"exact_match": best(exact), "f1": best(f1)}, abs=1e-9), case


def test_squad_v2(scores):
    dice = random.Random("squad_v2")
    cases = [("squad_v2", {"no_answer_threshold": dice.choice([1.0, 0.5])}, *questions(dice, 0.4)) for _ in range(200)]
    for case, ours in zip(cases, scores(cases)):
        threshold = case[1]["no_answer_threshold"]
        total = len(case[2])
        raw = []
        for answer, key in zip(case[2], case[3]):
            right = [text for text in key["answers"] if normalized(text)] or [""]
            of = lambda function: max(function(answer["text"], text) for text in right)
            raw.append((answer["no_answer_probability"], bool(key["answers"]), bool(answer["text"]), of(exact), of(word_f1)))

        def mean(which, limit, part):
            chosen = [one for one in raw if which(one)]
            points = [float(not one[1]) if one[0] > limit else one[part] for one in chosen]
            return 100 * sum(points) / len(chosen)

        expected = {"total": total}
        for prefix, which in [("", lambda one: True), ("HasAns_", lambda one: one[1]), ("NoAns_", lambda one: not one[1])]:
            if any(map(which, raw)):
                expected |= {prefix + "exact": mean(which, threshold, 3), prefix + "f1": mean(which, threshold, 4)}
                expected[prefix + "total"] = sum(map(which, raw))
        for name, part in [("exact", 3), ("f1", 4)]:
            # The best of all thresholds: nothing answered, or everything up to one of the probabilities.
            found = [(sum(not one[1] for one in raw), 0.0)]
            for limit in sorted(one[0] for one in raw):
                # The script counts an empty answer to a question without one as right at any threshold.
                points = [
                    (one[part] if one[1] else float(not one[2])) if one[0] <= limit else float(not one[1]) for one in raw
                ]
                found.append((sum(points), limit))
            best = max(score for score, _ in found)
            expected[f"best_{name}"] = 100 * best / total
            expected[f"best_{name}_thresh"] = next(limit for score, limit in found if score > best - 1e-9)
        assert ours == pytest.approx(expected, abs=1e-9), case


def test_exact_match(scores):
    dice = random.Random("exact")
    cases, expected = [], []
    for _ in range(100):
        predictions, references = draw.pairs(dice, dice.randint(1, 8), 1)
        references = [texts[0] for texts in references]
        references = [dice.choice([text, text.upper(), text + "!", text + "7"]) for text in references]
        flags = {name: dice.random() < 0.5 for name in ["ignore_case", "ignore_punctuation", "ignore_numbers"]}
        patterns = dice.choice([[], [r"\bthe\b ?"], ["cat", "dogs?"]])
        settings = flags | ({"regexes_to_ignore": patterns} if patterns else {})
        cases.append(("exact_match", settings, predictions, references))

        def bare(text):
            for pattern in patterns:
                text = re.sub(pattern, "", text)
            text = text.lower() if flags["ignore_case"] else text
            drop = (string.punctuation if flags["ignore_punctuation"] else "") + (string.digits if flags["ignore_numbers"] else "")
            return text.translate(str.maketrans("", "", drop))

        same = [bare(one) == bare(other) and (bare(one) != "" or one == other) for one, other in zip(predictions, references)]
        expected.append(sum(same) / len(same))
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert ours["exact_match"] == pytest.approx(theirs), case
