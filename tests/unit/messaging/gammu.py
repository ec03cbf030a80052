"""A real gammu-smsd with gammu's dummy telephone, in folders of its own."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import missing

CONFIG = """[gammu]
model = dummy
connection = none
port = {0}/phone
gammuloc = /dev/null

[smsd]
service = files
logfile = {0}/log
debuglevel = 1
inboxpath = {0}/inbox/
outboxpath = {0}/outbox/
sentsmspath = {0}/sent/
errorsmspath = {0}/error/
inboxformat = unicode
transmitformat = auto
commtimeout = 1
loopsleep = 1
receivefrequency = 1
checksecurity = 0
resetfrequency = 0
"""


class Spool:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("inbox", "outbox", "sent", "error", *(f"phone/sms/{number}" for number in range(1, 6))):
            (folder / name).mkdir(parents=True)
        (folder / "rc").write_text(CONFIG.format(folder))

    @property
    def url(self) -> str:
        return f"gammu://{self.folder}"

    def files(self, name: str) -> list[Path]:
        return sorted(self.folder.joinpath(name).iterdir())

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def arrives(self, sender: str, *parts: str, sent: str = "20261201T093015") -> None:
        """An SMS in the telephone's own memory, as its parts came over the air."""
        there = len(self.files("phone/sms/1"))
        for number, text in enumerate(parts, 1):
            header = f"UDH = 05000342{len(parts):02X}{number:02X}\n" if len(parts) > 1 else ""
            (self.folder / f"phone/sms/1/{there + number}").write_text(
                f'[SMSBackup000]\nSMSC = "+358400000000"\nSent = {sent}\nState = UnRead\nNumber = "{sender}"\n'
                f"NumberUnicode = {_hex(sender)}\nCoding = Unicode_No_Compression\nFolder = 1\nClass = -1\n"
                f"Length = {len(text)}\nText00 = {_hex(text)}\n{header}"
            )

    def lies(self, name: str, content: bytes, *, age: float = 60, now: float) -> Path:
        """A file in the inbox that smsd finished `age` seconds ago."""
        file = self.folder / "inbox" / name
        file.write_bytes(content)
        os.utime(file, (now - age, now - age))
        return file


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


@contextmanager
def smsd(spool: Spool) -> Iterator[None]:
    """Runs while inside; skips, visibly, where it cannot be had."""
    _installed()
    command: Sequence[str | Path] = ["gammu-smsd", "-c", spool.folder / "rc"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _installed() -> None:
    if not shutil.which("gammu-smsd") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-q", "gammu-smsd"], check=False, capture_output=True, timeout=120)
    if not shutil.which("gammu-smsd"):
        missing("gammu-smsd")


def until(true: Callable[[], bool], spool: Spool) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, spool.log
        time.sleep(0.05)
