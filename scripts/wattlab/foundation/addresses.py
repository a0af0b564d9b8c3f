"""Addresses as they may be recorded: without the user and the password that a URL can hold."""

import os
import re

_CREDENTIALS = re.compile(r"(?<=://)[^/\s\"'@]*@")


def without_credentials(text: str) -> str:
    """The text with every URL in it freed of `user:password@`."""
    return _CREDENTIALS.sub("", text)


def hub_endpoint() -> str | None:
    """HF_ENDPOINT as a record may hold it; null where it is not set."""
    stated = os.environ.get("HF_ENDPOINT")
    return None if stated is None else without_credentials(stated)
