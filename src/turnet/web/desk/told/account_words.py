"""What happened to accounts, in sentences: `%(who)s` did it, `%(account)s` is the account it was done to."""

from collections.abc import Mapping

from turnet.audit.queries import Line
from turnet.i18n import _


def of_accounts(line: Line) -> str:
    """The sentence with its places still open; empty for an act that is none of these."""
    if line.act == "login_failed" and not line.account:
        return _("Somebody tried to log in with an address that nobody here has.")
    if line.act == "login_stopped" and not line.account:
        return _("Logging in was refused after too many tries.")
    switches = {
        "front_desk": (_("%(who)s said that a browser stands at the front desk."), _("%(who)s said that a browser stands at the front desk no longer.")),
        "codes_policy": (_("%(who)s asked owners and managers for codes."), _("%(who)s no longer asks owners and managers for codes.")),
    }  # fmt: skip
    if line.act in switches:
        on, off = switches[line.act]
        return on if line.after.get("on", line.after.get("required")) else off
    if line.act == "role_changed":
        return _changed(line.after)
    return _entering().get(line.act) or _own().get(line.act) or _managed(line.after).get(line.act, "")


def roles() -> Mapping[str, str]:
    return {
        "owner": _("owner"),
        "manager": _("manager"),
        "reception": _("reception"),
        "practitioner": _("practitioner"),
        "read_only": _("read only"),
    }


def _changed(facts: Mapping[str, object]) -> str:
    before, after = (roles().get(str(facts.get(side)), "") for side in ("before", "after"))
    if before == after:
        return _("%(who)s changed what %(account)s may do.")
    sentence = _("%(who)s changed the role of %(account)s from {before} to {after}.")
    return sentence.replace("{before}", before).replace("{after}", after)


def _entering() -> Mapping[str, str]:
    return {
        "login": _("%(who)s logged in."),
        "login_failed": _("Somebody gave a wrong password for %(account)s."),
        "login_stopped": _("Logging in as %(account)s was refused after too many tries."),
        "code_failed": _("Somebody gave a wrong code for %(account)s."),
        "unlock_failed": _("Somebody gave a wrong PIN for %(account)s."),
        "proof_failed": _("Somebody logged in as %(account)s gave a wrong password."),
        "recovery_used": _("%(who)s used a recovery code."),
        "logout": _("%(who)s logged out."),
        "session_ended": _("%(who)s ended one of their other logins."),
        "locked": _("%(who)s locked the desk."),
        "unlocked": _("%(who)s unlocked the desk."),
    }


def _own() -> Mapping[str, str]:
    return {
        "password_set": _("%(who)s set another password."),
        "name_set": _("%(who)s changed their name, initials or language."),
        "email_set": _("%(who)s changed their address."),
        "pin_set": _("%(who)s set a PIN."),
        "codes_on": _("%(who)s turned codes on."),
        "codes_off": _("%(who)s turned codes off."),
        "recovery_made": _("%(who)s made new recovery codes."),
        "feed_made": _("%(who)s made an address for a calendar."),
        "feed_revoked": _("%(who)s revoked the address of a calendar."),
    }


def _managed(facts: Mapping[str, object]) -> Mapping[str, str]:
    role = roles().get(str(facts.get("role")), "")
    return {
        "owner_joined": _("%(who)s came as the first owner."),
        "invited": _("%(who)s invited %(account)s: {role}.").replace("{role}", role),
        "joined": _("%(who)s accepted the invitation."),
        "reset_made": _("%(who)s made a way back in for %(account)s."),
        "reset_used": _("%(who)s came back in by a link."),
        "codes_cleared": _("%(who)s cleared the codes of %(account)s."),
        "disabled": _("%(who)s disabled the account of %(account)s."),
        "enabled": _("%(who)s enabled the account of %(account)s again."),
        "sessions_ended": _("%(who)s logged %(account)s out everywhere."),
    }
