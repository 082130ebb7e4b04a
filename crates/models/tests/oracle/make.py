"""Numbers of PyTorch's transformers for the tests of `architectures`, written to numbers.json beside this file.

    python3 -m venv venv && venv/bin/pip install torch transformers safetensors && venv/bin/python make.py

Every model is tiny and its weights follow a formula of the parameter's name and the place in it, so that no file of weights
is needed. For each: configuration, inputs, loss, logits, the norm of every parameter's gradient, and the names and shapes
of what `save_pretrained` writes. Numbers of version: see "versions" in the file.
"""

import copy
import json
import math
import pathlib
import tempfile

import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file

IDS = [[5, 17, 9, 23, 11, 2], [7, 31, 12, 2, 1, 1]]
MASK = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]
TYPES = [[0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 0, 0]]
WORDS = [[-100, 17, -100, 23, 8, -100], [-100, -100, 12, 2, -100, -100]]
NEXT = [[5, 17, 9, 23, 11, 2], [7, 31, 12, 2, -100, -100]]
TOKENS = [[-100, 2, 0, 1, 1, -100], [-100, 0, 2, -100, -100, -100]]
TARGET = [[6, 14, 3, 2], [9, 2, -100, -100]]
IMAGE = [2, 3, 8, 8]


def weights(name: str, shape) -> torch.Tensor:
    """Spread between -0.35 and 0.35, around 1 for the scale of a norm: the fractions of a sine's many digits."""
    count = math.prod(shape)
    seed = sum((place + 1) * byte for place, byte in enumerate(name.encode()))
    sines = numpy.sin(numpy.arange(count, dtype=numpy.float64) * 12.9898 + seed * 0.78233) * 43758.5453
    numbers = ((sines - numpy.floor(sines)) * 2 - 1) * 0.35
    if len(shape) == 1 and name.endswith(".weight"):
        numbers = numbers + 1
    return torch.tensor(numbers.reshape(shape), dtype=torch.float32)


def sizes(**more) -> dict:
    return {"vocab_size": 40, "max_position_embeddings": 24, "num_labels": 3, "attn_implementation": "eager"} | more


def encoder(**more) -> dict:
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24}
    return sizes(**(shape | more))


t = transformers
SEQ2SEQ = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 24, "decoder_ffn_dim": 20, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
    "decoder_start_token_id": 2, "forced_eos_token_id": 2,
}  # fmt: skip
LLAMA = encoder(num_key_value_heads=2, pad_token_id=1, bos_token_id=0, eos_token_id=2)
CASES = [
    *((t.BertConfig(**encoder(type_vocab_size=2, pad_token_id=1)), f"Bert{head}") for head in (
        "Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
        "ForMultipleChoice",
    )),
    *((t.DistilBertConfig(**sizes(dim=16, n_layers=2, n_heads=4, hidden_dim=24, pad_token_id=1)), f"DistilBert{head}") for head in (
        "Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
        "ForMultipleChoice",
    )),
    *((t.RobertaConfig(**encoder(type_vocab_size=1, pad_token_id=1)), f"Roberta{head}") for head in (
        "Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
        "ForMultipleChoice",
    )),
    (t.CamembertConfig(**encoder(type_vocab_size=1, pad_token_id=1)), "CamembertForMaskedLM"),
    *((t.MPNetConfig(**encoder(pad_token_id=1)), f"MPNet{head}") for head in (
        "Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
        "ForMultipleChoice",
    )),
    *((t.ViTConfig(**encoder(image_size=8, patch_size=4, num_channels=3)), f"ViT{head}") for head in (
        "Model", "ForImageClassification",
    )),
    *((t.GPT2Config(**sizes(n_positions=24, n_embd=16, n_layer=2, n_head=4, n_inner=24, pad_token_id=1, bos_token_id=0, eos_token_id=2)), f"GPT2{head}") for head in (
        "Model", "LMHeadModel", "ForSequenceClassification", "ForTokenClassification",
    )),
    *((t.LlamaConfig(**LLAMA), f"Llama{head}") for head in ("Model", "ForCausalLM", "ForSequenceClassification")),
    (t.LlamaConfig(**LLAMA, tie_word_embeddings=True), "LlamaForCausalLM"),
    *((t.Qwen2Config(**LLAMA), f"Qwen2{head}") for head in ("Model", "ForCausalLM", "ForSequenceClassification")),
    *((t.T5Config(**sizes(d_model=16, d_kv=4, d_ff=24, num_layers=2, num_decoder_layers=2, num_heads=4, relative_attention_num_buckets=8, relative_attention_max_distance=6, feed_forward_proj=projection, tie_word_embeddings=tied, pad_token_id=1, eos_token_id=2, decoder_start_token_id=1)), "T5ForConditionalGeneration") for projection, tied in (
        ("relu", True), ("gated-gelu", False),
    )),
    *((t.BartConfig(**sizes(**SEQ2SEQ)), f"Bart{head}") for head in (
        "Model", "ForConditionalGeneration", "ForSequenceClassification",
    )),
    (t.MarianConfig(**sizes(**SEQ2SEQ, scale_embedding=True, activation_function="swish")), "MarianMTModel"),
]  # fmt: skip


