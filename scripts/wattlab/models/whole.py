"""Whether a fetched model has what its tasks load, said where it is fetched: measuring may be on another machine, and later.

A tokenizer, an image processor or a head that is not there is a reason in the receipt. Of the weights the names are read,
where the configuration does not say that they were saved from the class that is asked for.
"""

from pathlib import Path
from typing import Any

from wattlab.catalog.facts import ModelFacts
from wattlab.catalog.reading import CATALOG_ROOT, model_entry, read_tasks
from wattlab.foundation.errors import InputError, Unavailable
from wattlab.hub.failures import HubUnavailable
from wattlab.hub.receipts import ModelFetch, Receipt
from wattlab.hub.snapshots import snapshot_of
from wattlab.hub.structures import is_causal, read_config
from wattlab.models.checkpoint import HubSource, generating_class
from wattlab.models.environments import is_this


def hindrance_of(fetch: ModelFetch, receipt: Receipt, path: Path) -> Unavailable | None:
    """Why a model that came can not be measured; null where nothing says so. `path`: where its receipt lies."""
    entry, known = model_entry(CATALOG_ROOT, fetch.hub_id), read_tasks()
    tasks = [known[name] for name in ([fetch.structure_for] if entry is None else entry.tasks) if name]
    if fetch.library != "transformers" or not tasks or (entry and not is_this(entry.environment)):
        return None
    facts = entry or ModelFacts(library="transformers", auto_class=tasks[0].auto_class)
    snapshot = snapshot_of(receipt, path)
    source = HubSource(facts, snapshot, options={"device_map": "meta"})
    try:
        read_config(snapshot.folder)
        if any(task.reads_text for task in tasks):
            source.tokenizer()
        if any(task.reads_images for task in tasks):
            source.processor()
        if not _says_its_class(source.config()[0], facts, or_a_generating_one=entry is None):
            source.model()
    except InputError as error:
        reason, _, remedy = str(error).rpartition("; ")
    except HubUnavailable as error:
        reason, remedy = error.reason, error.remedy
    else:
        return None
    return Unavailable(reason, f"{remedy}; then `make retry`")


def _says_its_class(config: Any, facts: ModelFacts, *, or_a_generating_one: bool) -> bool:
    """Whether the configuration says that the checkpoint was saved from the class that is asked for, or from one that writes
    text, which may be asked by prompt, as may a type that writes text where no class is named that the library has."""
    import transformers
    from transformers.models.auto import modeling_auto as known

    asked: Any = getattr(transformers, facts.auto_class or generating_class(config))
    classes = [asked._model_mapping._model_mapping]
    if or_a_generating_one:
        classes += [known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, known.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES]
        if not any(hasattr(transformers, name) for name in config.architectures or ()):
            return bool(config.is_encoder_decoder or is_causal(config.model_type))
    return any(of_type.get(config.model_type) in (config.architectures or ()) for of_type in classes)
