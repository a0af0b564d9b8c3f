"""What a person would write to time a model: no meter, no protocol, no record. The other side of harness_overhead.py."""

import argparse
import json
import time
from pathlib import Path

import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification, PreTrainedTokenizerFast


@torch.inference_mode()
def main() -> None:
    """Load, then run every text so many times, one after the other; the answers' number and the seconds are printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True, help="JSON list of texts")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--passes", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(arguments.tokenizer))
    model = DistilBertForSequenceClassification(DistilBertConfig(num_labels=2)).eval()
    texts = json.loads(arguments.texts.read_text())
    started = time.perf_counter()
    answers = []
    for _ in range(arguments.passes):
        for text in texts:
            encoded = tokenizer(text, return_tensors="pt", truncation=True, max_length=512, return_token_type_ids=False)
            scores = torch.softmax(model(**encoded).logits[0], dim=-1)
            answers.append(model.config.id2label[int(scores.argmax())])
    print(f"{len(answers)} inferences in {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
