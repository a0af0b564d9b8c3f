# Samples and tokenizers: the frozen inputs of the measurements. Sources are no inputs here: a change of what they yield
# raises a version in their spec.
# Not for a cluster's queue: seconds each, and datasets of the hub need the network.
rule sample_dataset:
    input:
        receipt=lambda wildcards: ancient(sampled_from(wildcards)),
    output:
        manifest=f"{RESULTS}/samples/{{dataset}}/{{key}}.json",
    log:
        f"{RESULTS}/logs/sample_dataset/{{dataset}}/{{key}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("sample_dataset"),
        spec=sample_spec_json,
        study=placed(STUDY_FILE),
    message:
        "Sampling {wildcards.dataset} ({wildcards.key})"
    shell:
        "python {params.program:q} --study {params.study:q} --dataset {wildcards.dataset} --key {wildcards.key}"
        " --manifest {output.manifest:q} > {log:q} 2>&1"


rule train_tokenizer:
    output:
        tokenizer="results/tokenizers/{tokenizer}.json",
    log:
        f"{RESULTS}/logs/train_tokenizer/{{tokenizer}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("train_tokenizer"),
        # Not the study's file: all studies share the tokenizers.
        spec=tokenizer_spec_json,
    message:
        "Training the tokenizer {wildcards.tokenizer}"
    shell:
        "python {params.program:q} --spec {params.spec:q} --output {output.tokenizer:q} > {log:q} 2>&1"


# Everything that measuring reads: for the machine that has the network, before the one that measures.
rule inputs:
    input:
        [
            str(path)
            for resolved in STUDY.cells
            for path in cell_inputs(
                Path("results"), STUDY.config.study, resolved.spec
            ).paths
        ],
    localrule: True
