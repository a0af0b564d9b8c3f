# Models and datasets of the hub: the only rules that need the network, apart from sampling. A receipt is `ancient` to
# those who read it: it determines what was fetched, and fetching again is `make retry` or deleting it.
# Not for a cluster's queue: its compute nodes may be offline.
rule fetch_model:
    output:
        receipt=f"results/{Shared.FETCHED}/models/{{model}}/{{revision}}-{{key}}.json",
    log:
        f"{RESULTS}/logs/fetch_model/{{model}}/{{revision}}-{{key}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("fetch_from_hub"),
        # Another value has another key, and so another receipt: a param that changed alone would mask what is below.
        spec=lambda wildcards: json_of(MODEL_FETCHES[wildcards.model, wildcards.key]),
    message:
        "Fetching {wildcards.model} ({wildcards.revision})"
    shell:
        or_why(
            "python {params.program:q} --kind model --spec {params.spec:q} --receipt {output.receipt:q}"
        )


rule fetch_dataset:
    output:
        receipt=f"results/{Shared.FETCHED}/datasets/{{dataset}}/{{revision}}-{{key}}.json",
    log:
        f"{RESULTS}/logs/fetch_dataset/{{dataset}}/{{revision}}-{{key}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("fetch_from_hub"),
        spec=lambda wildcards: json_of(
            DATASET_FETCHES[wildcards.dataset, wildcards.key]
        ),
    message:
        "Finding {wildcards.dataset} ({wildcards.revision})"
    shell:
        or_why(
            "python {params.program:q} --kind dataset --spec {params.spec:q} --receipt {output.receipt:q}"
        )
