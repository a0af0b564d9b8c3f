"""What the hub refuses, as a reason and a remedy for a receipt or a manifest.

    with hub_errors("model", "org/name", revision):
        api.model_info(...)

raises `HubUnavailable` for whatever the hub or the way to it refused, and lets every other error pass.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import (
    DisabledRepoError,
    EntryNotFoundError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    XetDownloadError,
)

from wattlab.foundation.addresses import without_credentials
from wattlab.foundation.errors import Unavailable

RepositoryKind = Literal["model", "dataset"]

#: Answers that another try may change.
_TRANSIENT_STATUS = (408, 429)

#: Every error of the hub's client; `HfHubHTTPError` is an `httpx2.HTTPError`. Where an answer is no JSON, a page stands in
#: the hub's place.
HUB_ERRORS = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    EntryNotFoundError,
    FileMetadataError,
    HFValidationError,
    OfflineModeIsEnabled,
    XetDownloadError,
    json.JSONDecodeError,
)


class HubUnavailable(Unavailable):
    """The hub does not give what was asked for. An endpoint's user and password stand in no message."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(without_credentials(reason), without_credentials(remedy))


def root_of(error: BaseException) -> BaseException:
    """The error itself: the client wraps what went wrong on the way to a file into "not in the local cache"."""
    if isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        return error.__cause__
    return error


def is_transient(error: BaseException) -> bool:
    """Whether another try may do: the hub is overloaded, or the connection broke."""
    error = root_of(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _TRANSIENT_STATUS or error.response.status_code >= 500
    if isinstance(error, httpx2.TransportError | XetDownloadError):
        return True
    # The client's own check of a body that ended too early is a bare OSError; what the disk refuses has a number.
    return type(error) is OSError and error.errno is None


@contextmanager
def hub_errors(kind: RepositoryKind, hub_id: str, revision: str | None = None) -> Iterator[None]:
    """Turn the client's errors into `HubUnavailable`."""
    try:
        yield
    except HUB_ERRORS as error:
        raise unavailable(root_of(error), kind, hub_id, revision) from error
    except OSError as error:
        if not is_transient(error):
            raise
        raise unavailable(error, kind, hub_id, revision) from error


def no_hub(kind: RepositoryKind, hub_id: str, said: str) -> HubUnavailable:
    """Something answers in the hub's place: a login page, or a mirror that has a part of it."""
    return HubUnavailable(
        f"{constants.ENDPOINT} answers for {kind} {hub_id}, and not as the hub does: {said}",
        "set HF_ENDPOINT to the hub or to a whole mirror of it; log in where a page in between asks for it; then `make retry`",
    )


def unavailable(error: BaseException, kind: RepositoryKind, hub_id: str, revision: str | None) -> HubUnavailable:
    """What an error of the hub's client means for a person."""
    page = f"{constants.ENDPOINT}/{'datasets/' if kind == 'dataset' else ''}{hub_id}"
    match error:
        case GatedRepoError():  # before RepositoryNotFoundError, which it is one of
            return HubUnavailable(f"{kind} {hub_id} is gated: {_gate()}", _key(page))
        case RepositoryNotFoundError() | HFValidationError():
            return HubUnavailable(
                f"the hub has no {kind} {hub_id}: gone, renamed, or private",
                f"look for it at {page}; correct its id in the catalog or the study, or set HF_TOKEN for a private one; then `make retry`",
            )
        case RevisionNotFoundError():
            return HubUnavailable(
                f"{kind} {hub_id} has no revision {revision or 'main'}",
                f"`make pin ONLY={hub_id}` pins today's commit in the catalog (all of them: {page}/commits/main), then `make retry`",
            )
        case RemoteEntryNotFoundError():
            return HubUnavailable(
                f"{kind} {hub_id} has no file {_file_of(error)} at revision {revision or 'main'}",
                f"see {page}/tree/{revision or 'main'}; pin a commit that has it",
            )
        case DisabledRepoError():
            return HubUnavailable(f"access to {kind} {hub_id} is disabled", f"see {page}; replace it or leave it out")
        case json.JSONDecodeError():
            return no_hub(kind, hub_id, "its answer is no JSON")
        case FileMetadataError():
            return no_hub(kind, hub_id, "it states no commit or no checksum of a file (X-Repo-Commit, ETag)")
        case OfflineModeIsEnabled():
            return HubUnavailable(
                f"{kind} {hub_id} is to be fetched, but HF_HUB_OFFLINE is set",
                "unset HF_HUB_OFFLINE on a machine with access to the hub, then `make retry`",
            )
        case HfHubHTTPError():
            return _refused(error, kind, hub_id, page)
    said = " ".join(str(error).split())[:200]
    return HubUnavailable(
        f"{constants.ENDPOINT} could not be reached for {kind} {hub_id}: {type(error).__name__}{f': {said}' if said else ''}",
        "check the network (and HF_ENDPOINT, where it is set), then `make retry`",
    )


def _gate() -> str:
    if os.environ.get("HF_TOKEN"):
        return "the account of HF_TOKEN has not been let in"
    return "it needs an account that accepted its terms, and HF_TOKEN is not set"


def _key(page: str) -> str:
    return f"accept the terms at {page}, set HF_TOKEN to a token of that account, then `make retry`"


def _file_of(error: RemoteEntryNotFoundError) -> str:
    return error.response.request.url.path.partition("/resolve/")[2].partition("/")[2] or "of that name"


def _refused(error: HfHubHTTPError, kind: RepositoryKind, hub_id: str, page: str) -> HubUnavailable:
    status = error.response.status_code
    if status in (401, 403):
        return HubUnavailable(
            f"the hub refuses {kind} {hub_id} (HTTP {status})",
            f"see {page}; set HF_TOKEN to a valid token that may read it, then `make retry`",
        )
    if is_transient(error):
        return HubUnavailable(
            f"the hub answered HTTP {status} for {kind} {hub_id}, repeatedly", "try again later: `make retry`"
        )
    return no_hub(kind, hub_id, f"HTTP {status} for {error.response.request.url.path}")
