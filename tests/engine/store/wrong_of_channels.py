"""Wrong rows of what channels keep, each with the name of the constraint that refuses it."""

from typing import Final

_ID: Final = "'00000000-0000-0000-0000-000000000001'"
_SIGNAL: Final = (
    f"insert into signal values ({_ID}, 'b', 'm', 1, {_ID}, 'quiet', null, 'high', null, null, null, null, 'CNY', "
    "'2026-01-01', '2026-01-01', '2026-01-01', '', 1)"
)


def chosen(days: str = "30") -> str:
    columns = "bank, member_id, balance_changed, expiring_days, tier_will_change, chosen_via"
    return f"insert into notification_preference ({columns}) values ('b', 'm', true, {days}, true, 'channel/app')"


def work(state: str = "done", until: str = "null", number: str = "default", signal: str = _SIGNAL) -> str:
    columns = "bank, signal_id, work_number, state, until, person, via"
    values = f"'b', {_ID}, {number}, '{state}', {until}, 'mgr-7', 'channel/app'"
    return f"{signal}; insert into signal_work ({columns}) overriding system value values ({values})"


RIGHT_OF_CHANNELS: Final = [*work().split("; ")]
WRONG_OF_CHANNELS: Final[list[tuple[str, str]]] = [
    ("notification_preference_pk", chosen() + ";" + chosen()),
    ("notification_preference_days_bounded", chosen("0")),
    ("signal_work_pk", work(number="1") + ";" + work(number="1", signal="select 1")),
    ("signal_work_of_a_signal", work(signal="select 1")),
    ("signal_work_state_known", work("gone")),
    ("signal_work_is_snoozed_until_a_day", work("snoozed")),
    ("signal_work_is_snoozed_until_a_day", work("done", "'2026-01-01'")),
]
