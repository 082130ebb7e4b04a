"""Tokenizers against Python's `transformers` and `tokenizers`: files of the one read by the other, and the same encodings of the same texts."""

import random
import types

import numpy
import pytest
import tokenizers
from transformers import AutoTokenizer
from transformers.pipelines.token_classification import AggregationStrategy, TokenClassificationPipeline

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
PIECES = [
    "Hugging", "face", "isn't", "it?", "I've", "naïve", "café", "İstanbul", "ﬁne", "漢字", "日本語", "👍🏽", "e\u0301", "3.14159", "2024", "\t",
    "\n", "  ", "a", "—", "unbelievable", "[MASK]", "<|im_end|>", "don't", "!", "\u200b", "ß", "Ω", "straße", "x" * 120,
]


def sentence(draw, most=14):
    return " ".join(draw.choice(PIECES) for _ in range(draw.randint(0, most)))


def corpus(draw):
    words = ["low", "lower", "lowest", "new", "newer", "wide", "wider", "let", "mut", "value", "values", "Ünder", "x1", "=>", "();"]
    return [" ".join(draw.choices(words, weights=range(1, 16), k=12)) for _ in range(200)]


@pytest.fixture(scope="session")
def folders(parity, tmp_path_factory):
    """Folders that our side saved: the two models at hand, and new vocabularies for each."""
    home = tmp_path_factory.mktemp("tokenizers")
    names = {"minilm": MINILM, "smollm2": SMOLLM2}
    for name, model in names.items():
        parity("tokenizer-save", name=model, folder=str(home / name))
        texts = corpus(random.Random(name))
        parity("tokenizer-train", name=model, folder=str(home / f"{name}-new"), texts=texts, vocab_size=380)
    return {name: str(home / name) for name in ["minilm", "smollm2", "minilm-new", "smollm2-new"]}


ALL = ["minilm", "smollm2", "minilm-new", "smollm2-new"]


@pytest.mark.parametrize("name", ALL)
def test_python_reads_what_we_saved(parity, folders, name):
    theirs = AutoTokenizer.from_pretrained(folders[name])
    library = tokenizers.Tokenizer.from_file(folders[name] + "/tokenizer.json")
    draw = random.Random(name)
    texts = [sentence(draw) for _ in range(60)]
    pairs = [sentence(draw) for _ in range(60)]
    for second in [None, pairs]:
        case = {"texts": texts} if second is None else {"texts": texts, "pairs": second}
        [ours] = parity("tokenizer-encode", name=folders[name], cases=[case])
        encoded = theirs(texts, second, return_offsets_mapping=True, return_special_tokens_mask=True, return_token_type_ids=True)
        assert_same(ours, encoded)
        inputs = texts if second is None else list(zip(texts, second))
        assert [row["input_ids"] for row in ours["rows"]] == [one.ids for one in library.encode_batch(inputs)]


@pytest.mark.parametrize("name", ALL)
def test_settings_are_read(folders, name):
    theirs = AutoTokenizer.from_pretrained(folders[name])
    if name.startswith("minilm"):
        assert theirs.padding_side == "right" and theirs.model_max_length == 256
        tokens = [theirs.pad_token, theirs.unk_token, theirs.cls_token, theirs.sep_token, theirs.mask_token]
        assert tokens == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        assert theirs.model_input_names == ["input_ids", "token_type_ids", "attention_mask"]
    else:
        assert theirs.padding_side == "left" and theirs.model_max_length == 8192
        assert (theirs.eos_token, theirs.pad_token) == ("<|im_end|>", "<|im_end|>")
        assert theirs.model_input_names == ["input_ids", "attention_mask"]
        assert "<|im_start|>" in theirs.chat_template


