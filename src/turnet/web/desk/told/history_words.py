"""What happened, in sentences: who did what, with the names and times of the clinic.

A sentence says "it" of the visit and "the card" of the patient; the page names them beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from turnet.audit.queries import Line
from turnet.clock import instant
from turnet.i18n import _, ngettext
from turnet.web.desk.seat import Seat
from turnet.web.desk.told.account_words import of_accounts
from turnet.web.desk.wording import listed, named, worded
from turnet.web.kit.jinja import day_at

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Telling:
    """Tells lines to one person, in their language and the clinic's time."""

    seat: Seat

    def sentence(self, line: Line) -> Markup:
        if line.act in self.whole:
            return self.whole[line.act](line)
        return self._said(line, plain().get(line.act) or of_accounts(line) or _("%(who)s: “%(act)s”."), act=line.act)

    @cached_property
    def whole(self) -> Mapping[str, Callable[[Line], Markup]]:
        """Acts of which there is more to say than who did it."""
        return {
            "booked": self._booked,
            "moved": self._moved,
            "cancelled": self._cancelled,
            "undone": self._undone,
            "marked": self._marked,
            "confirmed": self._confirmed,
            "checked_in": self._checked_in,
            "called_in": self._called_in,
            "noted": self._noted,
            "contact": self._contact,
            "asked": self._asked,
            "wrote": self._wrote,
            "patient_edited": self._edited,
            "patient_contact_added": self._reached,
            "patient_contact_removed": self._reached,
            "patient_guardian": self._guardian,
            "patient_consent": self._consent,
            "late": self._late,
            "blocked": self._blocked,
            "unblocked": self._blocked,
        }

    # --- visits

    def _booked(self, line: Line) -> Markup:
        told = self._said(line, _("%(who)s booked it for %(when)s with %(whom)s."), **self._place(line.after))
        more = []
        if line.after.get("series"):
            more.append(worded(_("It is one of a series.")))
        if line.after.get("overbooked"):
            more.append(worded(_("On purpose beside another visit: %(reason)s"), reason=_reason(line.after)))
        return _together(told, *more)

    def _moved(self, line: Line) -> Markup:
        was, now = self._place(line.before), self._place(line.after)
        places = {"before": was["when"], "after": now["when"], "whom": now["whom"], "earlier": was["whom"]}
        if line.before.get("practitioner") != line.after.get("practitioner"):
            told = self._said(
                line, _("%(who)s moved it from %(before)s with %(earlier)s to %(after)s with %(whom)s."), **places
            )
        elif line.before.get("starts_at") != line.after.get("starts_at"):
            told = self._said(line, _("%(who)s moved it from %(before)s to %(after)s."), **places)
        else:
            told = self._said(
                line, _("%(who)s changed the place or the services and kept the time, %(after)s."), **places
            )
        more = [self._untold(line)]
        if line.after.get("overbooked"):
            more.append(worded(_("On purpose beside another visit: %(reason)s"), reason=_reason(line.after)))
        return _together(told, *more)

    def _cancelled(self, line: Line) -> Markup:
        if not line.by:
            told = self._said(line, _("%(who)s cancelled it."))
        elif line.after.get("by") == "clinic":
            told = self._said(line, _("%(who)s cancelled it for the clinic."))
        else:
            told = self._said(line, _("%(who)s cancelled it for the patient."))
        late = worded(_("It came late.")) if line.after.get("late") else Markup()
        return _together(told, late, self._untold(line))

    def _undone(self, line: Line) -> Markup:
        undid = {
            "cancelled": _("%(who)s took the cancellation back."),
            "moved": _("%(who)s took the move back: it is on %(when)s again."),
            "marked": _("%(who)s took the last word on its state back."),
            "noted": _("%(who)s took the note for the desk back."),
            "booked": _("%(who)s took the booking back."),
        }
        sentence = undid.get(line.after.get("undid", "cancelled")) or _("%(who)s took the last change back.")
        return self._said(line, sentence, **self._place(line.after))

    def _marked(self, line: Line) -> Markup:
        states = {
            "confirmed": _("%(who)s wrote down that they will come."),
            "arrived": _("%(who)s wrote down that they have arrived."),
            "in_room": _("%(who)s wrote down that they are in the room."),
            "done": _("%(who)s wrote down that the visit is done."),
            "no_show": _("%(who)s wrote down that they did not come."),
        }
        return self._said(line, states.get(line.after.get("state", "")) or _("%(who)s set it back to booked."))

    def _confirmed(self, line: Line) -> Markup:
        by_sms = line.actor == "patient:sms"
        return self._said(
            line, _("%(who)s said by SMS that they will come.") if by_sms else _("%(who)s said that they will come.")
        )

    def _checked_in(self, line: Line) -> Markup:
        ways = {
            "sms": _("%(who)s said by SMS that they are here."),
            "link": _("%(who)s said on the page of the visit that they are here."),
            "door": _("Somebody said at the door that they are here."),
            "tablet": _("Somebody said on the tablet that they are here."),
        }
        return self._said(line, ways[line.after["checked_in_by"]])

    def _called_in(self, line: Line) -> Markup:
        by_mail = line.after.get("channel") == "email"
        return self._said(
            line, _("%(who)s asked by mail to come in.") if by_mail else _("%(who)s asked by SMS to come in.")
        )

    def _noted(self, line: Line) -> Markup:
        written = line.after.get("length", 1)
        return self._said(
            line, _("%(who)s wrote a note for the desk.") if written else _("%(who)s removed the note for the desk.")
        )

    def _contact(self, line: Line) -> Markup:
        told = self._said(line, _("%(who)s changed where its messages go."))
        return _together(told, worded(_("The confirmation went out again.")) if line.after.get("resent") else Markup())

    def _asked(self, line: Line) -> Markup:
        by_mail = line.after.get("channel") == "email"
        sentence = (
            _("%(who)s asked by mail for another time.") if by_mail else _("%(who)s asked by SMS for another time.")
        )
        return self._said(line, sentence)

    def _wrote(self, line: Line) -> Markup:
        by_mail = line.after.get("channel") == "email"
        return self._said(line, _("%(who)s wrote a mail.") if by_mail else _("%(who)s wrote an SMS."))

    def _untold(self, line: Line) -> Markup:
        untold = line.after.get("told") is False and not line.after.get("answered")
        return worded(_("The patient was not told.")) if untold else Markup()

    # --- patients

    def _edited(self, line: Line) -> Markup:
        words = {
            "name": _("name"),
            "birth_year": _("year of birth"),
            "language": _("language"),
            "desk_note": _("note for the desk"),
            "protected": _("protected person"),
        }
        fields = [escape(words.get(name, name)) for name in line.after.get("fields", ())]
        return self._said(line, _("%(who)s changed the card: %(fields)s."), fields=listed(fields))

    def _reached(self, line: Line) -> Markup:
        sentences = {
            ("patient_contact_added", True): _("%(who)s added a phone number."),
            ("patient_contact_added", False): _("%(who)s added a mail address."),
            ("patient_contact_removed", True): _("%(who)s removed a phone number."),
            ("patient_contact_removed", False): _("%(who)s removed a mail address."),
        }
        return self._said(line, sentences[line.act, line.after.get("kind") == "phone"])

    def _guardian(self, line: Line) -> Markup:
        somebody = line.after.get("after") is not None
        sentence = (
            _("%(who)s wrote down who answers for them.")
            if somebody
            else _("%(who)s wrote down that nobody answers for them.")
        )
        return self._said(line, sentence)

    def _consent(self, line: Line) -> Markup:
        purposes = {"reminders": _("reminders"), "feedback": _("questions about the visit"), "offers": _("offers")}
        sentence = (
            _("%(who)s wrote down a yes to %(what)s.")
            if line.after.get("given")
            else _("%(who)s wrote down a no to %(what)s.")
        )
        purpose = str(line.after.get("purpose", ""))
        return self._said(line, sentence, what=purposes.get(purpose, purpose))

    # --- the clinic's time

    def _late(self, line: Line) -> Markup:
        minutes = int(line.after.get("minutes", 0))
        whom = self._resource(line.after.get("practitioner"))
        if not minutes:
            return self._said(line, _("%(who)s said that %(whom)s is on time again."), whom=whom)
        sentence = ngettext(
            "%(who)s said that %(whom)s runs %(minutes)s minute late.",
            "%(who)s said that %(whom)s runs %(minutes)s minutes late.",
            minutes,
        )
        return self._said(line, sentence, whom=whom, minutes=minutes)

    def _blocked(self, line: Line) -> Markup:
        facts = line.after
        parts = {
            "what": self._resource(facts.get("resource")),
            "first": day_at(self.seat.local(instant(facts["from"]))),
            "last": day_at(self.seat.local(instant(facts["until"]))),
        }
        if line.act == "blocked":
            return self._said(line, _("%(who)s blocked %(what)s from %(first)s to %(last)s."), **parts)
        return self._said(line, _("%(who)s opened %(what)s again from %(first)s to %(last)s."), **parts)

    # --- pieces

    def _said(self, line: Line, sentence: str, **parts: object) -> Markup:
        facts = {name: fact for name, fact in line.after.items() if isinstance(fact, str | int)}
        return worded(sentence, **{**facts, "account": named(line.account), "who": self._who(line), **parts})

    def _who(self, line: Line) -> Markup:
        if line.by:
            return named(line.by)
        whose = line.actor.partition(":")[0]
        if whose == "patient" and line.patient_name:
            return named(line.patient_name)
        others = {
            "patient": _("The patient"),
            "api": _("Another program"),
            "visitor": _("Somebody"),
            "system": _("The server"),
        }
        return worded(others.get(whose) or _("Somebody who is not here any more"))

    def _place(self, facts: Facts) -> dict[str, object]:
        """`when` and `whom` of a visit's facts."""
        starts = facts.get("starts_at")
        when = day_at(self.seat.local(datetime.fromisoformat(starts))) if starts else ""
        return {"when": when, "whom": self._resource(facts.get("practitioner"))}

    def _resource(self, resource: int | None) -> Markup:
        """The name of a practitioner or room; visits outlive both."""
        clinic = self.seat.clinic
        for found in (clinic.practitioner, clinic.room):
            try:
                return self.seat.frame().name(found(resource or 0).name)
            except KeyError:
                continue
        return worded(_("somebody"))


