# Samples and tokenizers: the frozen inputs of the measurements. Sources are no inputs here: a change of what they yield
# raises a version in their spec.
# Not for a cluster's queue: seconds each, and datasets of the hub need the network.
rule sample_dataset:
    input:
        receipt=lambda wildcards: ancient(sampled_from(wildcards)),
    output:
        manifest=f"results/{Shared.SAMPLES}/{{dataset}}/{{key}}.json",
        # Empty where the manifest says why there are none.
        rows=f"results/{Shared.SAMPLES}/{{dataset}}/{{key}}.parquet",
    log:
        f"{RESULTS}/logs/sample_dataset/{{dataset}}/{{key}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("sample_dataset"),
        # Named by the key: no value changes without the path.
        spec=lambda wildcards: json_of(of_study(SAMPLE_SPECS, wildcards.key, "samples")),
    message:
        "Sampling {wildcards.dataset} ({wildcards.key})"
    shell:
        or_why(
            "python {params.program:q} --spec {params.spec:q} --manifest {output.manifest:q} --receipt {input.receipt:q}"
        )


rule train_tokenizer:
    output:
        tokenizer=f"results/{Shared.TOKENIZERS}/{{tokenizer}}.json",
    log:
        f"{RESULTS}/logs/train_tokenizer/{{tokenizer}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("train_tokenizer"),
        spec=lambda wildcards: json_of(
            of_study(TOKENIZER_SPECS, wildcards.tokenizer, "tokenizer")
        ),
    message:
        "Training the tokenizer {wildcards.tokenizer}"
    shell:
        or_why(
            "python {params.program:q} --spec {params.spec:q} --output {output.tokenizer:q}"
        )


# Everything that measuring reads: for the machine that has the network, before the one that measures.
rule inputs:
    input:
        list(
            dict.fromkeys(str(path) for paths in INPUTS.values() for path in paths.all)
        ),
    localrule: True
