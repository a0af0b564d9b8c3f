"""Rows of a dataset of the hub: drawn at the receipt's commit, from no more files than they need.

A row that is no sample (a null text, an image that is gone) is replaced by the next one of the same order, and the
manifest says which and why. Nothing is answered from another revision, and no loading script is run.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from datasets import Features
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from wattlab.catalog.facts import ArchiveMember
from wattlab.foundation.errors import Unavailable
from wattlab.hub.datasets import CardUnreadable, card_of, remote_files
from wattlab.hub.download import Repository, fetch_file
from wattlab.hub.failures import HubUnavailable
from wattlab.hub.local import place_with
from wattlab.hub.models import check_disk
from wattlab.hub.receipts import FetchedFile, Receipt
from wattlab.samples.draws import Draws
from wattlab.samples.from_hub.files import RowFile, open_rows
from wattlab.samples.from_hub.images import fetch_image, image_client
from wattlab.samples.from_hub.rows import Layout, Picture, Refused, label_names, uniform
from wattlab.samples.from_hub.selection import Ordered, Place, Reservoirs, Selection, file_numbers, in_order, shuffled
from wattlab.samples.manifest import FetchedImage, Manifest, Row, SkippedRow
from wattlab.study.cells import SampleSpec

#: A split above it is not downloaded whole for a seeded sample.
LARGEST_SPLIT_BYTES = 5 * 10**9

#: Rows that are tried at most, for each that is wanted and besides; and without a single success.
TRIES_PER_ROW, SPARE_TRIES = 5, 50

#: Images that are fetched side by side.
_AT_ONCE = 8

_GB = 10**9

_OWN_REMEDY = (
    "mend the file, or name its columns in the study, `local: {path: {fields: {role: column}}}`; then call again"
)


class SplitFiles(Sequence[RowFile]):
    """The files of a split, each downloaded and opened when it is first asked for."""

    def __init__(self, receipt: Receipt, archive: ArchiveMember | None, texts: list[str]) -> None:
        assert receipt.commit is not None
        self.repository = Repository("dataset", receipt.hub_id, receipt.commit)
        self.paths = [file.path for file in receipt.files]
        self.size_bytes = sum(file.size_bytes for file in receipt.files)
        #: What was downloaded, by the number of the file.
        self.fetched: dict[int, FetchedFile] = {}
        self._archive, self._texts = archive, texts
        self._open: dict[int, RowFile] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: Any) -> Any:
        self.fetch([number])
        return self._open[number]

    def fetch(self, numbers: Iterable[int]) -> None:
        """Download and open these files, where the disk has room for all of them. Raises `HubUnavailable`."""
        missing = [number for number in numbers if number not in self._open]
        if not missing:
            return
        files = remote_files(self.repository, [self.paths[number] for number in missing])
        check_disk(self.repository, files)
        for number, file in zip(missing, files, strict=True):
            path, self.fetched[number] = fetch_file(self.repository, file)
            self._open[number] = open_rows(file.path, path, self._archive, self._texts)

    def card(self) -> dict[str, Any]:
        """The YAML block of the repository's README. Raises `HubUnavailable`."""
        return card_of(self.repository)


class OwnFiles(SplitFiles):
    """A file of rows of one's own: it lies here, and no card says anything of it."""

    def __init__(self, receipt: Receipt, results: Path, texts: list[str]) -> None:
        super().__init__(receipt, None, texts)
        self._folder = Path(place_with(results, receipt.commit, receipt.hub_id).folder)
        self.fetched = dict(enumerate(receipt.files))

    def fetch(self, numbers: Iterable[int]) -> None:
        """Open these files."""
        for number in numbers:
            if number not in self._open:
                path = self.paths[number]
                self._open[number] = open_rows(path, self._folder / path, None, self._texts)

    def card(self) -> dict[str, Any]:
        """None."""
        return {}


@dataclass
class Drawn:
    """Rows as they were drawn, by their place, and what was drawn in vain."""

    rows: dict[Place, Row] = field(default_factory=dict)
    skipped: dict[Place, str] = field(default_factory=dict)
    #: SHA-256 of image files that lie at several addresses.
    placeholders: set[str] = field(default_factory=set)

    def skip(self, place: Place, reason: str) -> None:
        """A place that gave no sample."""
        self.rows.pop(place, None)
        self.skipped[place] = reason


