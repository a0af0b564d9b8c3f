"""What a study says about its cells, held against them once all are resolved."""

from collections.abc import Sequence

from wattlab.catalog.factors import PROTOCOL
from wattlab.foundation.errors import InputError, Source, near_matches, place_of
from wattlab.study.cells import MeasuredCell
from wattlab.study.config import StudyConfig


def check_exceptions(config: StudyConfig, cells: Sequence[MeasuredCell], source: Source) -> None:
    """An exception that matches no cell is a typing mistake: `InputError`."""
    places = [
        {
            **resolved.cell.model_dump(include={"task", "dataset", "model", "purpose"}),
            "family": resolved.facts.family,
            "setting": resolved.cell.setting or PROTOCOL,
        }
        for resolved in cells
    ]
    for section in ("overrides", "known_missing"):
        for index, item in enumerate(getattr(config, section)):
            where = f"{place_of(source, section)}: {section}.{index}.where"
            for key, wanted in item.where.names.items():
                names = {place[key] for place in places}
                for name in wanted:
                    if name not in names:
                        raise InputError(
                            f"{where}.{key} = {name!r} matches no cell of the study; {near_matches(name, names)}"
                        )
            if not any(item.where.matches(**place) for place in places):
                raise InputError(
                    f"{where} = {item.where.model_dump(exclude_none=True)}: no cell of the study is all of this at once; take a key out"
                )


def check_pins(config: StudyConfig, cells: Sequence[MeasuredCell], source: Source) -> None:
    """Under `require_pins`, every repository of the hub that the study reads has a commit, or `InputError`."""
    read = [(spec.model.hub_id, spec.model.revision) for cell in cells if (spec := cell.spec).weights == "hub"]
    read += [(hub.id, hub.revision) for cell in cells if (hub := cell.spec.dataset.hub) is not None]
    unpinned = sorted({str(name) for name, revision in read if revision is None})
    if config.require_pins and unpinned:
        raise InputError(
            f"{place_of(source, 'require_pins')}: require_pins = true: no commit is pinned of {', '.join(unpinned)}; "
            f'`make pin ONLY="{" ".join(unpinned)}"` pins those that have a file in the catalog, the others need one'
        )