def plain() -> Mapping[str, str]:
    """Acts of which there is no more to say."""
    return {
        "told_by_phone": _("%(who)s told the patient by telephone."),
        "patient_seen": _("%(who)s looked at the card."),
        "patient_added": _("%(who)s wrote the card."),
        "patient_kept": _("%(who)s kept the card: somebody new."),
        "patient_unkept": _("%(who)s said that somebody has to look again who this is."),
        "patients_merged": _("%(who)s put another card into this one: it was the same person."),
        "patient_merged_away": _("%(who)s put this card into another one: it was the same person."),
        "patients_parted": _("%(who)s took the two cards apart again."),
        "patient_parted": _("%(who)s made this a card of its own again."),
        "feedback_state": _("%(who)s wrote down what became of what the patient said afterwards."),
        "survey_decided": _("%(who)s changed how patients are asked afterwards."),
        "texting_decided": _("%(who)s changed what SMS may cost or where they go."),
        "words_written": _("%(who)s changed what patients are told before or after a visit."),
        "poster_renewed": _("%(who)s made a new poster for the door; the old one leads nowhere."),
        "round_added": _("%(who)s added a round of messages."),
        "round_changed": _("%(who)s changed a round of messages."),
        "round_removed": _("%(who)s removed a round of messages."),
        "desk_answered": _("%(who)s answered an SMS."),
        "desk_took": _("%(who)s took the conversation by SMS."),
        "desk_gave_back": _("%(who)s gave the conversation by SMS back."),
        "desk_done": _("%(who)s was done with the conversation by SMS."),
        "desk_reopened": _("%(who)s opened the conversation by SMS again."),
        "number_wrong": _("%(who)s said that a stranger has the number: nothing is sent to it."),
        "number_right": _("%(who)s said that the number or address is right again."),
        "failure_dealt": _("%(who)s dealt with a message that did not arrive."),
        "failure_again": _("%(who)s had a message that did not arrive sent again."),
        "failure_back": _("%(who)s put a message that did not arrive back on the list."),
        "baseline_said": _("%(who)s wrote down what the clinic was like before."),
    }


def _reason(facts: Facts) -> str:
    return str(facts.get("reason") or "–")


def _together(*sentences: Markup) -> Markup:
    return Markup(" ").join(sentence for sentence in sentences if sentence)