def hub_samples(spec: SampleSpec, receipt: Receipt, results: Path) -> tuple[Manifest, Iterator[Row]]:
    """The manifest of a spec's rows and the rows, images as PIL. `results`: below which places are kept. Raises `Unavailable`."""
    if receipt.status == "unavailable":
        raise HubUnavailable(str(receipt.reason), str(receipt.remedy))
    if receipt.source == "hub":
        return _samples(spec, receipt, SplitFiles(receipt, spec.hub.archive, Layout(spec).texts))
    try:
        return _samples(spec, receipt, OwnFiles(receipt, results, Layout(spec).texts))
    except HubUnavailable as error:
        (file,) = spec.hub.files
        reason = error.reason.replace(f"split {spec.hub.split} of {spec.hub.id}", file).replace(spec.hub.id, file)
        raise Unavailable(reason, _OWN_REMEDY) from error


def _samples(spec: SampleSpec, receipt: Receipt, files: SplitFiles) -> tuple[Manifest, Iterator[Row]]:
    layout = Layout(spec)
    drawn = _draw(spec, files, selection_of(spec, files), layout)
    if not drawn.rows:
        raise _none(spec, drawn)
    places = sorted(drawn.rows)
    rows = uniform([drawn.rows[place] for place in places], layout)
    opened = (
        {column: value.image if isinstance(value, Picture) else value for column, value in row.items()} for row in rows
    )
    return _manifest(spec, receipt, files, drawn, rows, layout), opened


def selection_of(spec: SampleSpec, files: SplitFiles) -> Selection:
    """The order in which the spec takes the rows of a split. Raises `HubUnavailable`."""
    hub = spec.hub
    if spec.selection == "first":
        return Ordered(in_order(files, hub.first_where))
    draws = Draws.of(spec.seed, f"{spec.dataset}/rows of the hub", 0)
    if hub.reservoir is not None:
        numbers = file_numbers(len(files), hub.reservoir.files, draws)
        files.fetch(numbers)
        return Reservoirs(files, numbers, hub.reservoir.rows_per_file, draws)
    if files.size_bytes > LARGEST_SPLIT_BYTES:
        raise HubUnavailable(
            f"split {hub.split} of {hub.id} has {files.size_bytes / _GB:.1f} GB in {len(files)} files, too much to draw from all of its rows (above {LARGEST_SPLIT_BYTES / _GB:g} GB)",
            f"set `hub.reservoir: {{files: 4, rows_per_file: 50000}}` in catalog/datasets/{spec.dataset}.yaml, or `selection: first` in the study",
        )
    files.fetch(range(len(files)))
    return Ordered(shuffled(files, draws))


# ---------------------------------------------------------------- drawing


def _draw(spec: SampleSpec, files: SplitFiles, selection: Selection, layout: Layout) -> Drawn:
    drawn = Drawn()
    tries = TRIES_PER_ROW * spec.n + SPARE_TRIES
    while len(drawn.rows) < spec.n and tries > 0:
        places = selection.next_places(min(spec.n - len(drawn.rows), tries))
        if not places or (not drawn.rows and len(drawn.skipped) >= SPARE_TRIES):
            break
        tries -= len(places)
        _read(files, places, layout, drawn)
        if layout.fetches_images(files[places[0][0]].columns()):
            _fetch_images(places, layout, drawn)
    return drawn


def _read(files: SplitFiles, places: list[Place], layout: Layout, drawn: Drawn) -> None:
    for number, group in groupby(places, key=lambda place: place[0]):
        numbers = [row for _, row in group]
        columns = layout.columns(files[number].columns())
        raw = files[number].rows(numbers, [layout.source(column) for column in columns])
        for row_number, row in zip(numbers, raw, strict=True):
            place = number, row_number
            try:
                drawn.rows[place] = layout.accept(row, columns)
            except Refused as error:
                drawn.skip(place, str(error))


