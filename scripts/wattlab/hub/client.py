"""The hub's client as this workflow uses it: its endpoint, its token, its patience.

The endpoint is HF_ENDPOINT, the cache lies below HF_HOME, as the client reads them. The token is HF_TOKEN of the
environment and nothing else: a study must not run here because somebody logged in once.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError

from wattlab.foundation.addresses import bare
from wattlab.hub.failures import HUB_ERRORS, is_transient, root_of

Result = TypeVar("Result")

#: Waits between the tries of one request.
WAITS_S: Sequence[float] = (1, 2, 4, 8, 16)

#: The longest wait that the hub may ask for (Retry-After); its rate limits count in windows of five minutes.
LONGEST_WAIT_S = 300.0


def token() -> str | bool:
    """The token of the environment; false: none, also where the machine remembers a login."""
    return os.environ.get("HF_TOKEN", "").strip() or False


def hub() -> HfApi:
    """The hub's interface."""
    return HfApi(endpoint=constants.ENDPOINT, token=token())


def other_endpoint() -> str | None:
    """The hub that is asked, where it is another than the public one; without a user's name and password."""
    asked = constants.ENDPOINT
    return None if asked == constants._HF_DEFAULT_ENDPOINT else bare(asked)


def retried(request: Callable[[], Result]) -> Result:
    """The result of a request that is tried again while its failure is one that may pass; raises its last error."""
    for wait_s in WAITS_S:
        try:
            return request()
        except (*HUB_ERRORS, OSError) as error:
            if not is_transient(error):
                raise
            wait_s = _asked_wait_s(error) or wait_s
            print(f"{type(root_of(error)).__name__}: trying again in {wait_s:g} s", file=sys.stderr, flush=True)
            time.sleep(wait_s)
    return request()


def _asked_wait_s(error: BaseException) -> float | None:
    """What the hub asks for: Retry-After, or the rest of a window without requests left (`"api";r=0;t=55`)."""
    error = root_of(error)
    if not isinstance(error, HfHubHTTPError):
        return None
    headers = error.response.headers
    asked = re.fullmatch(r"(\d+)", headers.get("Retry-After", "")) or re.search(
        r"r=0\s*;\s*t=(\d+)", headers.get("RateLimit", "")
    )
    return min(float(asked[1]), LONGEST_WAIT_S) if asked else None
