"""Numbers of Python's transformers.pipeline for the tests of the encoder pipelines, written to numbers.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch transformers tokenizers safetensors pillow && venv/bin/python make.py

transformers 5 has no pipeline for question answering any more. Those numbers are of the last version that had one; run the script
a second time with it, and it renews them alone:

    python3 -m venv old && old/bin/pip install torch "transformers<5" tokenizers safetensors && old/bin/python make.py

Every model is tiny, its weights follow the formula of crates/models/tests/oracle/make.py, and a vocabulary of a few words makes the
tokenizer, so that no file of weights is needed: the test writes the same models with our own `save_pretrained`.
"""

import importlib.util
import json
import pathlib
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("formula", HERE.parents[2] / "models/tests/oracle/make.py")
FORMULA = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(FORMULA)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """
a and at in is my name I work with the of to it this was film food people lives city Paris example sports politics science not
good bad very awful great Hu ##gging Face S ##yl ##va ##in Brook ##lyn Zo ##ë G ##ü ##ters ##loh ##s what who where does library deep
learning three most popular Jax Py ##Torch Tensor ##Flow between them train your model before load for next one one's straightforward
happy sad . , ! ? ' s
""".split()

TEXTS = ["this film was very good", "the food was awful , not good !", "I work at Hugging Face", "bad"]
NAMES = [
    "my name is Sylvain and I work at Hugging Face in Brooklyn .",
    "Zoë lives in Gütersloh , not in Paris !",
    "Brooklyn's people work , and unheard people's people work in Paris .",
]
QUESTION, OTHER = "what is the library of deep learning ?", "where does Sylvain work ?"
CONTEXT = "the three most popular deep learning library in the city is Jax , PyTorch and TensorFlow with a straightforward model"
LONG = " ".join([CONTEXT, ".", NAMES[0], NAMES[1], "to train your model is straightforward before you load it for the next one .", NAMES[2]])
MASKED = ["Paris is a [MASK] city .", "the [MASK] was very [MASK] !", "[MASK]"]


def tokenizer() -> Tokenizer:
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(SPECIAL + WORDS))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.add_special_tokens(SPECIAL)
    made.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.decoder = decoders.WordPiece()
    return made


def config(kind, labels: list, **more):
    vocabulary = tokenizer().get_vocab_size()
    return kind(
        vocab_size=vocabulary, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
        max_position_embeddings=66, pad_token_id=0, id2label=dict(enumerate(labels)), label2id={label: n for n, label in enumerate(labels)},
        attn_implementation="eager", **more,
    )  # fmt: skip


t = transformers
BERT = t.BertConfig
MODELS = {
    "sentiment": (config(BERT, ["NEGATIVE", "NEUTRAL", "POSITIVE"]), "BertForSequenceClassification"),
    "topics": (config(BERT, ["sports", "politics", "science"], problem_type="multi_label_classification"), "BertForSequenceClassification"),
    "stars": (config(BERT, ["stars"], problem_type="regression"), "BertForSequenceClassification"),
    "nli": (config(BERT, ["contradiction", "neutral", "entailment"]), "BertForSequenceClassification"),
    "nli-bart": (t.BartConfig(
        vocab_size=tokenizer().get_vocab_size(), max_position_embeddings=66, d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=24, decoder_ffn_dim=20, pad_token_id=0, bos_token_id=2,
        eos_token_id=3, decoder_start_token_id=3, forced_eos_token_id=3, id2label=dict(enumerate(["contradiction", "neutral", "entailment"])),
        label2id={}, attn_implementation="eager",
    ), "BartForSequenceClassification"),
    "names": (config(BERT, ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]), "BertForTokenClassification"),
    "squad": (config(BERT, ["LABEL_0", "LABEL_1"]), "BertForQuestionAnswering"),
    "picture": (t.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, image_size=8, patch_size=4, num_channels=3,
        id2label=dict(enumerate(["cat", "dog", "lynx", "owl", "yak", "elk"])), label2id={}, attn_implementation="eager",
    ), "ViTForImageClassification"),
    "mask": (config(t.RobertaConfig, ["LABEL_0", "LABEL_1"], type_vocab_size=1), "RobertaForMaskedLM"),
}  # fmt: skip


# Width and height of pictures. Of tall ones newer versions of Pillow scale the columns first, which moves a byte by one or two.
SIZES = [[20, 12], [8, 8], [30, 5]]


def picture(width: int, height: int):
    from PIL import Image

    made = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            made.putpixel((x, y), tuple((x * 37 + y * 91 + colour * 53 + x * y % 7 * 11) % 256 for colour in range(3)))
    return made


def case(model: str, task: str, inputs, **options) -> dict:
    return {"model": model, "task": task, "inputs": inputs, "options": options}