def _fetch_images(places: list[Place], layout: Layout, drawn: Drawn) -> None:
    """The images of the rows at these places, by their addresses; rows whose image is not to be had are skipped."""
    image, address = layout.fields["image"], layout.fields["image_url"]
    waiting = [place for place in places if place in drawn.rows]
    with image_client() as client, ThreadPoolExecutor(_AT_ONCE) as pool:

        def fetched(place: Place) -> Picture | Refused:
            try:
                return fetch_image(client, str(drawn.rows[place][address]))
            except Refused as error:
                return error

        for place, found in zip(waiting, pool.map(fetched, waiting), strict=True):
            if isinstance(found, Refused):
                drawn.skip(place, str(found))
            else:
                drawn.rows[place][image] = found
    _skip_placeholders(drawn, image, address)


def _skip_placeholders(drawn: Drawn, image: str, address: str) -> None:
    """Skip images that lie at several addresses: what a host answers for any image that it lost."""
    addresses: dict[str, set[str]] = {}
    for row in drawn.rows.values():
        addresses.setdefault(row[image].sha256, set()).add(row[address])
    drawn.placeholders.update(sha256 for sha256, found in addresses.items() if len(found) > 1)
    for place in [place for place, row in drawn.rows.items() if row[image].sha256 in drawn.placeholders]:
        drawn.skip(place, "the very file of another address: a placeholder")


def _none(spec: SampleSpec, drawn: Drawn) -> HubUnavailable:
    name = f"split {spec.hub.split} of {spec.hub.id}"
    if not drawn.skipped:
        return HubUnavailable(f"{name} has no rows", "read another split or copy in its catalog entry")
    (reason, count), *_ = Counter(drawn.skipped.values()).most_common(1)
    return HubUnavailable(
        f"none of {len(drawn.skipped)} rows of {name} is a sample; {count} times: {reason}",
        "see whether this machine reaches them; else read another copy in its catalog entry, or set data: surrogate",
    )


# ---------------------------------------------------------------- the manifest


def _manifest(
    spec: SampleSpec, receipt: Receipt, files: SplitFiles, drawn: Drawn, rows: list[Row], layout: Layout
) -> Manifest:
    def row_id(place: Place) -> str:
        return f"{files.paths[place[0]]}:{place[1]}"

    places = sorted(drawn.rows)
    hub, columns = spec.hub, layout.columns(files[places[0][0]].columns())
    images = []
    if layout.fetches_images(files[places[0][0]].columns()):
        image, address = layout.fields["image"], layout.fields["image_url"]
        images = [
            FetchedImage(
                row_id=row_id(place), url=row[address], size_bytes=len(row[image].content), sha256=row[image].sha256
            )
            for place, row in zip(places, rows, strict=True)
        ]
    return Manifest.of(
        spec,
        n_rows=len(rows),
        hub_id=receipt.hub_id,
        hub_revision=receipt.commit,
        hub_config=hub.config,
        hub_split=hub.split,
        files=[files.fetched[number] for number in sorted(files.fetched)],
        images=images,
        skipped=[SkippedRow(row_id=row_id(place), reason=drawn.skipped[place]) for place in sorted(drawn.skipped)],
        label_names={
            **({layout.fields["label"]: hub.labels} if hub.labels else {}),
            **label_names(_features(files, places[0][0], hub.config), layout, columns),
        },
        row_ids=[row_id(place) for place in places],
        notes=[_note(spec, files)],
    )


def _features(files: SplitFiles, number: int, config: str | None) -> Features | None:
    """As the file states them, else as the card does; null where neither does."""
    if files[number].features is not None:
        return files[number].features
    try:
        card = files.card()
    except CardUnreadable:
        return None
    stated = DatasetInfosDict.from_dataset_card_data(DatasetCardData(**card))
    info = stated.get(config or "default") or (next(iter(stated.values())) if len(stated) == 1 else None)
    return info.features if info is not None else None


def _note(spec: SampleSpec, files: SplitFiles) -> str:
    if spec.selection == "first":
        where = spec.hub.first_where
        condition = "".join(f" with {column} = {value}" for column, value in where.items())
        return f"The first rows{condition} in the order of the files."
    if spec.hub.reservoir is not None:
        rows = spec.hub.reservoir.rows_per_file
        return f"Algorithm R over the first {rows} rows of {len(files.fetched)} of {len(files)} files, which the seed picked."
    return f"Drawn uniformly, without replacement, from all rows of {len(files)} file{'s' * (len(files) > 1)}."
