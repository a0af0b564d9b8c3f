# Models and datasets of the hub: the only rules that need the network, apart from sampling. A receipt is `ancient` to
# those who read it: it determines what was fetched, and fetching again is `make retry` or deleting it.
# Not for a cluster's queue: its compute nodes may be offline.
rule fetch_model:
    output:
        receipt="results/fetched/models/{model}/{revision}.json",
    log:
        f"{RESULTS}/logs/fetch_model/{{model}}/{{revision}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("fetch_model"),
        # Not the study's file: all studies share the receipts.
        spec=model_fetch_json,
    message:
        "Fetching {wildcards.model} ({wildcards.revision})"
    shell:
        "python {params.program:q} --spec {params.spec:q} --receipt {output.receipt:q} > {log:q} 2>&1"


rule fetch_dataset:
    output:
        receipt="results/fetched/datasets/{dataset}/{revision}.json",
    log:
        f"{RESULTS}/logs/fetch_dataset/{{dataset}}/{{revision}}.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("fetch_dataset"),
        spec=dataset_fetch_json,
    message:
        "Looking up {wildcards.dataset} ({wildcards.revision})"
    shell:
        "python {params.program:q} --spec {params.spec:q} --receipt {output.receipt:q} > {log:q} 2>&1"
