# What the rules of a measured study ask of their cells: pure functions of wildcards.
import random
import subprocess

from wattlab.runs.needs import memory_mb, walltime_min
from wattlab.foundation.hashing import canonical_json
from wattlab.runs.inputs import cell_inputs
from wattlab.hub.requests import dataset_fetch, model_fetch, samples_receipt

SAMPLE_SPECS = {
    resolved.spec.samples.key: resolved.spec.samples for resolved in STUDY.cells
}
TOKENIZER_SPECS = {
    resolved.spec.tokenizer.name: resolved.spec.tokenizer
    for resolved in STUDY.cells
    if resolved.spec.tokenizer is not None
}


# By name, whatever the revision: a model and a dataset have one in a study.
MODEL_FETCHES = {
    resolved.cell.model: model_fetch(resolved)
    for resolved in STUDY.cells
    if resolved.spec.weights == "hub"
}
DATASET_FETCHES = {
    resolved.cell.dataset: dataset_fetch(resolved.spec.samples)
    for resolved in STUDY.cells
    if resolved.spec.data == "hub"
}


def cell_of(wildcards):
    return CELLS[f"{wildcards.task}/{wildcards.dataset}/{wildcards.model}"]


def spec_json(wildcards):
    return canonical_json(cell_of(wildcards).spec.model_dump(mode="json"))


def spec_sha256(wildcards):
    return cell_of(wildcards).spec.sha256


def samples_of(wildcards):
    samples = cell_of(wildcards).spec.samples
    return f"{RESULTS}/samples/{samples.dataset}/{samples.key}.json"


def tokenizer_of(wildcards):
    tokenizer = cell_of(wildcards).spec.tokenizer
    return [] if tokenizer is None else f"results/tokenizers/{tokenizer.name}.json"


def receipt_of(wildcards):
    receipt = cell_inputs(
        Path("results"), STUDY.config.study, cell_of(wildcards).spec
    ).receipt
    return [] if receipt is None else str(receipt)


def sampled_from(wildcards):
    receipt = samples_receipt(Path("results"), SAMPLE_SPECS[wildcards.key])
    return [] if receipt is None else str(receipt)


def model_fetch_json(wildcards):
    return canonical_json(MODEL_FETCHES[wildcards.model].model_dump(mode="json"))


def dataset_fetch_json(wildcards):
    return canonical_json(DATASET_FETCHES[wildcards.dataset].model_dump(mode="json"))


def sample_spec_json(wildcards):
    return canonical_json(SAMPLE_SPECS[wildcards.key].model_dump(mode="json"))


def tokenizer_spec_json(wildcards):
    return canonical_json(TOKENIZER_SPECS[wildcards.tokenizer].model_dump(mode="json"))


def order_of(wildcards):
    # Shuffled, against drift of temperature and time; the same order at every call.
    cell = cell_of(wildcards)
    return random.Random(f"{cell.spec.protocol.seed} {cell.cell.id}").randrange(1000)


def conda_env_of(wildcards):
    environment = cell_of(wildcards).spec.model.environment
    suffix = "" if environment == "main" else f"-{environment}"
    return f"../envs/inference{suffix}.yaml"


def threads_of(wildcards):
    return cell_of(wildcards).spec.protocol.cpu_threads


def announce(planned):
    """Before cells are measured: which of them were measured before, and what this machine can measure.

    No job, so that it makes nothing due. In the rules' own Python: Snakemake's may have less.
    """
    here = [] if snakemake_internals.runs_here(workflow) else ["--elsewhere"]
    command = ["python", f"{SCRIPTS}/doctor.py", "--study", STUDY_FILE, "--planned"]
    if planned:
        subprocess.run(
            [*command, *here], input="\n".join(planned), text=True, stdout=sys.stderr
        )
