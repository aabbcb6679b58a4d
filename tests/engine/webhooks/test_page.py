"""What docs/webhooks.md shows runs as it stands there, and checks what the engine sends."""

import json
import re
import sqlite3
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from engine.settings import load
from engine.webhooks import signing
from engine.webhooks.sending import Message, Sender
from schemas.outgoing import MESSAGES
from tests.engine.webhooks.conftest import KEY, ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    [found] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


async def test_the_receiver_on_the_page_takes_what_is_sent_once_and_refuses_strangers(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  # that is what is tested
    inbox, secret = tmp_path / "inbox", signing.secret(KEY, "wh_1", 1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), names["handler"](signing.shown(secret), inbox))
    server.RequestHandlerClass.log_message = lambda *_: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    body = block("json").encode()
    settings = load(webhook_key=KEY, webhook_loopback=True)
    to = Message("wh_1", f"http://127.0.0.1:{server.server_port}/", 1, 0, "msg-1", body, 0, [1])
    answers = []
    for key in (KEY, KEY, "another-key-with-thirty-two-chars-"):
        sender = Sender(settings, key)
        answers.append((await sender.send(to)).said)
        await sender.close()
    server.shutdown()
    server.server_close()
    thread.join()
    assert answers == ["answered 204", "answered 204", "answered 401"]
    with sqlite3.connect(inbox) as database:
        rows = database.execute("select id, said from message").fetchall()
    assert [(id_, json.loads(said)) for id_, said in rows] == [("msg-1", json.loads(body))]


def test_the_message_on_the_page_keeps_its_contract() -> None:
    said = json.loads(block("json"))
    MESSAGES[said["type"]].model_validate_json(json.dumps(said))
