# What the rules of a measured study ask of their cells: pure functions of wildcards.
import random
import subprocess

from wattlab.runs.needs import memory_mb, walltime_min
from wattlab.foundation.hashing import canonical_json
from wattlab.runs.job import job_arguments
from wattlab.runs.places import input_paths
from wattlab.hub.requests import dataset_fetch, model_fetch, samples_receipt
from wattlab.study.specs import spec_path, write_specs
from wattlab.workflow.call import begin_call

# Found once for each cell: their names are hashes.
INPUTS = {
    cell_id: input_paths(Path("results"), resolved)
    for cell_id, resolved in CELLS.items()
}

# By the names in the paths of what is made from them.
SAMPLE_SPECS = {
    INPUTS[cell_id].manifest.stem: resolved.spec.samples
    for cell_id, resolved in CELLS.items()
}
TOKENIZER_SPECS = {
    INPUTS[cell_id].tokenizer.stem: resolved.spec.tokenizer
    for cell_id, resolved in CELLS.items()
    if resolved.spec.tokenizer is not None
}
MODEL_FETCHES = {
    (resolved.cell.model, model_fetch(resolved).key): model_fetch(resolved)
    for resolved in STUDY.cells
    if resolved.spec.weights == "hub"
}
DATASET_FETCHES = {
    (samples.dataset, dataset_fetch(samples).key): dataset_fetch(samples)
    for samples in SAMPLE_SPECS.values()
    if samples.data == "hub"
}
SPEC_KEYS = write_specs(Path(placed("results")), STUDY)


def cell_of(wildcards):
    name = f"{wildcards.task}/{wildcards.dataset}/{wildcards.model}{wildcards.setting}"
    return of_study(CELLS, name, "cell")


def spec_key(wildcards):
    return SPEC_KEYS[cell_of(wildcards).cell.id]


def command_of(wildcards, output):
    # What takes `output` counts as derived from it: Snakemake does not compare it, and it plans no cell again.
    spec = spec_path(Path(placed("results")), spec_key(wildcards))
    arguments = job_arguments(Path(placed(STUDY_FILE)), spec, cell_of(wildcards))
    return [f"{SCRIPTS}/measure_cell.py", *arguments]


def inputs_of(wildcards):
    """Samples, and the trained tokenizer or the model's receipt."""
    # Asked of each cell that the call asks for, before Snakemake decides what is due.
    cell = cell_of(wildcards)
    record = placed(RECORDS[cell.cell.id])
    if is_due(Path(record), cell):
        snakemake_internals.make_again(workflow, record)
    return [ancient(str(path)) for path in INPUTS[cell.cell.id].all]


def sampled_from(wildcards):
    spec = of_study(SAMPLE_SPECS, wildcards.key, "samples")
    return str(samples_receipt(Path("results"), spec) or "") or []


def or_why(command):
    """The command of a rule that makes an input; where it dies, the same program writes why in the input's place."""
    return f"{command} > {{log:q}} 2>&1 || {command} --died $? --log {{log:q}} >> {{log:q}} 2>&1"


def json_of(spec):
    return canonical_json(spec.model_dump(mode="json"))


def order_of(wildcards):
    # Shuffled, against drift of temperature and time; the same order at every call.
    cell = cell_of(wildcards)
    return random.Random(f"{cell.spec.protocol.seed} {cell.cell.id}").randrange(1000)


def conda_env(environment):
    suffix = "" if environment == "main" else f"-{environment}"
    return f"../envs/inference{suffix}.yaml"


def conda_env_of(wildcards):
    return conda_env(cell_of(wildcards).spec.model.environment)


# Where all cells have one environment, its name: Snakemake asks a function once for each cell.
ENVIRONMENTS = {resolved.spec.model.environment for resolved in STUDY.cells}
CONDA_ENV = conda_env(*ENVIRONMENTS) if len(ENVIRONMENTS) == 1 else conda_env_of


def threads_of(wildcards):
    return cell_of(wildcards).spec.protocol.cpu_threads


def announce(planned):
    """Before cells are measured: which of them were measured before, and what this machine can measure."""
    if planned:
        begin_call(Path(placed(RESULTS)), planned)
        tell_beyond(planned)
        tell_of(planned)


def tell_beyond(planned):
    """What of the planned cells this machine can not measure, where it is the one that measures."""
    from wattlab.machine.cgroups import available_cores
    from wattlab.workflow.loading import file_of_key
    from wattlab.workflow.notice import beyond_machine

    if snakemake_internals.runs_here(workflow) and planned:
        files = snakemake_internals.configuration_files(workflow, "config.yaml")
        source = file_of_key(files, config)
        for line in beyond_machine(
            STUDY, planned, Path(placed("results")), available_cores(), source
        ):
            print(line, file=sys.stderr)


def tell_of(planned, **environment):
    """No job, so that it makes nothing due. In the rules' own Python: Snakemake's may have less."""
    here = [] if snakemake_internals.runs_here(workflow) else ["--elsewhere"]
    command = ["python", f"{SCRIPTS}/doctor.py", "--study", STUDY_FILE, "--planned"]
    subprocess.run(
        [*command, *here],
        input="\n".join(planned),
        text=True,
        stdout=sys.stderr,
        env=os.environ | environment,
    )


def tell_plan(planned):
    """After a dry run, what of it can not be measured here and what the store has; the machine is not examined."""
    tell_beyond(planned)
    if any(
        Path(placed(f"results/{Shared.REPEATS}/{cell}")).exists() for cell in planned
    ):
        tell_of(planned, WATTLAB_DOCTOR="no")
