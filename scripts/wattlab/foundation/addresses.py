"""Addresses as they may be recorded: without the user and the password that a URL can hold."""

import os
import re

#: In a text: to the last @ before a slash or a blank. A password may hold an @ and quotes.
_IN_TEXT = re.compile(r"(?<=://)[^/\s]*@")

#: Of an address that is all of the text, with a scheme or without one.
_WHOLE = re.compile(r"^\s*([a-z][a-z0-9+.-]*://)?[^/]*@", re.IGNORECASE)


def without_credentials(text: str) -> str:
    """The text with every URL in it freed of `user:password@`, and HF_ENDPOINT, also where it is no URL."""
    stated = os.environ.get("HF_ENDPOINT") or ""
    if "@" in stated:
        text = text.replace(stated, bare(stated))
    return _IN_TEXT.sub("", text)


def bare(address: str) -> str:
    """An address without what stands before the last @ of its host."""
    return _WHOLE.sub(r"\1", address)


def hub_endpoint() -> str | None:
    """HF_ENDPOINT as a record may hold it; null where it is not set."""
    stated = os.environ.get("HF_ENDPOINT")
    return None if stated is None else bare(stated)
