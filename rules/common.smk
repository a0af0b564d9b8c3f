# The study, resolved while this file is parsed, and the functions that the rules ask.
import gc
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# This file lies in rules/, the package in scripts/ beside it, in whatever workflow reads it. The path is taken away
# again: once found, the package needs it no more, and nothing of this one shall lie before another's modules.
BASE = Path(str(workflow.current_basedir)).parent
if set(":{}") & set(str(BASE)):
    raise WorkflowError(
        f"{BASE}: Python takes a colon for the end of a path, and Snakemake braces for a wildcard: "
        "move this workflow to a folder without them"
    )
sys.path.insert(0, f"{BASE}/scripts")

from wattlab.figures.listing import FIGURES, figures_of
from wattlab.foundation.closure import closure
from wattlab.foundation.errors import InputError, near_matches
from wattlab.foundation.members import declared
from wattlab.foundation.shared import INPUT_FOLDERS, Shared
from wattlab.study.specs import write_study
from wattlab.tables.listing import OF_FLOPS, TABLES
from wattlab.workflow import snakemake_internals
from wattlab.workflow.asked import is_due, objection
from wattlab.workflow.forcing import alone_or_exit
from wattlab.workflow.loading import resolve_study
from wattlab.workflow.terminal import take_over

sys.path.remove(f"{BASE}/scripts")

# A host's terminal stays its own.
if not snakemake_internals.is_module(workflow):
    take_over(lambda: snakemake_internals.is_run(workflow))

# Snakemake makes hundreds of objects for each job and keeps them: at Python's own threshold of 700, looking through them
# for garbage again and again is a fifth of the time of a large study's plan. No more memory is taken.
gc.set_threshold(200_000)
gc.freeze()

# Another workflow may set a prefix to all paths: then a file lies elsewhere than the path says by which rules name it.
placed = snakemake_internals.placing(workflow)

# Relative, so that a moved checkout makes nothing due.
SCRIPTS, CATALOG = (os.path.relpath(BASE / name) for name in ("scripts", "catalog"))
try:
    STUDY = resolve_study(
        config,
        snakemake_internals.configuration_files(workflow, "config.yaml"),
        Path(placed("results")),
    )
    for _table in TABLES.values():
        declared(_table, ("title", "row", "columns", "build"))
except InputError as error:
    raise SystemExit(f"error: {error}") from None

RESULTS = f"results/{STUDY.config.study}"
# Under a name that its content gives, so that no call with another configuration changes what a running one reads; and
# the copy that the tables belong to.
STUDY_FILE = f"{RESULTS}/{write_study(Path(placed(RESULTS)), STUDY).name}"
TABLES_STUDY = f"{RESULTS}/tables/{Path(STUDY_FILE).name}"

CELLS = {resolved.cell.id: resolved for resolved in STUDY.cells}
RECORDS = {cell_id: f"{RESULTS}/runs/{cell_id}.json" for cell_id in CELLS}

# One call at a time runs jobs in a work directory. Exit status 0 only where what was asked for is whole, whatever the
# target. What a host asks for is the host's.
if not snakemake_internals.is_module(workflow):
    snakemake_internals.alone(workflow, alone_or_exit)
    snakemake_internals.at_the_end(
        workflow,
        lambda made: objection(
            STUDY,
            {cell: placed(record) for cell, record in RECORDS.items()},
            tuple(placed(f"results/{folder}") for folder in INPUT_FOLDERS),
            made,
        ),
    )


# Functions, since Snakemake takes a list apart for each rule that names it, whether the call needs the rule or not.
def records(wildcards):
    """All records of the study."""
    return list(RECORDS.values())


def records_with(name, value):
    """An input function: the records of the cells that have this task or model."""
    return lambda wildcards: [
        record
        for cell_id, record in RECORDS.items()
        if getattr(CELLS[cell_id].cell, name) == value
    ]


# Tables beyond those of every study; rules of a kind of study add theirs.
EXTRA_TABLES = []


# A measurement runs alone: it takes the whole of `quiet` (or its share, where a study measures side by side), all other
# jobs one hundredth each. Local scope, since a cluster has as many machines as it has.
resource_scopes:
    quiet="local",


snakemake_internals.limit(workflow, "quiet", 100)


wildcard_constraints:
    task="[a-z-]+",
    dataset="[a-z0-9@-]+",
    model=r"[\w.-]+",
    setting=r"(@\w+=[\w.-]+(\+\w+=[\w.-]+)*)?",
    key="[0-9a-f]{12}",
    revision="main|[0-9a-f]{40}",


# Functions of `input` are in no param that is tracked: another place of the checkout makes nothing due.
def program(name):
    """The program that a rule runs, as a param. Python finds the package beside it."""
    return lambda wildcards, input: f"{SCRIPTS}/{name}.py"


def of_study(found, key, what):
    """What the study has under a name in a path that a person wrote."""
    if key not in found:
        raise SystemExit(
            f"error: {key}: the study {STUDY.config.study} has no such {what}; {near_matches(key, found)}"
        )
    return found[key]


def tables_folder(wildcards, input):
    return placed(f"{RESULTS}/tables")


def figures_folder(wildcards, input):
    return placed(f"{RESULTS}/figures")


def sources(name, *members):
    """Source files of a cheap program, and of the members that it imports by name: editing one runs the rule again.

    `local`: a prefix that another workflow sets is for what rules make.
    """
    return [local(os.path.relpath(path)) for path in closure(name, *members)]


def catalog(*names):
    return [local(f"{CATALOG}/{name}.yaml") for name in names]


def beside_of(studies):
    """Tables of other studies, as far as they are there: a change of one sets this study beside it anew."""
    tables = [f"results/{study}/tables/cells.csv" for study in studies]
    return [table for table in tables if Path(placed(table)).exists()]