def inputs(name: str) -> dict:
    ids = {"input_ids": IDS, "attention_mask": MASK}
    if name.startswith("ViT"):
        pixels = torch.sin(torch.arange(math.prod(IMAGE), dtype=torch.float64) * 0.37).reshape(IMAGE)
        return {"pixel_values": pixels.float()} | ({"labels": [2, 0]} if "For" in name else {})
    if name.startswith("Bart") and name.endswith("SequenceClassification"):
        # The vector of the last end of text: every row must have as many.
        ids = {"input_ids": [[5, 17, 9, 23, 11, 2], [7, 31, 12, 4, 2, 1]], "attention_mask": [[1] * 6, [1, 1, 1, 1, 1, 0]]}
    if name.startswith("Bert"):
        ids["token_type_ids"] = TYPES
    if name.endswith("ForMultipleChoice"):
        choices = {key: [value, value[::-1]] for key, value in ids.items()}
        return choices | {"labels": [1, 0]}
    labels = {
        "ForMaskedLM": {"labels": WORDS},
        "LMHeadModel": {"labels": NEXT},
        "ForCausalLM": {"labels": NEXT},
        "ForConditionalGeneration": {"labels": TARGET},
        "MTModel": {"labels": TARGET},
        "ForSequenceClassification": {"labels": [2, 0]},
        "ForTokenClassification": {"labels": TOKENS},
        "ForQuestionAnswering": {"start_positions": [1, 2], "end_positions": [3, 9]},
    }
    return ids | next((value for ending, value in labels.items() if name.endswith(ending)), {})


def model_of(config, name: str):
    """The model, and its weights by the names in its file, which for some models are not those inside."""
    config = copy.deepcopy(config)
    if name.endswith("ForQuestionAnswering"):
        config.num_labels = 2
    kind = getattr(transformers, name)
    with tempfile.TemporaryDirectory() as folder:
        kind(config).save_pretrained(folder)
        file = f"{folder}/model.safetensors"
        tensors = {key: weights(key, tensor.shape) for key, tensor in load_file(file).items()}
        save_file(tensors, file, {"format": "pt"})
        return kind.from_pretrained(folder, attn_implementation="eager").eval(), tensors


def case(config, name: str) -> dict:
    model, tensors = model_of(config, name)
    written = json.loads(model.config.to_json_string())
    given = {key: torch.as_tensor(value) for key, value in inputs(name).items()}
    try:
        output = model(**given)
    except Exception as error:
        raise RuntimeError(name) from error
    outputs = [output[key] for key in ("logits", "start_logits", "end_logits", "last_hidden_state", "pooler_output") if output.get(key) is not None]
    loss = output.loss if output.get("loss") is not None else None
    if loss is not None:
        loss.backward()
    parameters = [parameter for parameter in model.parameters() if parameter.grad is not None]
    grads = {
        key: next(p.grad.norm().item() for p in parameters if p.shape == tensor.shape and torch.equal(p.data, tensor))
        for key, tensor in tensors.items()
        if loss is not None and not key.endswith("final_logits_bias")
    }
    return {
        "architecture": name,
        "config": written,
        "inputs": {key: value.flatten().tolist() if key == "pixel_values" else value.tolist() for key, value in given.items()},
        "loss": None if loss is None else loss.item(),
        "outputs": [{"shape": list(tensor.shape), "numbers": [rounded(x) for x in tensor.flatten().tolist()]} for tensor in outputs],
        "gradients": {key: rounded(norm) for key, norm in grads.items()},
        "saved": {key: list(tensor.shape) for key, tensor in tensors.items()},
    }  # fmt: skip


def rounded(number: float) -> float:
    return float(f"{number:.7g}")


def main() -> None:
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    cases = [case(config, name) for config, name in CASES]
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
    target = pathlib.Path(__file__).with_name("numbers.json")
    target.write_text(f'{{"versions":{json.dumps(versions)},"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
