"""What a round's message says, in each language of the clinic, to somebody who does not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.i18n import LANGUAGES, _
from turnet.messaging.matter import manner_of
from turnet.messaging.preview import Preview, preview
from turnet.reminders.model import MESSAGE, Round
from turnet.settings import Settings

_NAMES = {"fi": "Anna Virtanen", "he": "דנה לוי"}


@dataclass(frozen=True, slots=True)
class Sample:
    language: str
    channel: str
    said: Preview

    @property
    def direction(self) -> str:
        return LANGUAGES[self.language].direction


def samples(round: Round, clinic: Clinic, settings: Settings, languages: Sequence[str], now: datetime) -> list[Sample]:
    """By language, and by channel in the round's order; none for a clinic where nobody can be visited."""
    visits = {language: _visit(round, clinic, language, now) for language in languages}
    return [
        Sample(
            language,
            channel,
            preview(
                MESSAGE[round.kind], [visit], clinic, settings, channel=channel, language=language, now=now,
                manner=manner_of(round, channel, settings),
            ),
        )
        for language, visit in visits.items()
        if visit is not None
        for channel in round.channels
    ]  # fmt: skip


def parts(found: Sequence[Sample]) -> Mapping[str, int]:
    """How many parts an SMS takes, by language."""
    return {sample.language: sample.said.parts for sample in found if sample.channel == "sms"}


def _visit(round: Round, clinic: Clinic, language: str, now: datetime) -> Visit | None:
    services = [one for one in clinic.services.values() if round.service in (None, one.id)]
    places = [one for one in clinic.locations.values() if round.location in (None, one.id)]
    practitioners = list(clinic.practitioners.values())
    if not services or not places or not practitioners:
        return None
    starts = (now.astimezone(clinic.zone) + timedelta(days=2)).replace(hour=9, minute=30, second=0, microsecond=0)
    return Visit(
        id=0, public_id="sample", reference="…", state=State.BOOKED, service=services[0].id,
        practitioner=practitioners[0].id, room=None, location=places[0].id,
        patient_name=_NAMES.get(language) or _("Anna Smith"), phone="+10000000000", email="anna@mail.example",
        language=language, for_whom="me", note="", starts_at=starts,
        ends_at=starts + timedelta(minutes=services[0].rules.minutes), zone=clinic.zone.key, door="phone", link_no=1,
        version=1, sequence=0, visit_no=1, moved_from=None, cancelled_at=None, undo_until=None, created_at=now,
        updated_at=now,
    )  # fmt: skip
