"""People and clinics that cannot be anybody's: unassigned numbers, reserved addresses, every text in every language."""

from datetime import date
from random import Random

import pytest

from turnet.clinic.starter import STARTERS
from turnet.demo.clinics import EREZ, TUOMI, MadeUp
from turnet.demo.people import COUNT, people

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("lang", "region", "prefix"), [("en", "FI", "+35840000"), ("fi", "FI", "+35840000"), ("he", "IL", "+97250000")]
)
def test_three_hundred_people_who_cannot_be_reached(lang: str, region: str, prefix: str) -> None:
    found = people(Random(1), lang, region, TODAY)

    assert len({one.name for one in found}) == COUNT == 300
    assert {one.language for one in found} == {"en", "fi", "he"}
    assert {one.phone[:-4] for one in found} == {prefix}
    assert {one.email.rpartition("@")[2] for one in found} == {"", "mail.example"}


def test_grown_up_people_have_a_number_of_their_own_and_children_a_parents() -> None:
    found = people(Random(1), "en", "FI", TODAY)
    grown = [one for one in found if one.guardian is None]

    assert len({one.phone for one in grown}) == len(grown)
    children = [one for one in found if one.guardian is not None]
    assert len(children) == COUNT - len(grown) == 36
    assert all(one.phone == found[one.guardian].phone for one in children if one.guardian is not None)


def test_same_dice_give_the_same_people() -> None:
    assert people(Random(1), "he", "IL", TODAY) == people(Random(1), "he", "IL", TODAY)
    assert people(Random(1), "he", "IL", TODAY) != people(Random(2), "he", "IL", TODAY)


@pytest.mark.parametrize("clinic", [TUOMI, EREZ], ids=["tuomi", "erez"])
def test_clinic_speaks_three_languages(clinic: MadeUp) -> None:
    texts = [clinic.name, clinic.strapline, clinic.city, clinic.out_of_hours]
    texts += [text for place in clinic.places for text in (place.name, place.address, place.directions)]
    texts += [text for one in clinic.team for text in (one.name, one.title, one.about)]

    assert [text for text in texts if sorted(filter(text.get, text)) != ["en", "fi", "he"]] == []


@pytest.mark.parametrize("name", STARTERS)
def test_starter_set_speaks_three_languages_and_has_one_urgent_service(name: str) -> None:
    offers = STARTERS[name]
    texts = [text for offer in offers for text in (offer.name, offer.summary, offer.instructions) if text]

    assert [text for text in texts if sorted(text) != ["en", "fi", "he"]] == []
    assert [offer.urgent for offer in offers].count(True) == 1
    assert len({offer.slug for offer in offers}) == len(offers)


def test_starter_service_keeps_to_the_languages_and_the_currency_of_the_clinic() -> None:
    check_up = STARTERS["dental"][0]

    assert check_up.columns("EUR", ("fi",))["name"] == {"fi": "Tarkastus"}
    assert (check_up.columns("EUR", ("fi",))["price"], check_up.columns("USD", ("fi",))["price"]) == (7900, 0)
