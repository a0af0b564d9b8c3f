# One job measures one cell. The key of its spec is the only param that plans it again: a function of wildcards alone. The
# spec's file is no input: written anew, it would plan every cell. Inputs are `ancient`: their content is in the fingerprint.
rule measure_cell:
    input:
        inputs_of,
    output:
        record=f"{RESULTS}/runs/{{task}}/{{dataset}}/{{model}}{{setting}}.json",
        # Empty where there are none.
        answers=f"{RESULTS}/outputs/{{task}}/{{dataset}}/{{model}}{{setting}}.jsonl.gz",
    log:
        f"{RESULTS}/logs/measure_cell/{{task}}/{{dataset}}/{{model}}{{setting}}.log",
    priority: order_of
    conda:
        # ../envs/inference.yaml, or that of the model's own environment.
        CONDA_ENV
    threads: threads_of
    resources:
        # What a cluster asks for; on one machine `quiet` alone limits.
        gpu=0 if STUDY.config.device == "cpu" else 1,
        quiet=100 // STUDY.config.parallel_cells,
        runtime=lambda wildcards: walltime_min(cell_of(wildcards)),
        mem_mb=lambda wildcards: memory_mb(cell_of(wildcards)),
    params:
        spec=spec_key,
        command=command_of,
    message:
        "Measuring {wildcards.task} on {wildcards.dataset} with {wildcards.model}{wildcards.setting}"
    # What the job says goes to the terminal, what goes wrong to the log too. Where the job itself dies, a second one makes
    # the record that says so: the tables of the others need one of every cell.
    shell:
        "{{ python {params.command:q} 2>&1 >&3 | (trap '' INT TERM; exec tee -a {log:q} >&2); }} 3>&1"
        " || python {params.command:q} --died $?"


# Called once, by the process that a person started, when jobs are due: neither a dry run nor a job on a cluster says it.
if not snakemake_internals.is_module(workflow):
    snakemake_internals.after_a_dry_run(workflow, tell_plan)


onstart:
    announce(snakemake_internals.planned_cells(workflow))
