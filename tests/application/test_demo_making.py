"""What a killed `hlc demo` left is swept away by the next start; what is being made, and what is not ours, stays."""

from __future__ import annotations

import os
from pathlib import Path

from hlc_adapters.demo.making import LOCK, UNLOCKED_SECONDS, finish, making_place, sweep


def test_what_was_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    """A folder of a dead process, a clinic that was thrown away half; not a clinic, not other names, not links."""
    (tmp_path / "making-0011aabb").mkdir()
    (tmp_path / "making-0011aabb" / LOCK).touch()
    (tmp_path / "old-0011aabb").mkdir()
    for other in ("demo", "making-cakes", "making-0011aabb.txt", "making-0011AABB", "old-times"):
        (tmp_path / other).mkdir()
    (tmp_path / "making-ffffffff").symlink_to(tmp_path / "demo")

    assert ("making-0011aabb", "old-0011aabb") == sweep(tmp_path)
    assert (tmp_path / "demo").is_dir()
    assert ("making-ffffffff", 0) == ((tmp_path / "making-ffffffff").name, len(sweep(tmp_path)))


def test_what_is_being_made_stays(tmp_path: Path) -> None:
    """As long as its process lives; then it is the clinic, or gone."""
    with making_place(tmp_path / "demo") as place:
        assert () == sweep(tmp_path)
        finish(place)
        assert () == sweep(tmp_path)
        place.rename(tmp_path / "demo")

    assert ["demo"] == [path.name for path in tmp_path.iterdir()]
    assert [] == list((tmp_path / "demo").iterdir())


def test_what_was_left_before_there_were_marks_is_swept_when_it_is_old(tmp_path: Path) -> None:
    """A folder without a mark may be of a process that has just begun."""
    place = tmp_path / "making-0011aabb"
    place.mkdir()

    assert () == sweep(tmp_path)
    long_ago = place.stat().st_mtime - UNLOCKED_SECONDS - 1
    os.utime(place, (long_ago, long_ago))
    assert ("making-0011aabb",) == sweep(tmp_path)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """The first start of all."""
    assert () == sweep(tmp_path / "none")
