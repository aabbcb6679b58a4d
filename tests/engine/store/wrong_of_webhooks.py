"""Wrong rows of webhooks, each with the name of the constraint that refuses it."""

from typing import Final


def endpoint(**wrong: str) -> str:
    row = {
        "endpoint_id": "'wh_1'", "bank": "'corner'", "merchant": "'s'", "name": "'main'", "networks": "'{}'",
        "url": "'https://a.example/'",
    } | wrong  # fmt: skip
    return f"insert into webhook_endpoint ({', '.join(row)}) values ({', '.join(row.values())})"


def delivery(**wrong: str) -> str:
    row = {
        "endpoint_id": "'wh_1'", "seq": "1", "n": "0", "strand": "''", "message_id": "'i'", "body": "''",
    } | wrong  # fmt: skip
    return f"insert into webhook_delivery ({', '.join(row)}) values ({', '.join(row.values())})"


RIGHT_OF_WEBHOOKS: Final = (endpoint(), "insert into webhook_secret values ('wh_1', 1)", delivery())
WRONG_OF_WEBHOOKS: Final[list[tuple[str, str]]] = [
    ("webhook_endpoint_pk", endpoint() + ";" + endpoint(name="'spare'")),
    ("webhook_endpoint_named", endpoint() + ";" + endpoint(endpoint_id="'wh_2'")),
    ("webhook_endpoint_of_a_bank", endpoint(bank="'other'")),
    ("webhook_endpoint_pause_has_a_reason", endpoint(paused_at="now()")),
    ("webhook_endpoint_pause_has_a_reason", endpoint(paused_because="'down'")),
    ("webhook_endpoint_url_bounded", endpoint(url="'https:'")),
    ("webhook_endpoint_url_bounded", endpoint(url="'https://' || repeat('a', 2041)")),
    ("webhook_secret_pk", endpoint() + "; insert into webhook_secret values ('wh_1', 1), ('wh_1', 1)"),
    ("webhook_secret_of_an_endpoint", "insert into webhook_secret values ('wh_1', 1)"),
    ("webhook_secret_numbered", endpoint() + "; insert into webhook_secret values ('wh_1', 0)"),
    ("webhook_delivery_pk", endpoint() + ";" + delivery() + ";" + delivery()),
    ("webhook_delivery_to_an_endpoint", delivery()),
    ("webhook_delivery_state_known", endpoint() + ";" + delivery(state="'sent'", ended_at="now()")),
    ("webhook_delivery_ended_or_waits", endpoint() + ";" + delivery(state="'delivered'")),
    ("webhook_delivery_ended_or_waits", endpoint() + ";" + delivery(ended_at="now()")),
    ("webhook_delivery_due_while_it_waits",
     endpoint() + ";" + delivery(state="'failed'", ended_at="now()", due_at="now()")),
]  # fmt: skip
