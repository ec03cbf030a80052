"""What one telephone, or whoever forges its number, can make us answer in a day."""

import pytest

from tests.db.conversation.talk import Talk
from turnet.conversation.service import case

ROUNDS = 15


@pytest.mark.parametrize("most", [case.MOST_A_DAY, 1000], ids=["protected", "control"])
async def test_refusing_and_taking_it_back_all_day_is_answered_only_so_often(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(case, "MOST_A_DAY", most)

    outcomes, answers = [], list[str]()
    for _ in range(ROUNDS):
        outcomes += [await talk.them("stop"), await talk.them("start")]
        answers += await talk.us()
        talk.clock.advance(minutes=10)

    assert outcomes == ["opted_out", "opted_in"] * ROUNDS
    assert len(answers) == min(most, 2 * ROUNDS)
    assert await talk.desk() == ("often" if most < 2 * ROUNDS else "")