CASES = [
    *(case("sentiment", "text-classification", TEXTS, top_k=k) for k in (1, 2, None)),
    case("sentiment", "text-classification", TEXTS, top_k=None, function_to_apply="sigmoid"),
    case("sentiment", "text-classification", [{"text": TEXTS[0], "text_pair": TEXTS[1]}, {"text": TEXTS[3], "text_pair": TEXTS[2]}], top_k=None),
    case("topics", "text-classification", TEXTS, top_k=None),
    case("stars", "text-classification", TEXTS, top_k=None),
    *(case("nli", "zero-shot-classification", TEXTS, candidate_labels=["sports", "politics", "science"], multi_label=multi) for multi in (False, True)),
    case("nli", "zero-shot-classification", TEXTS[:1], candidate_labels=["science", "food"], hypothesis_template="it is {} !"),
    case("nli", "zero-shot-classification", TEXTS[:1], candidate_labels=["food"]),
    case("nli-bart", "zero-shot-classification", TEXTS, candidate_labels=["sports", "politics", "very awful food"], multi_label=True),
    *(case("names", "token-classification", NAMES, aggregation_strategy=how) for how in ("none", "simple", "first", "average", "max")),
    case("names", "token-classification", [" ".join(NAMES + NAMES)], aggregation_strategy="first", stride=8),
    *(case("picture", "image-classification", SIZES, resample=resample, **more) for resample, more in ((2, {}), (3, {"top_k": 2}))),
    case("mask", "fill-mask", MASKED),
    case("mask", "fill-mask", MASKED, top_k=2),
    case("mask", "fill-mask", MASKED, targets=["good", "bad", "##ë"]),
    case("squad", "question-answering", [[QUESTION, CONTEXT], [OTHER, NAMES[0]]]),
    case("squad", "question-answering", [[QUESTION, CONTEXT]], top_k=6),
    case("squad", "question-answering", [[QUESTION, CONTEXT]], top_k=4, max_answer_len=2),
    case("squad", "question-answering", [[QUESTION, CONTEXT]], top_k=4, align_to_words=False),
    case("squad", "question-answering", [[OTHER, NAMES[1]]], top_k=3),
    case("squad", "question-answering", [[OTHER, LONG], [QUESTION, LONG]], top_k=5, max_seq_len=40, doc_stride=12),
    case("squad", "question-answering", [[OTHER, LONG]], top_k=3, max_seq_len=32, doc_stride=8, max_answer_len=6),
    case("squad", "question-answering", [[QUESTION, CONTEXT], [OTHER, LONG]], top_k=30, handle_impossible_answer=True, max_answer_len=3),
]  # fmt: skip


def write(folder: str, name: str) -> None:
    configuration, kind = MODELS[name]
    getattr(transformers, kind)(configuration).save_pretrained(folder)
    file = f"{folder}/model.safetensors"
    tensors = {key: FORMULA.weights(key, tensor.shape) for key, tensor in load_file(file).items()}
    save_file(tensors, file, {"format": "pt"})
    tokenizer().save(f"{folder}/tokenizer.json")
    reads = ["input_ids", "token_type_ids", "attention_mask"] if kind.startswith("Bert") else ["input_ids", "attention_mask"]
    pathlib.Path(f"{folder}/tokenizer_config.json").write_text(json.dumps(TOKENIZER | {"model_input_names": reads}))


IMAGES = {
    "image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True, "do_normalize": True, "rescale_factor": 1 / 255,
    "size": {"height": 8, "width": 8}, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.6, 0.7],
}  # fmt: skip


TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, "pad_token": "[PAD]", "unk_token": "[UNK]",
    "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]",
}  # fmt: skip


def plain(value):
    """Without NumPy's types, and as many digits as `f32` has."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.7g}") if isinstance(value, float) else value


def answer(one: dict) -> dict:
    options = dict(one["options"])
    with tempfile.TemporaryDirectory() as folder:
        write(folder, one["model"])
        if one["task"] == "image-classification":
            pathlib.Path(f"{folder}/preprocessor_config.json").write_text(json.dumps(IMAGES | {"resample": options.pop("resample")}))
            pipe = transformers.pipeline(one["task"], model=folder, image_processor=folder, device="cpu", use_fast=False)
            return one | {"outputs": plain(pipe([picture(*size) for size in one["inputs"]], **options))}
        made = {key: options.pop(key) for key in ("stride", "aggregation_strategy") if key in options}
        pipe = transformers.pipeline(one["task"], model=folder, tokenizer=folder, device="cpu", **made)
        if one["task"] == "question-answering":
            outputs = [pipe(question=question, context=context, **options) for question, context in one["inputs"]]
            outputs = [output if isinstance(output, list) else [output] for output in outputs]
        else:
            outputs = pipe(one["inputs"], **options)
    return one | {"outputs": plain(outputs)}


def main() -> None:
    torch.set_num_threads(1)
    target = HERE / "numbers.json"
    old = int(transformers.__version__.split(".")[0]) < 5
    is_old = [one["task"] == "question-answering" for one in CASES]
    kept = json.loads(target.read_text()) if target.exists() else {"versions": {}, "cases": []}
    before = [one for one in kept["cases"] if (one["task"] == "question-answering") != old]
    after = [answer(one) for one, asked in zip(CASES, is_old) if asked == old]
    cases = before + after if old else after + before
    versions = kept["versions"] | {"torch": torch.__version__, "question-answering" if old else "transformers": transformers.__version__}
    configurations = {name: {"class": kind, "config": json.loads(made.to_json_string())} for name, (made, kind) in MODELS.items()}
    if old:
        configurations = kept["models"]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in cases)
    head = {"versions": versions, "images": IMAGES, "tokenizer": json.loads(tokenizer().to_str()), "tokenizer_config": TOKENIZER, "models": configurations}
    head = ",\n".join(f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}" for key, value in head.items())
    target.write_text(f'{{{head},\n"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
