"""Whether the classes and keys that a model's entry names are there in the libraries that build it.

`catalog/schema/libraries.json` has the names of the pinned transformers and diffusers; `make schema` writes it, and a test
holds it against the installed ones. So a mistake is found while a study is planned, where neither library is imported.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from wattlab.catalog.entries import ModelEntry
from wattlab.foundation.errors import InputError, checked, near_matches
from wattlab.foundation.schema import Closed, fact

#: Below the catalog.
LIBRARIES = Path("schema/libraries.json")

#: What a part of a pipeline may say beside its class, and what an entry may add for people.
_COMPONENT_KEYS = ("class", "config_class", "config", "size", "crop_size", "unet_calls_for_50_steps")
_FOR_PEOPLE = ("note",)

#: Ways to count parameters that are no class.
_COUNTS = ("task", "sum", "AutoModel")


class ConfigClass(Closed):
    """A configuration class of transformers."""

    keys: str = fact("its keys beside those of every class, with blanks between")
    parts: dict[str, str] = fact("key of a configuration inside it to its class; AutoConfig: by its model_type")
    positions: dict[str, int] = fact(
        "key of the number of positions and its default; empty: no bound, or that of a part", {}
    )


class Libraries(Closed):
    """The names that the pinned libraries know."""

    versions: dict[str, str] = fact("library to version")
    config_keys: list[str] = fact("keys of every configuration class")
    configs: dict[str, ConfigClass] = fact("configuration classes")
    model_types: dict[str, str] = fact("model_type to configuration class")
    auto_classes: dict[str, dict[str, str]] = fact("AutoModel class: configuration class to the model class it gives")
    image_processors: list[str] = fact("image processor classes that have a PIL variant")
    generation_keys: list[str] = fact("keys of a generation configuration")
    pipelines: dict[str, list[str]] = fact("pipelines from text to image: names of their parts")
    encoders: dict[str, str] = fact("networks of transformers in them, to their configuration class")
    parts: dict[str, str] = fact("networks and schedulers of diffusers: their arguments, with blanks between")


def read_libraries(catalog: Path) -> Libraries:
    """The file of a catalog folder; raises `InputError`."""
    path = catalog / LIBRARIES
    try:
        text = path.read_text()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; `make schema` writes it") from error
    return checked(Libraries, text, f"catalog/{LIBRARIES}", is_json=True)


def check_models(models: Mapping[str, ModelEntry], libraries: Libraries) -> None:
    """Raise `InputError` with a line for each name in the entries that the pinned libraries do not know.

    An entry of another environment is left out: other versions build it.
    """
    found = [
        f"catalog/models/{stem}.yaml: {line}"
        for stem, entry in models.items()
        if entry.environment == "main"
        for line in _mistakes(entry, libraries)
    ]
    if found:
        raise InputError("\n".join(found))


def _mistakes(entry: ModelEntry, libraries: Libraries) -> Iterator[str]:
    if entry.image_processor is not None:
        yield from _unknown("image_processor.class_name", entry.image_processor.class_name, libraries.image_processors)
    for key in entry.generation or {}:
        yield from _unknown_key(f"generation.{key}", [*libraries.generation_keys, *_FOR_PEOPLE])
    if entry.library == "diffusers":
        yield from _unknown("pipeline_class", entry.pipeline_class, libraries.pipelines)
        for name, component in (entry.architecture.components or {}).items():
            yield from _unknown_key(
                f"architecture.components.{name}", libraries.pipelines.get(str(entry.pipeline_class), [name])
            )
            yield from _of_component(f"architecture.components.{name}", component, libraries)
        return
    config = str(entry.architecture.config_class)
    yield from _unknown("count_as", entry.count_as, [*_COUNTS, *libraries.auto_classes])
    yield from _unknown("architecture.config_class", config, libraries.configs)
    yield from _unknown("auto_class", entry.auto_class, libraries.auto_classes)
    yield from _of_config("architecture.config", config, entry.architecture.config or {}, libraries)
    yield from _of_config("hub_config", config, entry.hub_config or {}, libraries)
    yield from _too_long(entry, config, libraries)
    models = libraries.auto_classes.get(str(entry.auto_class))
    if models is None or config not in libraries.configs:
        return
    if config not in models:
        yield f"auto_class = {entry.auto_class!r}: it loads no model of {config}; correct one of them"
    elif entry.model_class != models[config]:
        yield f"model_class = {entry.model_class!r}: {entry.auto_class} gives {models[config]} for {config}; write that, or correct auto_class"


def _too_long(entry: ModelEntry, name: str, libraries: Libraries) -> Iterator[str]:
    """A longer input than the model has positions for fails in the first forward pass."""
    for key, default in (libraries.configs[name].positions if name in libraries.configs else {}).items():
        positions = (entry.architecture.config or {}).get(key, default)
        if entry.max_input_tokens is not None and isinstance(positions, int) and entry.max_input_tokens > positions:
            yield f"max_input_tokens = {entry.max_input_tokens}: the model has {positions} positions ({name}.{key}); give at most that"


def _of_component(place: str, component: Mapping[str, Any], libraries: Libraries) -> Iterator[str]:
    for key in component:
        yield from _unknown_key(f"{place}.{key}", _COMPONENT_KEYS)
    name, config = str(component.get("class")), component.get("config_class")
    others = {*libraries.parts, *libraries.encoders, *libraries.image_processors}
    yield from _unknown(f"{place}.class", name, others)
    if name in libraries.encoders:
        wanted = libraries.encoders[name]
        if config != wanted:
            yield f"{place}.config_class = {config!r}: {name} needs {wanted}; write that"
        yield from _of_config(f"{place}.config", wanted, component.get("config") or {}, libraries)
    elif name in libraries.parts:
        for key in component.get("config") or {}:
            yield from _unknown_key(f"{place}.config.{key}", libraries.parts[name].split())


def _of_config(place: str, name: str, content: Mapping[str, Any], libraries: Libraries) -> Iterator[str]:
    """The keys of a configuration and of those inside it. transformers takes any keyword and ignores what it does not know."""
    known = libraries.configs.get(name)
    if known is None:
        return
    for key, value in content.items():
        yield from _unknown_key(
            f"{place}.{key}", {*libraries.config_keys, *known.keys.split(), "model_type"}, f"{name} "
        )
        part = known.parts.get(key)
        if part is None or not isinstance(value, Mapping):
            continue
        if part == "AutoConfig":
            kind = str(value.get("model_type"))
            yield from _unknown(f"{place}.{key}.model_type", kind, libraries.model_types)
            part = libraries.model_types.get(kind, "")
        yield from _of_config(f"{place}.{key}", part, value, libraries)


def _unknown(place: str, name: str | None, known: Collection[str]) -> Iterator[str]:
    if name not in known:
        yield f"{place} = {name!r} is unknown to the pinned libraries; {near_matches(str(name), known)}"


def _unknown_key(place: str, known: Collection[str], owner: str = "") -> Iterator[str]:
    key = place.rpartition(".")[2]
    if key not in known:
        has = f"{owner}has no such key" if owner else "unknown key"
        yield f"{place}: {has}; {near_matches(key, known)}"
