"""Names with lazy targets: what lists the members of a kind imports none of them, nor the libraries that they need."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

from wattlab.foundation.errors import InputError, near_matches

Member = TypeVar("Member")


class Registry(Generic[Member]):
    """The members of one kind by name; a target is `module:Class`, imported when it is first asked for."""

    def __init__(self, kind: str, base: type[Member], members: Mapping[str, str]) -> None:
        self.kind, self._base, self._targets = kind, base, dict(members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def register(self, name: str, target: str) -> None:
        """Add a member of another package. Raises `InputError` where another one has that name."""
        if self._targets.setdefault(name, target) != target:
            raise InputError(
                f"{self.kind} {name!r} = {target!r}: the name is taken by {self._targets[name]!r}; choose another"
            )

    def get(self, name: str) -> type[Member]:
        """The class of a member; an `InputError` where there is none, or where its target is no such class."""
        if name not in self._targets:
            raise InputError(f"no {self.kind} {name!r}; {near_matches(name, self)}")
        target = self._targets[name]
        module, _, class_name = target.partition(":")
        try:
            member = getattr(import_module(module), class_name)
        except (ImportError, AttributeError, ValueError) as error:
            raise InputError(f"{self.kind} {name!r} = {target!r}: {error}; a target is 'module:Class'") from error
        if not (isinstance(member, type) and issubclass(member, self._base)):
            raise InputError(f"{self.kind} {name!r} = {target!r}: it is no subclass of {self._base.__name__}")
        return member

    def check(self) -> None:
        """Import every member once; an `InputError` names the first that is none."""
        for name in self:
            self.get(name)
