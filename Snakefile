# wattlab: samples -> runs -> tables -> figures -> report. `snakemake -n` prints the plan, `snakemake` follows it.
from snakemake.utils import min_version

min_version("9.27")


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


include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/targets.smk"


rule all:
    default_target: True
    input:
        list(RECORDS.values()),
        rules.build_tables.output,
        EXTRA_TABLES,
        expand(rules.draw_figure.output, figure=STUDY_FIGURES),
        rules.write_report.output,
        rules.give_verdict.output,
    message:
        "The study {STUDY.config.study}: records, tables, figures, report"
