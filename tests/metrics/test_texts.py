"""Translations and summaries beside sacrebleu, NLTK and rouge_score."""

import random

import pytest
import sacrebleu
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import meteor_score
from rouge_score import rouge_scorer

import draw


def columns(references):
    """sacrebleu's form: all first references, all second ones, …"""
    return [list(column) for column in zip(*references)]


@pytest.mark.parametrize("cut", ["13a", "intl", "char", "zh", "none"])
@pytest.mark.parametrize("smoothing", ["exp", "floor", "add-k", "none"])
def test_sacrebleu(scores, cut, smoothing):
    dice = random.Random(cut + smoothing)
    cases, expected = [], []
    for _ in range(120):
        # Single sentences too, and short ones, which have no n-grams of some orders.
        predictions, references = draw.pairs(dice, dice.choice([1, 1, 2, 6]), dice.randint(1, 3))
        settings = {"tokenize": cut, "smooth_method": smoothing, "lowercase": dice.random() < 0.5, "use_effective_order": dice.random() < 0.5}
        if smoothing in ["floor", "add-k"] and dice.random() < 0.5:
            settings["smooth_value"] = dice.choice([0.5, 2.0])
        cases.append(("sacrebleu", settings, predictions, references))
        expected.append(
            sacrebleu.metrics.BLEU(
                tokenize=cut, smooth_method=smoothing, smooth_value=settings.get("smooth_value"), lowercase=settings["lowercase"],
                effective_order=settings["use_effective_order"],
            ).corpus_score(predictions, columns(references))
        )
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert ours["score"] == pytest.approx(theirs.score, abs=1e-9), case
        assert ours["precisions"] == pytest.approx(theirs.precisions, abs=1e-9), case
        assert ours["bp"] == pytest.approx(theirs.bp, abs=1e-12), case
        assert (ours["sys_len"], ours["ref_len"]) == (theirs.sys_len, theirs.ref_len), case
        if smoothing != "add-k":  # whose counts have k in them there
            assert (ours["counts"], ours["totals"]) == (theirs.counts, theirs.totals), case


def test_bleu(scores):
    """One reference each: sacrebleu goes by the closest of several, and Python's metric by the shortest."""
    dice = random.Random("bleu")
    cases, expected = [], []
    for _ in range(150):
        predictions, references = draw.pairs(dice, dice.randint(1, 6), 1, least=1)
        order = dice.choice([1, 2, 4])
        cases.append(("bleu", {"tokenize": "none", "max_order": order}, predictions, references))
        theirs = sacrebleu.metrics.BLEU(tokenize="none", smooth_method="none", max_ngram_order=order)
        expected.append(theirs.corpus_score(predictions, columns(references)))
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert ours["bleu"] == pytest.approx(theirs.score / 100, abs=1e-12), case
        assert ours["brevity_penalty"] == pytest.approx(theirs.bp, abs=1e-12), case
        assert (ours["translation_length"], ours["reference_length"]) == (theirs.sys_len, theirs.ref_len), case


def test_chrf(scores):
    dice = random.Random("chrf")
    cases, expected = [], []
    for _ in range(200):
        predictions, references = draw.pairs(dice, dice.randint(1, 5), dice.randint(1, 3))
        settings = {
            "char_order": dice.choice([1, 3, 6]), "word_order": dice.choice([0, 1, 2]), "beta": dice.choice([1, 2, 3]),
            "lowercase": dice.random() < 0.5, "whitespace": dice.random() < 0.5, "eps_smoothing": dice.random() < 0.5,
        }
        cases.append(("chrf", settings, predictions, references))
        expected.append(sacrebleu.metrics.CHRF(**settings).corpus_score(predictions, columns(references)).score)
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert ours["score"] == pytest.approx(theirs, abs=1e-9), case


