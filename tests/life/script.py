"""The life of a visit as it is read on a telephone, one line a step, played over HTTP against the demo:

books Anna Thu 10 09:20        on the web, with a telephone; `books by phone and mail` leaves an address, too
clock Wed 9 09:20              the clock goes on to that moment of December, and stops at whatever is due on the way
→ Thank you …                  what arrived on the phone since, all of it and in order; `…` stands for anything
✉ Your time …                  the same for the subjects in the mailbox
← 1                            they write, and are answered at once
: Anna confirmed Thu 10 09:20  what the desk sees of a visit
desk: Anna done                somebody at the desk marks it
inbox: Cannot come             why the desk is to look; `inbox: nothing`
feedback: 9 …                  a score and the words with it, as the clinic reads them
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from zoneinfo import ZoneInfo

from tests.web.conftest import Client
from tests.web.public.conftest import once_of, send
from turnet.clock import SystemClock
from turnet.db.transactions import fetch

ZONE = ZoneInfo("Europe/Helsinki")
PHONE, MAIL = "+358 40 000 0116", "anna@mail.example"
_NUMBER = "+358400000116"
_ARRIVED = ("→ ", "✉ ")


def moment(day: str, time: str) -> datetime:
    """Of December 2026; 1 December is a Tuesday, and `Tue 8` is checked to be one."""
    weekday, number = day.split()
    found = datetime.combine(date(2026, 12, int(number)), datetime.strptime(time, "%H:%M").time(), ZONE)  # noqa: DTZ007
    assert found.strftime("%a") == weekday, day
    return found


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@dataclass
class Life:
    patient: Client
    desk: Client
    language: str = "en"
    sms: int = 0
    mail: int = 0
    """How many have been read."""

    async def play(self, script: str, language: str = "en") -> None:
        self.language = language
        lines = [line.strip() for line in script.strip().splitlines() if line.strip()]
        wanted: list[str] = []
        for line in lines:
            if line.startswith(_ARRIVED):
                wanted.append(line)
                continue
            await self._read(wanted, f"before: {line}")
            wanted = []
            await self._step(line)
        await self._read(wanted, "at the end")

    async def _read(self, wanted: list[str], when: str) -> None:
        """All that arrived since was told, and nothing else."""
        page = (await self.patient.get("/-/demo", params={"who": _NUMBER})).text
        sms = re.findall(r'<li>\s*<p class="demo-bubble">(.*?)</p>', page, re.DOTALL)
        mail = await self._subjects()
        new = [f"→ {_text(one)}" for one in sms[self.sms :]] + [f"✉ {one}" for one in mail[self.mail :]]
        self.sms, self.mail = len(sms), len(mail)
        ordered = [line for line in wanted if line[0] == "→"] + [line for line in wanted if line[0] == "✉"]
        assert len(new) == len(ordered), (when, new)
        for line, one in zip(ordered, new, strict=True):
            pattern = ".*".join(map(re.escape, line.split("…")))
            assert re.fullmatch(pattern, one, re.DOTALL), (when, f"wanted {line}", f"got {one}")

    async def _subjects(self) -> list[str]:
        """The oldest first."""
        rows = await fetch("SELECT DISTINCT patient FROM booking WHERE email <> '' ORDER BY patient LIMIT 1")
        if not rows:
            return []
        page = (await self.patient.get("/-/demo", params={"who": rows[0][0]})).text
        return [_text(one) for one in reversed(re.findall(r"<summary><span[^>]*>(.*?)</span>", page))]

    async def _step(self, line: str) -> None:
        verb, _space, rest = line.partition(" ")
        match verb:
            case "books":
                await self._book(rest)
            case "clock":
                await self._clock(*rest.rsplit(" ", 1))
            case "←":
                answer = await self.patient.post("/-/demo/sms", data={"from": PHONE, "text": rest})
                assert answer.status_code == 303, answer.text
            case ":":
                await self._is(*rest.split(" ", 2))
            case "desk:":
                await self._mark(*rest.split())
            case "inbox:":
                page = words((await self.desk.get("/desk/inbox")).text)
                wanted = "Nobody waits for you" if rest == "nothing" else rest
                assert wanted in page, page
            case "feedback:":
                score, _space, text = rest.partition(" ")
                page = words((await self.desk.get("/desk/feedback")).text)
                assert re.search(rf"\b{score}\b.*{re.escape(text)}", page), page
            case _:
                raise AssertionError(f"no such step: {line}")

    async def _book(self, rest: str) -> None:
        """`Anna Thu 10 09:20`, and `by phone and mail` behind it."""
        name, weekday, number, time, *by = rest.split()
        start = moment(f"{weekday} {number}", time).astimezone(ZoneInfo("UTC"))
        url = f"/{self.language}/book/check-up/at/{start:%Y%m%dT%H%MZ}"
        fields = {
            "name": f"{name} Salo",
            "phone": PHONE,
            "email": MAIL if "mail" in by else "",
            "for": "me",
            "note": "",
        }
        if "child" in by:
            fields |= {"for": "child", "birth_year": "2018"}
        once = once_of(await self.patient.get(url))
        answer = await send(self.patient, url, {**fields, "once": once})
        assert answer.status_code == 303, answer.text
        self.patient.cookies.clear()
        await self._forward("1m")

    async def _clock(self, day: str, time: str) -> None:
        clock = self.patient.app.state.clock
        assert isinstance(clock, SystemClock)
        minutes = (moment(day, time) - clock.now()).total_seconds() / 60
        assert minutes >= 0, (day, time, clock.now())
        await self._forward(f"{round(minutes)}m")

    async def _forward(self, advance: str) -> None:
        if advance != "0m":
            answer = await self.patient.post("/-/demo/clock", data={"advance": advance})
            assert answer.status_code == 303, answer.text

    async def _visit(self, name: str) -> tuple[str, datetime]:
        [(public_id, start)] = await fetch(
            "SELECT b.public_id, b.starts_at FROM booking b JOIN patient t ON t.id = b.patient WHERE t.name = {}",
            f"{name} Salo",
        )
        return public_id, start

    async def _is(self, name: str, state: str, when: str = "") -> None:
        public_id, start = await self._visit(name)
        page = (await self.desk.get(f"/desk/visits/{public_id}")).text
        seen = re.search(r'id="visit" data-state="([a-z-]+)"', page)
        assert seen is not None, words(page)
        assert seen[1].replace("-", "_") == state, (name, seen[1])
        if when:
            assert start == moment(*when.rsplit(" ", 1)), (name, start.astimezone(ZONE))

    async def _mark(self, name: str, to: str) -> None:
        public_id, _start = await self._visit(name)
        page = (await self.desk.get(f"/desk/visits/{public_id}")).text
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version is not None
        fields = {"to": to, "version": version[1], "from": "sheet", "back": "/desk"}
        answer = await self.desk.post(f"/desk/visits/{public_id}/mark", data=fields)
        assert answer.status_code == 303, answer.text


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())
