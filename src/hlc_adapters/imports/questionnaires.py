"""Questionnaires written as YAML or JSON: read strictly, with the line of everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from attrs import frozen

from hlc_core.intake.api import Authored, NotAQuestionnaire, authored
from hlc_core.kernel.errors import Fault

MOST_BYTES = 1_000_000
DEEPEST = 24


@frozen(kw_only=True)
class _Tree:
    """Plain values, and the line on which each path stands."""

    value: object
    lines: Mapping[str, int]


def read_questionnaire(text: str, name: str) -> Authored:
    """The questionnaire of the text (`name` stands in front of each fault's place).

    Refuses: NotAQuestionnaire; each fault says `file:line path` and how to mend it.
    """
    tree = _parsed(text, name)
    try:
        return authored(tree.value)
    except NotAQuestionnaire as refusal:
        faults = (Fault(f"{name}:{_line(tree.lines, one.field)} {one.field}", one.message) for one in refusal.faults)
        raise NotAQuestionnaire(f"{name} cannot be used.", *faults) from None


def read_questionnaire_file(path: Path) -> Authored:
    """The questionnaire of the file. Refuses: NotAQuestionnaire."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise NotAQuestionnaire(f"{path} cannot be read.", Fault(str(path), why)) from None
    return read_questionnaire(decoded(raw, path.name), path.name)


def read_questionnaire_files(paths: Sequence[Path]) -> tuple[Authored, ...]:
    """The questionnaires of all files. Refuses: NotAQuestionnaire, with the faults of all of them."""
    read: list[Authored] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            read.append(read_questionnaire_file(path))
        except NotAQuestionnaire as refusal:
            faults += refusal.faults
    if faults:
        raise NotAQuestionnaire("Nothing was taken: these files cannot be used as they are.", *faults)
    keys = [one.key for one in read]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise NotAQuestionnaire("Two files have the same key.", *(Fault("key", key) for key in twice))
    return tuple(read)


def decoded(raw: bytes, name: str) -> str:
    """The bytes as text. Refuses: NotAQuestionnaire (too long, not UTF-8)."""
    if len(raw) > MOST_BYTES:
        raise NotAQuestionnaire(f"{name} is too long.", Fault(name, f"at most {MOST_BYTES} bytes"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = raw[: error.start].count(b"\n") + 1
        raise NotAQuestionnaire(f"{name} is not UTF-8.", Fault(f"{name}:{place}", "save the file as UTF-8")) from None


def _parsed(text: str, name: str) -> _Tree:
    try:
        _refuse_tricks(text, name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark is not None else name
        raise NotAQuestionnaire(
            f"{name} is neither YAML nor JSON.", Fault(where, str(error.problem or "cannot be read"))
        ) from None
    except yaml.YAMLError:
        raise NotAQuestionnaire(f"{name} is neither YAML nor JSON.", Fault(name, "plain text only")) from None
    if root is None:
        raise NotAQuestionnaire(f"{name} is empty.", Fault(name, "begin with `key:` and `title:`"))
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    value = _value(root, "", lines, faults)
    if faults:
        raise NotAQuestionnaire(
            f"{name} cannot be used.",
            *(Fault(f"{name}:{_line(lines, one.field)} {one.field}", one.message) for one in faults),
        )
    return _Tree(value=value, lines=lines)


def _refuse_tricks(text: str, name: str) -> None:
    """No aliases (a short file could mean millions of items), no tags, one document, not too deep."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        where = name if event.start_mark is None else f"{name}:{event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise NotAQuestionnaire(f"{name} cannot be used.", Fault(where, "write it out: & and * are not read here"))
        if getattr(event, "tag", None) is not None:
            raise NotAQuestionnaire(f"{name} cannot be used.", Fault(where, "tags (!) are not read here"))
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or documents > 1:
            message = "one questionnaire a file" if documents > 1 else "nested too deeply"
            raise NotAQuestionnaire(f"{name} cannot be used.", Fault(where, message))


def _value(node: yaml.Node, at: str, lines: dict[str, int], faults: list[Fault]) -> object:
    """Every scalar is the text that was written: `yes` stays `yes`, 08 stays 08."""
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, f"{at}[{place}]", lines, faults) for place, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, at, lines, faults))
    return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)


def _pairs(node: yaml.MappingNode, at: str, lines: dict[str, int], faults: list[Fault]) -> Iterator[tuple[str, object]]:
    seen: set[str] = set()
    for key, value in node.value:
        word = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        path = f"{at}.{word}" if at else word
        if word in seen or word == "?":
            lines[path] = key.start_mark.line + 1
            faults.append(Fault(path, "is given twice" if word in seen else "keys are plain words"))
            continue
        seen.add(word)
        lines[path] = key.start_mark.line + 1
        yield word, _value(value, path, lines, faults)


def _line(lines: Mapping[str, int], path: str) -> int:
    """The line of the path, or of what is nearest around it."""
    while path and path not in lines:
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return lines.get(path, 1)
