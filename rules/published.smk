# Published logs instead of measurements: find or fetch them, import everything in one job. From the
# records on, a study of logs takes the same rules as a measured one.
import inspect
import os

from wattlab.logs.mapping import mapping_of, mapping_path, printed_path

LOGS = os.environ.get("WATTLAB_PUBLISHED_LOGS", "")
MAPPING = os.path.relpath(mapping_path(STUDY.config.logs.mapping))
_mapping = mapping_of(STUDY)
HAS_QUALITY = _mapping.quality is not None
# The code of the log format, which may be a person's own.
FORMAT = os.path.relpath(inspect.getfile(type(_mapping.reader())))
_printed = printed_path(STUDY)
PRINTED = _printed and os.path.relpath(_printed)


# What these rules say goes to the terminal too: where the logs are from, and the account of their rows.
rule fetch_logs:
    input:
        study=STUDY_FILE,
        mapping=MAPPING,
    output:
        receipt=f"{RESULTS}/logs.json",
    log:
        f"{RESULTS}/logs/fetch_logs.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        # A folder or archive that the environment names; another one is imported again.
        logs=LOGS,
    message:
        "Finding or fetching the logs"
    shell:
        "python -m fetch_logs --study {input.study} --receipt {output.receipt} 2>&1 | tee {log}"


rule import_logs:
    input:
        study=STUDY_FILE,
        receipt=rules.fetch_logs.output.receipt,
        mapping=MAPPING,
        format=FORMAT,
        source=sources("import_logs.py", "wattlab/logs/*.py"),
    output:
        records=list(RECORDS.values()),
        unassigned=f"{RESULTS}/runs/unassigned.jsonl",
        account=f"{RESULTS}/import.json",
        problems=f"{RESULTS}/tables/import_problems.csv",
        lengths=f"{RESULTS}/tables/lengths.csv",
        quality=[f"{RESULTS}/tables/quality.csv"] if HAS_QUALITY else [],
    log:
        f"{RESULTS}/logs/import_logs.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        logs=LOGS,
    message:
        "Importing the logs"
    shell:
        "python -m import_logs --study {input.study} 2>&1 | tee {log}"
