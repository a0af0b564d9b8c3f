# Published logs instead of measurements: find or fetch them, import everything in one job. From the
# records on, a study of logs takes the same rules as a measured one.
import os
from importlib.util import find_spec

from wattlab.logs.mapping import mapping_of, mapping_path, printed_path

LOGS = os.environ.get("WATTLAB_PUBLISHED_LOGS", "")
MAPPING = local(os.path.relpath(mapping_path(STUDY.config.logs.mapping)))
_mapping, _printed = mapping_of(STUDY), printed_path(STUDY)
PRINTED = _printed and local(os.path.relpath(_printed))
# The code of the log format, which may be a person's own.
FORMAT = local(os.path.relpath(find_spec(_mapping.format.partition(":")[0]).origin))


# What these rules say goes to the terminal: where the logs are from, and the account of their rows.
rule fetch_logs:
    input:
        study=STUDY_FILE,
        mapping=MAPPING,
    output:
        receipt=f"{RESULTS}/logs.json",
    log:
        f"{RESULTS}/logs/fetch_logs.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("fetch_logs"),
        # A folder or archive that the environment names; another one is imported again.
        logs=LOGS,
    message:
        "Finding or fetching the logs"
    shell:
        "python {params.program:q} --study {input.study:q} --receipt {output.receipt:q} 2> {log:q}"


rule import_logs:
    input:
        study=STUDY_FILE,
        receipt=rules.fetch_logs.output.receipt,
        mapping=MAPPING,
        format=FORMAT,
        source=sources("import_logs", "wattlab.logs.formats.*"),
    output:
        records=list(RECORDS.values()),
        unassigned=f"{RESULTS}/runs/unassigned.jsonl",
        account=f"{RESULTS}/import.json",
        problems=f"{RESULTS}/tables/import_problems.csv",
        lengths=f"{RESULTS}/tables/lengths.csv",
        quality=[f"{RESULTS}/tables/quality.csv"] if _mapping.quality else [],
    log:
        f"{RESULTS}/logs/import_logs.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("import_logs"),
        logs=LOGS,
    message:
        "Importing the logs"
    shell:
        "python {params.program:q} --study {input.study:q} 2> {log:q}"