def test_ter(scores):
    dice = random.Random("ter")
    cases, expected = [], []
    for _ in range(200):
        predictions, references = draw.pairs(dice, dice.randint(1, 4), dice.randint(1, 3))
        flags = {name: dice.random() < 0.5 for name in ["normalized", "case_sensitive", "ignore_punct", "support_zh_ja_chars"]}
        cases.append(("ter", flags, predictions, references))
        theirs = sacrebleu.metrics.TER(
            normalized=flags["normalized"], no_punct=flags["ignore_punct"], asian_support=flags["support_zh_ja_chars"],
            case_sensitive=flags["case_sensitive"],
        )
        expected.append(theirs.corpus_score(predictions, columns(references)))
    # Few words, so that there are many ways to move them.
    for _ in range(200):
        words = lambda least: " ".join(dice.choice("abcde") for _ in range(dice.randint(least, 30)))
        cases.append(("ter", {}, [words(0)], [[words(1)]]))
        expected.append(sacrebleu.metrics.TER().corpus_score(cases[-1][2], columns(cases[-1][3])))
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert (ours["num_edits"], ours["ref_length"]) == (theirs.num_edits, theirs.ref_length), case
        assert ours["score"] == pytest.approx(theirs.score, abs=1e-9), case


def test_the_stemmer(parity):
    dice = random.Random("stem")
    endings = (
        "s es ies ss sses ed eed ied ing y ational tional enci anci izer bli alli entli eli ousli ization ation ator alism iveness fulness ousness "
        "aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent sion tion ou ism ate iti "
        "ous ive ize e ll"
    ).split()
    stems = "hop hopp fall tr tree trouble conflat siz f fil be geo archaeo sky y yy toy syzyg gener univers oat cr c a at connect rel".split()
    words = [dice.choice(stems) + "".join(dice.choice(endings) for _ in range(dice.randint(0, 2))) for _ in range(3000)]
    words += [word for text in draw.WORDS for word in text.split()] + ["dying", "innings", "exceed", "news"]
    theirs = PorterStemmer()
    for word, ours in zip(words, parity("stem", words=words)):
        assert ours == theirs.stem(word), word


def test_rouge(scores):
    dice = random.Random("rouge")
    kinds = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"]
    cases, expected = [], []
    for _ in range(200):
        predictions, references = draw.pairs(dice, dice.randint(1, 3), dice.randint(1, 3))
        lines = lambda text: "".join(letter if letter != " " or dice.random() < 0.8 else "\n" for letter in text)
        predictions, references = [lines(text) for text in predictions], [[lines(text) for text in texts] for texts in references]
        stems = dice.random() < 0.5
        cases.append(("rouge", {"rouge_types": kinds, "use_stemmer": stems, "use_aggregator": False}, predictions, references))
        scorer = rouge_scorer.RougeScorer(kinds, use_stemmer=stems)
        expected.append([scorer.score_multi(texts, text) for text, texts in zip(predictions, references)])
    for case, ours, theirs in zip(cases, scores(cases), expected):
        for kind in kinds:
            assert ours[kind] == pytest.approx([one[kind].fmeasure for one in theirs], abs=1e-12), (kind, case)
    means = scores([(name, settings | {"use_aggregator": True}, *texts) for name, settings, *texts in cases])
    for mean, theirs in zip(means, expected):
        assert mean["rouge1"] == pytest.approx(sum(one["rouge1"].fmeasure for one in theirs) / len(theirs), abs=1e-12)


class NoSynonyms:
    """In place of WordNet, which has to be fetched: no word has a synonym."""

    def synsets(self, word):
        return []


def test_meteor_without_synonyms(scores):
    dice = random.Random("meteor")
    cases, expected = [], []
    for _ in range(300):
        predictions, references = draw.pairs(dice, 1, dice.randint(1, 3))
        settings = {"tokenize": "none"}
        if dice.random() < 0.5:
            settings |= {"alpha": dice.choice([0.5, 0.8]), "beta": dice.choice([1.0, 2.5]), "gamma": dice.choice([0.2, 0.6])}
        cases.append(("meteor", settings, predictions, references))
        numbers = {name: value for name, value in settings.items() if name != "tokenize"}
        words = [text.split() for text in references[0]]
        expected.append(meteor_score(words, predictions[0].split(), wordnet=NoSynonyms(), **numbers))
    for case, ours, theirs in zip(cases, scores(cases), expected):
        assert ours["meteor"] == pytest.approx(theirs, abs=1e-12), case
