# Logs instead of measurements: found or fetched, and imported, in one job. From the records on, a study of logs
# takes the same rules as a measured one. The study's file has their checksum: changed logs are another file.
import os

from wattlab.logs.mapping import mapping_of, mapping_path, printed_path

MAPPING = local(os.path.relpath(mapping_path(STUDY.config.logs.mapping)))
_mapping, _printed = mapping_of(STUDY), printed_path(STUDY)
PRINTED = _printed and local(os.path.relpath(_printed))


# What it says goes to the terminal: where the logs are from, and the account of their rows.
rule import_logs:
    input:
        study=STUDY_FILE,
        mapping=MAPPING,
        # The log format may be a person's own.
        source=sources("import_logs", "wattlab.logs.formats.*", _mapping.format),
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
    message:
        "Importing the logs"
    shell:
        "python {params.program:q} --study {input.study:q} 2> {log:q}"
