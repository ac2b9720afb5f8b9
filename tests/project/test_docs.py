"""What the documents promise exists: links lead somewhere, commands run, no machine of ours is named."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from race_to_purchase.app.engine import require_sound
from race_to_purchase.cli.command import app
from race_to_purchase.errors import ConfigurationError
from race_to_purchase.settings import load
from tests.project.tree import ROOT, files, short, text_files

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASSIGNMENT = re.compile(r"\b(RACE_[A-Z_]+)=(\"[^\"]*\"|[^\s\"]+)")
ELSEWHERE = {"RACE_REQUIRE_ALL", "RACE_STRIPE_TEST_KEY"}
"""Of the tests, and no settings."""
ARCHITECTURE_WORDS_MAX = 1500
HOUSE_FILES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile"]

# Where a file says so, it speaks of somebody's own machine or of a private index, and neither belongs here.
OWN_PLACES = re.compile(
    r"""(?<![\w.])/(?:home|Users|root|mnt|workspace|wo[r]k)/[\w.-]+   # somebody's folders
    | --(?:extra-)?index-[u]rl | --find-[l]inks                       # where packages come from
    | https?://[^\s)"']*/(?:simple|root/pypi|artifactory|nexus)/      # index addresses
    | (?:files\.python[h]osted|test\.pypi)\.org""",
    re.VERBOSE,
)


def test_the_house_has_its_documents() -> None:
    assert [name for name in HOUSE_FILES if not (ROOT / name).is_file()] == []


def test_relative_links_lead_to_files_and_headings() -> None:
    broken = [
        f"{short(page)}: {target}"
        for page in files("*.md")
        for target in LINK.findall(outside_code(page.read_text(encoding="utf-8")))
        if "://" not in target and not target.startswith("mailto:") and not leads_somewhere(page, target)
    ]
    assert broken == []


def test_the_architecture_page_stays_short() -> None:
    words = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split()
    assert len(words) <= ARCHITECTURE_WORDS_MAX


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {(short(page), words[1]) for page, words in commands("make") if len(words) > 1}
    assert {name for name in named if name[1] not in targets} == set()


def test_every_race_command_that_a_page_names_exists() -> None:
    """Each subcommand is asked for its help, and every option in the documents must be in there."""
    wrong: list[str] = []
    for page, words in commands("race"):
        path, options = split_command(words[1:])
        text = help_of(tuple(path))
        if text is None:
            wrong.append(f"{short(page)}: race {' '.join(path)}")
        else:
            wrong += [f"{short(page)}: race {' '.join(path)} {opt}" for opt in options if opt not in text]
    assert wrong == []


def test_the_settings_that_a_page_gives_are_taken() -> None:
    wrong: list[str] = []
    seen = 0
    for page in files("*.md"):
        for code in code_of(page):
            given = dict(ASSIGNMENT.findall(re.sub(r"\$\([^)]*\)", "f" * 64, code)))
            given = {name: value.strip("\"'") for name, value in given.items() if name not in ELSEWHERE}
            seen += len(given)
            try:
                if given:
                    require_sound(load(given))
            except ConfigurationError as error:
                wrong.append(f"{short(page)}: {error}")
    assert (wrong, seen > 15) == ([], True)


def test_no_file_names_a_machine_or_an_index() -> None:
    found = [f"{short(path)}: {match[0]}" for path, text in text_files() if (match := OWN_PLACES.search(text))]
    assert found == []


def outside_code(text: str) -> str:
    """A page without its code: brackets in there are no links."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def leads_somewhere(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    goal = (page.parent / name).resolve() if name else page
    if not goal.exists():
        return False
    return not anchor or goal.suffix != ".md" or anchor in anchors(goal)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_of(page: Path) -> list[str]:
    """Every block of code of a page, and all between backquotes."""
    text = page.read_text(encoding="utf-8")
    rest = FENCE.sub("", text)
    return [
        *FENCE.findall(text),
        *re.findall(r"(?:^ {4,}.*\n)+", rest, re.MULTILINE),
        *re.findall(r"`([^`\n]+)`", rest),
    ]


def commands(program: str) -> list[tuple[Path, list[str]]]:
    """Every call of the program in the pages: lines of code blocks, and words between backquotes."""
    found: list[tuple[Path, list[str]]] = []
    for page in files("*.md"):
        text = page.read_text(encoding="utf-8")
        lines = [line.strip() for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
        lines += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
        found += [(page, words) for line in lines if (words := words_of(line)) and Path(words[0]).name == program]
    return found


def words_of(line: str) -> list[str]:
    """The words of a shell line, without prompt, assignments before it and comment after it."""
    try:
        words = shlex.split(line.removeprefix("$ "), comments=True)
    except ValueError:
        return []
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    return words


def split_command(words: list[str]) -> tuple[list[str], list[str]]:
    """Subcommands up to the first word that is none, and the names of the options."""
    path: list[str] = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        path.append(word)
    return path, [match[0] for word in words if (match := re.match(r"--[a-z-]+", word))]


_helps: dict[tuple[str, ...], str | None] = {}


def help_of(path: tuple[str, ...]) -> str | None:
    """The help text of a subcommand; None where there is no such."""
    if path not in _helps:
        ran = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
        _helps[path] = ran.stdout if ran.exit_code == 0 else None
    return _helps[path]
