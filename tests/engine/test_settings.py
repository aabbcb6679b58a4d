"""Settings come from the environment or from files, and each wrong one is named."""

import re
from pathlib import Path
from typing import Final

import pytest
from pydantic import ValidationError

import engine
from engine.settings import Settings, SettingsError, load, variable
from engine.work import run_worker

ENGINE: Final = Path(engine.__file__).parent
READ: Final = re.compile(r"\.(\w+)")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"POINTS_PARTITIONS": "many"}, ["POINTS_PARTITIONS: given 'many', expected", "integer"]),
        ({"POINTS_PARTITIONS": "0"}, ["POINTS_PARTITIONS: given '0'", "greater than or equal to 1"]),
        ({"POINTS_LOG_FORMAT": "xml"}, ["POINTS_LOG_FORMAT: given 'xml'", "'json' or 'text'"]),
        ({"POINTS_LOG_LEVEL": "loud"}, ["POINTS_LOG_LEVEL", "'WARNING'"]),
        ({"POINTS_KAFKA_BOOTSTRAP": "broker"}, ["POINTS_KAFKA_BOOTSTRAP: given 'broker'"]),
        ({"POINTS_KAFKA_SSL_CAFILE": "missing.pem"}, ["POINTS_KAFKA_SSL_CAFILE: given 'missing.pem'", "file"]),
        ({"POINTS_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, ["POINTS_KAFKA_SASL_USERNAME and _PASSWORD"]),
        ({"POINTS_KAFKA_SSL_CERTFILE": __file__}, ["POINTS_KAFKA_SSL_CERTFILE and _KEYFILE"]),
        ({"POINTS_DATABASE_SSL_ROOTCERT": __file__}, ["POINTS_DATABASE_SSLMODE: expected with the certificates"]),
        ({"POINTS_DATABASE_SSL_KEY": __file__, "POINTS_DATABASE_SSLMODE": "require"}, ["POINTS_DATABASE_SSL_CERT"]),
        ({"POINTS_SESSION_TIMEOUT_S": "5"}, ["POINTS_SESSION_TIMEOUT_S: given '5'"]),
        ({"POINTS_HEARTBEAT_S": "4"}, ["POINTS_HEARTBEAT_S: given 4", "POINTS_SESSION_TIMEOUT_S / 3"]),
        ({"POINTS_HEARTBEAT_S": "nan"}, ["POINTS_HEARTBEAT_S"]),
        ({"POINTS_OUTAGE_PAUSE_S_FIRST": "90"}, ["POINTS_OUTAGE_PAUSE_S_FIRST: given 90", "_MAX"]),
        ({"POINTS_PARTITION": "8"}, ["POINTS_PARTITION: no such setting; did you mean POINTS_PARTITIONS?"]),
        ({"POINTS_SECRETS_DIR": "missing"}, ["POINTS_SECRETS_DIR: given 'missing', expected a folder"]),
        ({"POINTS_DATABASE_URL_FILE": "missing"}, ["POINTS_DATABASE_URL_FILE: given 'missing', expected a text file"]),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_given_and_expected(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: list[str]
) -> None:
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError) as refused:
        load()
    for part in told:
        assert part in str(refused.value)


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_PARTITIONS", "many")
    monkeypatch.setenv("POINTS_HTTP_PORT", "70000")
    with pytest.raises(SettingsError, match=r"(?s)POINTS_PARTITIONS.*POINTS_HTTP_PORT"):
        load()


def test_a_worker_needs_a_connection_more_than_it_has_transactions() -> None:
    """With as many, the first events that tell profiles would each hold one and wait for another for ever."""
    told = "POINTS_WORKER_STRANDS: given 3, expected fewer than POINTS_DATABASE_POOL_SIZE, which is 3"
    with pytest.raises(SettingsError, match=told):
        run_worker(load(worker_strands=3, database_pool_size=3), relay=True, leave=False)
    with pytest.raises(SettingsError, match="POINTS_PROFILE_KEY"):
        run_worker(load(worker_strands=2, database_pool_size=3, profile_key=None), relay=True, leave=False)


def test_a_secret_is_shown_neither_by_an_error_nor_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_DATABASE_URL", "mysql://points_app:open-sesame@127.0.0.1/points")
    with pytest.raises(SettingsError, match="not shown") as refused:
        load()
    assert "open-sesame" not in str(refused.value)
    settings = load(database_url="postgresql://u:open-sesame@h/d", kafka_sasl_password="open-sesame")
    assert "open-sesame" not in repr(settings) + str(settings)


def test_a_setting_can_stand_in_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("open-sesame\n")
    monkeypatch.setenv("POINTS_KAFKA_SASL_PASSWORD_FILE", str(tmp_path / "word"))
    assert load().kafka_sasl_password == "open-sesame"


def test_a_setting_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("open-sesame")
    monkeypatch.setenv("POINTS_KAFKA_SASL_PASSWORD_FILE", str(tmp_path / "word"))
    monkeypatch.setenv("POINTS_KAFKA_SASL_PASSWORD", "other")
    with pytest.raises(SettingsError, match="both given"):
        load()


def test_secrets_come_from_a_folder_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "points_kafka_sasl_password").write_text("from folder")
    (tmp_path / "points_group_id").write_text("from folder")
    monkeypatch.setenv("POINTS_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("POINTS_GROUP_ID", "from environment")
    settings = load()
    assert (settings.kafka_sasl_password, settings.group_id) == ("from folder", "from environment")


def test_an_empty_variable_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_KAFKA_SSL_CAFILE", "")
    assert load().kafka_ssl_cafile is None


def test_names_of_protocols_and_levels_are_taken_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_LOG_LEVEL", "warning")
    monkeypatch.setenv("POINTS_KAFKA_SECURITY_PROTOCOL", "plaintext")
    settings = load()
    assert (settings.log_level, settings.kafka_security_protocol) == ("WARNING", "PLAINTEXT")


def test_settings_do_not_change_once_loaded() -> None:
    with pytest.raises(ValidationError):
        load().partitions = 8  # type: ignore[misc]


def test_what_the_caller_gives_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_PARTITIONS", "8")
    assert load(partitions=4).partitions == 4


def test_a_variable_is_the_field_in_capitals() -> None:
    assert variable("kafka_bootstrap") == "POINTS_KAFKA_BOOTSTRAP"


def test_every_setting_is_read_somewhere() -> None:
    """As an attribute, outside the files that write settings down, but for what those work out of others themselves."""
    written_down = {*ENGINE.glob("settings.py"), *ENGINE.glob("*/settings.py")}
    read = {word for file in {*ENGINE.rglob("*.py")} - written_down for word in READ.findall(file.read_text())}
    read |= {word for file in written_down for word in re.findall(r"self\.(\w+)", file.read_text())}
    assert set(Settings.model_fields) - read == set()
