"""The default pharmacy: the fill is written down, as JSON and as a print, for whoever fetches it."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from attrs import define, field, frozen

from hlc_adapters.pharmacies.documents import as_json, as_pdf
from hlc_core.kernel.ids import DispatchId
from hlc_core.prescriptions.ports import PharmacyAnswer, PharmacyResult, Script

FILES = "files"
"""The name of the default pharmacy."""
_PLAIN = re.compile(r"dsp_[0-9A-Za-z_]{1,80}")


@frozen
class FilePharmacy:
    """Writes `<dispatch>.pdf` and then `<dispatch>.json` into a folder; that the JSON is there means that it was
    delivered. Written whole or not at all, readable by their owner only. Not certified for controlled drugs."""

    folder: Path
    name: str = FILES
    certified: bool = False

    def send(self, script: Script) -> PharmacyAnswer:
        """SENT, or NOT_SENT when the folder cannot be written."""
        if not _PLAIN.fullmatch(script.dispatch):
            return PharmacyAnswer(result=PharmacyResult.REFUSED, code="no_dispatch_id")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(f"{script.dispatch}.pdf", as_pdf(script))
            self._write(f"{script.dispatch}.json", as_json(script))
        except OSError as fault:
            text = "The folder of the prescriptions cannot be written."
            return PharmacyAnswer(result=PharmacyResult.NOT_SENT, code=type(fault).__name__, text=text)
        return PharmacyAnswer(result=PharmacyResult.SENT, reference=f"{script.dispatch}.pdf")

    def look_up(self, dispatch: DispatchId) -> PharmacyAnswer:
        """SENT or NOT_FOUND; NO_ANSWER when the folder cannot be read."""
        try:
            there = _PLAIN.fullmatch(dispatch) is not None and (self.folder / f"{dispatch}.json").is_file()
        except OSError as fault:
            return PharmacyAnswer(result=PharmacyResult.NO_ANSWER, code=type(fault).__name__)
        if there:
            return PharmacyAnswer(result=PharmacyResult.SENT, reference=f"{dispatch}.pdf")
        return PharmacyAnswer(result=PharmacyResult.NOT_FOUND)

    def _write(self, name: str, content: bytes) -> None:
        handle, draft = tempfile.mkstemp(dir=self.folder, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self.folder / name)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


@define
class MemoryPharmacy:
    """Keeps the fills; one that was sent twice is kept once. For trials without files."""

    name: str = FILES
    certified: bool = False
    kept: dict[str, Script] = field(factory=dict)

    def send(self, script: Script) -> PharmacyAnswer:
        """SENT."""
        self.kept.setdefault(script.dispatch, script)
        return PharmacyAnswer(result=PharmacyResult.SENT, reference=script.dispatch)

    def look_up(self, dispatch: DispatchId) -> PharmacyAnswer:
        """SENT or NOT_FOUND."""
        there = dispatch in self.kept
        return PharmacyAnswer(result=PharmacyResult.SENT if there else PharmacyResult.NOT_FOUND)
