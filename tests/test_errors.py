"""Every error of the tree reads as a sentence and is known to programs by a name of its own."""

import re
import string
from collections.abc import Iterator

import pytest

from race_to_purchase import errors
from race_to_purchase.errors import ConfigurationError, DataFolderInUse, Overloaded, RaceError


def family(kind: type[RaceError]) -> Iterator[type[RaceError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


KINDS = [kind for kind in family(RaceError) if kind.__module__ == errors.__name__]


def fact_names(kind: type[RaceError]) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(kind.__doc__ or "") if name}


@pytest.mark.parametrize("kind", KINDS)
def test_its_docstring_is_the_sentence_that_people_read(kind: type[RaceError]) -> None:
    facts: dict[str, object] = {name: 3 if name == "retry_after_s" else f"<{name}>" for name in fact_names(kind)}
    error = kind(**facts)
    assert all(str(value) in str(error) for value in facts.values())
    assert "\n" not in str(error)
    assert error.facts.items() >= facts.items()


@pytest.mark.parametrize("kind", KINDS)
def test_it_brings_a_docstring_of_its_own(kind: type[RaceError]) -> None:
    assert kind.__dict__["__doc__"], "a sentence inherited from the parent would name the wrong facts"


def test_codes_are_names_for_programs_and_none_is_shared() -> None:
    codes = [kind.code for kind in KINDS]
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []
    assert len(set(codes)) == len(codes)


def test_what_may_be_tried_again_says_when() -> None:
    error = Overloaded(retry_after_s=2.5)
    assert (error.http_status, error.retryable, error.retry_after_s) == (503, True, 2.5)


def test_a_wrong_configuration_ends_the_command_line_with_2() -> None:
    assert {kind.exit_code for kind in family(ConfigurationError)} == {2}
    assert RaceError.exit_code == 1


def test_facts_with_braces_are_told_as_they_are() -> None:
    error = DataFolderInUse(folder="/data/{x}", owner="race serve", pid=7, since="today")
    assert "/data/{x}" in str(error)


def test_a_forgotten_fact_fails_where_the_error_is_made() -> None:
    with pytest.raises(KeyError):
        DataFolderInUse(folder="/data")


def test_without_docstrings_the_facts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python strips docstrings when it runs with -OO."""
    monkeypatch.setattr(DataFolderInUse, "__doc__", None)
    assert "'pid': 7" in str(DataFolderInUse(folder="/data", owner="race serve", pid=7, since="today"))
