"""What to put right in the forms about accounts, in words; the codes come from `turnet.staff`."""

from collections.abc import Mapping

from turnet.errors import Invalid
from turnet.i18n import _
from turnet.staff.passwords import LONGEST, SHORTEST


def sentences(error: Invalid) -> dict[str, str]:
    """By field."""
    return {name: _sentence(name, code) for name, code in error.fields.items()}


def _sentence(name: str, code: str) -> str:
    said = _of_passwords() if name in ("password", "new") else _of(name)
    return said.get(code) or said.get("") or _("Look at this once more.")


def _of_passwords() -> Mapping[str, str]:
    return {
        "too_short": _("Too short: take at least %(num)d characters. Four or five words are easy to keep in mind.")
        % {"num": SHORTEST},
        "too_long": _("Too long: at most %(num)d characters.") % {"num": LONGEST},
        "common": _("Many people use this one, so it is guessed first. Take another."),
        "personal": _("Your name, address or the clinic’s is guessed first. Take something else."),
        "wrong": _("That address and that password do not belong together."),
    }


def _of(name: str) -> Mapping[str, str]:
    return {
        "again": {"different": _("The two are not the same. Type the password once more.")},
        "current": {"": _("That is not your password.")},
        "name": {
            "required": _("Write a name."),
            "too_long": _("The name is too long for us to keep. Write a shorter form of it."),
            "": _("Write the name with letters, as it is spoken."),
        },
        "email": {
            "taken": _("There is an account with this address already."),
            "": _("That is not an e-mail address. It has the form name@example.com."),
        },
        "role": {"last_owner": _("This is the only owner. Make somebody else owner first."), "": _("Choose a role.")},
        "practitioner": {"": _("Choose whose diary is theirs.")},
        "initials": {"": _("Write one to four letters.")},
        "pin": {
            "wrong": _("That is not the PIN."),
            "simple": _("That is guessed first. Take other digits."),
            "": _("Take four to eight digits."),
        },
        "code": {
            "wrong": _("That code does not fit. Codes change every half minute: type the one that is shown now."),
            "": _("Type the six digits that the app shows."),
        },
        "seed": {"": _("That took too long. Scan the new picture.")},
    }.get(name, {})
