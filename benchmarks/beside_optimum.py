"""wattlab and optimum-benchmark 0.6 on the same model: in the loop, as whole processes, and what burns CPU beside the work.

    make env-optimum && make benchmarks ONLY=beside_optimum

Both measure as many inferences of a BERT on one thread, with the energy on (CodeCarbon, machine-wide). Ours tokenizes its
texts in the window; the other is given random tokens, as many as a text has in the mean. It runs on transformers 4, since it imports what
transformers 5 lacks, and on the torch of requirements.lock. DistilBERT it can not run: it hands every encoder positions.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import mean, median

from transformers import BertConfig, BertForSequenceClassification

import harness_overhead as ours
from ratios import Ratio, paired
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.models.tokenizers.file import load_tokenizer, read_tokenizer

PYTHON = ours.ROOT / ".venv-optimum/bin/python"
MODEL = "nlptown--bert-base-multilingual-uncased-sentiment"


def ratios(n_pairs: int = 5, inferences: int = 100, loop_pairs: int = 50, loop_inferences: int = 10) -> list[Ratio]:
    """Theirs in the loop over a bare loop of their calls, and the whole of ours over the whole of theirs."""
    if not PYTHON.exists():
        print("left out: there is no .venv-optimum; `make env-optimum` builds it")
        return []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ.setdefault("WATTLAB_LOCKS", str(folder / "locks"))
        study = ours.study_of(inferences, MODEL)
        architecture = load_catalog(CATALOG_ROOT).models[MODEL].architecture
        assert architecture is not None and architecture.config is not None
        _, tokenizer, texts = ours.prepare(study, folder)
        encode = load_tokenizer(read_tokenizer(tokenizer))
        tokens = round(mean(len(encode(text).input_ids) for text in texts))
        BertForSequenceClassification(BertConfig(**architecture.config)).save_pretrained(folder / "model")
        theirs = [str(PYTHON), str(ours.ROOT / "benchmarks/optimum_side.py"), "--model", str(folder / "model")]
        theirs += ["--tokens", str(tokens)]
        looped = [*theirs, "--inferences", str(loop_inferences), "--loop", str(loop_pairs)]
        told = subprocess.run(looped, cwd=folder, env=ours.environment(), check=True, capture_output=True, text=True)
        loop = json.loads(told.stdout.splitlines()[-1])
        whole = [*theirs, "--inferences", str(inferences)]
        made = ours.pairs(n_pairs, ours.ours_of(study, folder), lambda: ours.process(whole, folder))
    return [
        paired("theirs in the loop over a bare one, wall clock", *sides(loop, 0), 0.1),
        paired("theirs in the loop over a bare one, CPU time", *sides(loop, 1), 0.1),
        Ratio("theirs beside the work in a window, of a core", median(one[2] / one[0] for one, _ in loop), 2.0),
        *ours.ratios_of("ours as a whole process over theirs", made, 0.15),
        Ratio("cores busy while ours runs", median(one.cpu_s / one.wall_s for one, _ in made), 0.2),
        Ratio("cores busy while theirs runs", median(other.cpu_s / other.wall_s for _, other in made), 0.5),
    ]


def sides(loop: list[list[list[float]]], place: int) -> tuple[list[float], list[float]]:
    """One of the numbers of each pair, for both sides."""
    return [one[place] for one, _ in loop], [bare[place] for _, bare in loop]
