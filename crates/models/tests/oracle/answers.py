"""What PyTorch's transformers writes with the encoder-decoder models of make.py, to answers.json beside this file.

    venv/bin/python answers.py

For each model and each set of options: the token ids of `generate`, the start token and padding included.
"""

import json
import pathlib

import make
import torch
import transformers

OPTIONS = [
    {},
    {"num_beams": 4},
    {"num_beams": 3, "length_penalty": 2.0, "early_stopping": True, "no_repeat_ngram_size": 2},
    {"min_length": 7, "forced_bos_token_id": 5},
    {"num_beams": 2, "forced_bos_token_id": 0, "forced_eos_token_id": 2, "bad_words_ids": [[1], [38]]},
    {"repetition_penalty": 1.7, "max_length": 15},
    {"eos_token_id": [31, 39]},
    {"num_beams": 3, "eos_token_id": [31, 39]},
    {"num_beams": 4, "length_penalty": -1.0, "eos_token_id": [31, 39], "min_length": 4},
]


def main() -> None:
    torch.set_num_threads(1)
    cases = []
    for place, (config, name) in enumerate(make.CASES):
        if not name.endswith(("ForConditionalGeneration", "MTModel")):
            continue
        model, _ = make.model_of(config, name)
        given = {key: torch.tensor(value) for key, value in make.inputs(name).items() if key != "labels"}
        for options in OPTIONS:
            settings = {"max_length": 12, "forced_eos_token_id": None, "do_sample": False} | options
            ids = model.generate(**given, **settings).tolist()
            cases.append({"case": place, "architecture": name, "settings": settings, "ids": ids})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    target = pathlib.Path(__file__).with_name("answers.json")
    target.write_text(f'{{"versions":{json.dumps(versions)},"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
