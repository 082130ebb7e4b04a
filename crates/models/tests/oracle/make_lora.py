"""Adapters as Python's peft writes them, and what the models beside them say, for the tests of `peft`: lora/ beside this file.

    venv/bin/pip install --no-deps peft accelerate && venv/bin/python make_lora.py

The models, their weights and their inputs are those of make.py. With `--read FOLDER` it reads what a test of ours has written there
(`LORA_WRITTEN=FOLDER cargo test`) and compares what peft makes of it with the numbers of lora/numbers.json.
"""

import json
import pathlib
import shutil
import sys

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model

import make

HERE = pathlib.Path(__file__).parent / "lora"
CASES = {
    "bert-tokens": ("BertForTokenClassification", LoraConfig(r=4, lora_alpha=8, lora_dropout=0.1, target_modules=["query", "value"], task_type="TOKEN_CLS")),
    "bert-words": ("BertForMaskedLM", LoraConfig(r=2, lora_alpha=3, target_modules=["query", "output.dense"], modules_to_save=["transform"], bias="all", rank_pattern={"layer.1.output.dense": 4}, alpha_pattern={r"layer\.0.*query": 5})),
    "distilbert-class": ("DistilBertForSequenceClassification", LoraConfig(r=4, task_type="SEQ_CLS", target_modules=["q_lin", "v_lin"])),
    "mpnet-answer": ("MPNetForQuestionAnswering", LoraConfig(r=2, task_type="QUESTION_ANS", target_modules=r".*layer\.\d\.attention\.attn\.(q|k)")),
    "gpt2-text": ("GPT2LMHeadModel", LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", bias="lora_only", use_rslora=True)),
    "llama-text": ("LlamaForCausalLM", LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj", "down_proj"], layers_to_transform=[1], task_type="CAUSAL_LM")),
    "t5-answer": ("T5ForConditionalGeneration", LoraConfig(r=2, lora_alpha=4, target_modules=["q", "v"], task_type="SEQ_2_SEQ_LM")),
}  # fmt: skip


def base_of(name: str):
    config = next(config for config, kind in make.CASES if kind == name)
    return make.model_of(config, name)[0]


def logits(model, name: str) -> list:
    given = {key: torch.as_tensor(value) for key, value in make.inputs(name).items()}
    with torch.no_grad():
        output = model.eval()(**given)
    tensor = output["start_logits"] if "start_logits" in output else output["logits"]
    return [round(number, 6) for number in tensor.flatten().tolist()]


def make_all() -> None:
    shutil.rmtree(HERE, ignore_errors=True)
    numbers = {}
    for case, (name, config) in CASES.items():
        model = get_peft_model(base_of(name), config)
        for key, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.data = make.weights(key, parameter.shape)
        model.save_pretrained(HERE / case)
        (HERE / case / "README.md").unlink()
        written = HERE / case / "adapter_config.json"
        config = json.loads(written.read_text()) | {"base_model_name_or_path": "tiny"}
        written.write_text(json.dumps(config, indent=2) + "\n")
        numbers[case] = {"architecture": name, "logits": logits(model, name)}
    (HERE / "numbers.json").write_text(json.dumps({"peft": peft.__version__, "cases": numbers}) + "\n")


def read(folder: pathlib.Path) -> None:
    for case, expected in json.loads((HERE / "numbers.json").read_text())["cases"].items():
        model = PeftModel.from_pretrained(base_of(expected["architecture"]), folder / case)
        ours = logits(model, expected["architecture"])
        worst = max(abs(a - b) for a, b in zip(ours, expected["logits"], strict=True))
        print(f"{case}: differs by {worst:.1e}")
        assert worst < 1e-4


torch.set_num_threads(1)
if sys.argv[1:2] == ["--read"]:
    read(pathlib.Path(sys.argv[2]))
else:
    make_all()
