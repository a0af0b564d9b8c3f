# One job measures one cell. Its spec is the only thing that plans it again: a function of wildcards alone (one that
# takes `input` is not tracked), kept out of the command. Inputs are `ancient`: their content is in the fingerprint.
rule measure_cell:
    input:
        samples=lambda wildcards: ancient(samples_of(wildcards)),
        tokenizer=lambda wildcards: ancient(tokenizer_of(wildcards)),
        receipt=lambda wildcards: ancient(receipt_of(wildcards)),
    output:
        record=f"{RESULTS}/runs/{{task}}/{{dataset}}/{{model}}.json",
    log:
        f"{RESULTS}/logs/measure_cell/{{task}}/{{dataset}}/{{model}}.log",
    priority: order_of
    conda:
        # ../envs/inference.yaml, or that of the model's own environment.
        conda_env_of
    threads: threads_of
    resources:
        # What a cluster asks for; on one machine `quiet` alone limits.
        gpu=0 if STUDY.config.device == "cpu" else 1,
        quiet=100 // STUDY.config.parallel_cells,
        runtime=lambda wildcards: walltime_min(cell_of(wildcards)),
        mem_mb=lambda wildcards: memory_mb(cell_of(wildcards)),
    params:
        program=program("measure_cell"),
        spec=spec_json,
        spec_sha256=spec_sha256,
        study=placed(STUDY_FILE),
    message:
        "Measuring {wildcards.task} on {wildcards.dataset} with {wildcards.model}"
    shell:
        "python {params.program:q} --study {params.study:q}"
        " --cell {wildcards.task}/{wildcards.dataset}/{wildcards.model} --spec-sha256 {params.spec_sha256}"


# Called once, by the process that a person started, when jobs are due: neither a dry run nor a job on a cluster says it.
onstart:
    announce(snakemake_internals.planned_cells(workflow))