def assert_same(ours, encoded):
    """Rows of ours are those of Python's encodings."""
    rows = ours["rows"]
    assert len(rows) == len(encoded["input_ids"])
    for index, row in enumerate(rows):
        for key in ["input_ids", "token_type_ids", "attention_mask", "special_tokens_mask"]:
            assert row[key] == encoded[key][index], (key, index)
        assert row["tokens"] == encoded.tokens(index)
        assert row["word_ids"] == encoded.word_ids(index)
        offsets = [list(offset) for offset in encoded["offset_mapping"][index]]
        assert row["offset_mapping"] == offsets, index


def options(draw, pair):
    """Options as Python names them; some of them contradict each other."""
    chosen = {"padding": draw.choice(["do_not_pad", "longest", "max_length"]), "max_length": draw.randint(4, 24)}
    strategies = ["longest_first", "only_first"] + (["only_second"] if pair else [])
    chosen["truncation"] = draw.choice(strategies)
    if draw.random() < 0.5:
        chosen["return_overflowing_tokens"] = True
        chosen["stride"] = draw.randint(0, 4)
    if draw.random() < 0.3:
        # Python refuses a length that is no multiple.
        chosen["pad_to_multiple_of"] = 4
        chosen["max_length"] = 4 * draw.randint(1, 6)
    if draw.random() < 0.3:
        chosen["padding_side"] = draw.choice(["left", "right"])
    if draw.random() < 0.2:
        chosen["add_special_tokens"] = False
    return chosen


@pytest.mark.parametrize("name", ALL)
def test_padding_and_truncation(parity, folders, name):
    theirs = AutoTokenizer.from_pretrained(folders[name])
    draw = random.Random("options " + name)
    cases = []
    for _ in range(250):
        pair = draw.random() < 0.5
        count = draw.randint(1, 4)
        case = {"texts": [sentence(draw) for _ in range(count)], "options": options(draw, pair)}
        if pair:
            case["pairs"] = [sentence(draw, 30) for _ in range(count)]
        cases.append(case)
    answers = parity("tokenizer-encode", name=folders[name], cases=cases)
    refused = 0
    for case, ours in zip(cases, answers):
        chosen = dict(case["options"])
        keys = {"return_offsets_mapping": True, "return_special_tokens_mask": True, "return_token_type_ids": True}
        try:
            encoded = theirs(case["texts"], case.get("pairs"), **chosen, **keys)
        except BaseException as error:  # A panic of the library is no Exception.
            assert "error" in ours, (case, error)
            refused += 1
            continue
        if "error" in ours:
            # We refuse a stride as long as the room for text also where the texts at hand are short enough, or before the library panics.
            assert "stride" in ours["error"] or "leaves no room" in ours["error"], (case, ours["error"])
            refused += 1
            continue
        if chosen["padding"] == "max_length" and any(len(row) != len(encoded["input_ids"][0]) for row in encoded["input_ids"]):
            # Rows that are longer than `max_length` stay ragged in Python; ours are filled up to the longest.
            continue
        assert_same(ours, encoded)
        if chosen.get("return_overflowing_tokens"):
            assert ours["samples"] == encoded["overflow_to_sample_mapping"]
    assert refused < 100


@pytest.mark.parametrize("name", ALL)
def test_decoding(parity, folders, name):
    theirs = AutoTokenizer.from_pretrained(folders[name])
    draw = random.Random("decoding " + name)
    rows = [theirs(sentence(draw))["input_ids"] for _ in range(60)]
    rows += [[draw.randrange(len(theirs)) for _ in range(12)] for _ in range(60)]
    for skip in [True, False]:
        for clean_up in [True, False]:
            ours = parity("tokenizer-decode", name=folders[name], rows=rows, skip_special_tokens=skip, clean_up=clean_up)
            expected = [theirs.decode(ids, skip_special_tokens=skip, clean_up_tokenization_spaces=clean_up) for ids in rows]
            assert ours == expected


