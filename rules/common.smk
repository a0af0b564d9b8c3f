# The study, resolved while this file is parsed, and the functions that the rules ask.
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, f"{workflow.basedir}/scripts")

from wattlab.foundation.errors import InputError
from wattlab.figures.listing import ALL_FIGURES, FIGURES
from wattlab.study.specs import write_study
from wattlab.workflow.loading import resolve_study
from wattlab.workflow.lock_notice import lock_notice
from wattlab.tables.listing import TABLES

# Snakemake looks at its locks after this file; what it says then names no target of the Makefile.
if workflow.is_main_process and not workflow.dryrun and "--unlock" not in sys.argv:
    _locked = lock_notice(Path(".snakemake/locks"))
    if _locked:
        print(_locked, file=sys.stderr, flush=True)

# `python` of every rule finds the package; an absolute path is in no tracked part of a rule.
shell.prefix(f"export PYTHONPATH='{workflow.basedir}/scripts'; ")

# In the order in which Snakemake merges them.
CONFIG_FILES = [Path("config.yaml"), *map(Path, workflow.overwrite_configfiles)]
try:
    STUDY = resolve_study(config, CONFIG_FILES)
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"results/{STUDY.config.study}"
# Under a name that its content gives, so that no call with another configuration changes what a running one reads; and
# the copy that the tables belong to.
STUDY_FILE = str(write_study(Path(RESULTS), STUDY))
TABLES_STUDY = f"{RESULTS}/tables/{Path(STUDY_FILE).name}"

CELLS = {resolved.cell.id: resolved for resolved in STUDY.cells}
RECORDS = {cell_id: f"{RESULTS}/runs/{cell_id}.json" for cell_id in CELLS}

# Tables and figures beyond those of every study; rules of a kind of study add theirs.
EXTRA_TABLES = []
STUDY_FIGURES = list(FIGURES)

# Relative, so that a moved checkout makes nothing due.
CATALOG = os.path.relpath(f"{workflow.basedir}/catalog")
SCRIPTS = os.path.relpath(f"{workflow.basedir}/scripts")


# A measurement runs alone: it takes the whole of `quiet`, every other rule one hundredth. Local scope and registered
# here, so that neither a forgotten flag nor a cluster changes it.
resource_scopes:
    gpu="local",
    quiet="local",


for _resource, _capacity in (("gpu", STUDY.config.parallel_cells), ("quiet", 100)):
    if _resource not in workflow.global_resources:
        workflow.register_resource(_resource, _capacity)


wildcard_constraints:
    task="[a-z-]+",
    dataset="[a-z0-9@-]+",
    model=r"[\w.-]+",
    key="[0-9a-f]{12}",
    revision="main|[0-9a-f]{40}",
    figure="[a-z_]+",


def beside_of(studies):
    """Tables of other studies, as far as they are there: a change of one sets this study beside it anew."""
    tables = [Path(f"results/{study}/tables/cells.csv") for study in studies]
    return [str(table) for table in tables if table.exists()]


def sources(*patterns):
    """Source files of a cheap rule: editing one runs that rule again, and nothing that costs energy."""
    found = sorted(
        str(path) for pattern in patterns for path in Path(SCRIPTS).glob(pattern)
    )
    if not found:
        raise WorkflowError(f"no source file matches {patterns}")
    return found
