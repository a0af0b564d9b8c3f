# wattlab: samples -> runs -> tables -> figures -> report. `snakemake -n` prints the plan, `snakemake` follows it.
import snakemake
from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")
if int(snakemake.__version__.split(".")[0]) > 9:
    raise WorkflowError(
        f"these rules are written for Snakemake 9, and this is {snakemake.__version__}: install `snakemake<10`"
    )


configfile: "config.yaml"


include: "rules/common.smk"


# Records are measured, or imported from published logs; from there on all studies are alike.
if not STUDY.config.is_imported:

    include: "rules/cells.smk"
    include: "rules/fetched.smk"
    include: "rules/samples.smk"
    include: "rules/runs.smk"

else:

    include: "rules/published.smk"
    include: "rules/audit.smk"


include: "rules/tables.smk"


# Only published weights on the datasets themselves have a quality.
if (STUDY.config.is_imported, STUDY.config.weights, STUDY.config.data) == (
    False,
    "hub",
    "hub",
):

    include: "rules/quality.smk"


include: "rules/flops.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/targets.smk"


# All rules but the measuring one stay on the machine that Snakemake runs on, also where a cluster measures: they take
# seconds, may need the network, or speak to a person.
rule all:
    input:
        records,
        rules.build_tables.output,
        EXTRA_TABLES,
        rules.draw_figures.output,
        rules.write_report.output,
        rules.give_verdict.output,
    localrule: True
    message:
        f"The study {STUDY.config.study}: records, tables, figures, report"