def without_ties():
    """Words and their beginnings, so often that no two pairs of letters are ever equally frequent."""
    counts = {}
    for family, word in enumerate(["value", "strong", "import"]):
        for length in range(2, len(word)):
            counts[word[:length]] = 3
        counts[word] = 100 - 3 * len(word) - family
    return [" ".join(words) for word, count in counts.items() for words in [[word] * count]]


@pytest.mark.parametrize("name", ["minilm", "smollm2"])
def test_training_gives_the_same_vocabulary(parity, folders, name, tmp_path):
    draws = corpus(random.Random(name))
    for texts, folder in [(draws, folders[name + "-new"]), (without_ties(), str(tmp_path))]:
        if texts is not draws:
            parity("tokenizer-train", name={"minilm": MINILM, "smollm2": SMOLLM2}[name], folder=folder, texts=texts, vocab_size=380)
        theirs = AutoTokenizer.from_pretrained(folders[name]).train_new_from_iterator(texts, 380)
        ours = AutoTokenizer.from_pretrained(folder)
        if name == "smollm2":
            assert ours.get_vocab() == theirs.get_vocab()
        elif texts is not draws:
            # The library numbers the letters inside words as its hash table has them, and settles ties by those numbers.
            assert ours.get_vocab().keys() == theirs.get_vocab().keys()
        for text in texts[:20]:
            assert ours.tokenize(text) == theirs.tokenize(text)


@pytest.mark.parametrize("name", ["minilm", "smollm2"])
def test_we_read_what_python_saved(parity, folders, name, tmp_path):
    texts = corpus(random.Random("saved " + name))
    theirs = AutoTokenizer.from_pretrained(folders[name]).train_new_from_iterator(texts, 400, new_special_tokens=["<new>"])
    theirs.padding_side = "left"
    theirs.save_pretrained(tmp_path)
    draw = random.Random(name)
    texts = [sentence(draw) + " <new> low" for _ in range(30)]
    [ours] = parity("tokenizer-encode", name=str(tmp_path), cases=[{"texts": texts, "options": {"padding": "longest"}}])
    encoded = theirs(
        texts, padding="longest", return_offsets_mapping=True, return_special_tokens_mask=True, return_token_type_ids=True
    )
    assert_same(ours, encoded)


@pytest.mark.parametrize("strategy", ["simple", "first", "average", "max"])
def test_entities(parity, folders, strategy):
    """Names in a text, from random probabilities, as the pipeline groups them."""
    theirs = AutoTokenizer.from_pretrained(folders["minilm"])
    labels = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG"]
    pipeline = TokenClassificationPipeline.__new__(TokenClassificationPipeline)
    pipeline.tokenizer = theirs
    pipeline.model = types.SimpleNamespace(config=types.SimpleNamespace(id2label=dict(enumerate(labels))))
    kind = AggregationStrategy(strategy)
    draw = random.Random(strategy)
    for _ in range(20):
        words = draw.choices(["sylvain", "works", "at", "hugging", "face", "brooklyn", "unbelievable", "tokenization"], k=10)
        text = " ".join(words)
        encoded = theirs(text, return_offsets_mapping=True, return_special_tokens_mask=True)
        scores = numpy.array([[draw.random() ** 3 for _ in labels] for _ in encoded["input_ids"]], dtype=numpy.float32)
        scores /= scores.sum(axis=1, keepdims=True)
        before = pipeline.gather_pre_entities(
            text, encoded["input_ids"], scores, encoded["offset_mapping"], encoded["special_tokens_mask"], kind
        )
        expected = [one for one in pipeline.aggregate(before, kind) if one["entity_group"] != "O"]
        ours = parity(
            "tokenizer-entities",
            name=folders["minilm"],
            text=text,
            probabilities=scores.tolist(),
            labels=labels,
            strategy=strategy,
        )
        place = [(one["entity_group"], one["start"], one["end"]) for one in expected]
        assert [(one["entity_group"], one["start"], one["end"]) for one in ours] == place
        assert [one["score"] for one in ours] == pytest.approx([float(one["score"]) for one in expected], abs=1e-5)
