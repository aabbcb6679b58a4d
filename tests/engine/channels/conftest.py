"""The street of the API's tests, at a bank with tiers, signals and benefits that points buy."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.conftest import Databases
from tests.engine.api.conftest import BANK, Street, built, opened

PROGRAM = """
program: {bank}-bank
semantics: 1
version: 2020-01-01
time_zone: UTC
currency: CNY
languages: [en, zh]
points:
  reward: {{label: {{en: Points, zh: 积分}}, spendable: true, expires: {{after_months: 12, at: month-end}}}}
  growth: {{label: {{en: Growth, zh: 成长值}}, spendable: false}}
metrics:
  grown: {{points: growth, over: calendar-year}}
  kept: {{average_daily_balance: {{products: [term]}}, over: calendar-month}}
labels:
  grown: {{en: growth of the year, zh: 全年成长值}}
earn:
  - id: spend
    label: {{en: Card spending, zh: 刷卡消费}}
    on: card.purchased
    award: {{rate: 1 per full 1.00, to: [reward, growth]}}
  - id: term
    label: {{en: New deposit, zh: 新增定期}}
    on: term-deposit.opened
    award: {{rate: 10 per full 1000.00, times: {{by: tenor_months, table: {{12: 2}}, otherwise: 1}}, to: reward}}
    cap: {{member-month: 900}}
  - {{id: kept, every: calendar-month, award: {{rate: 1 per 1000.00, of: kept, to: reward}}}}
tiers:
  ladder:
    - {{id: basic, label: {{en: Basic, zh: 普通}}}}
    - {{id: core, label: {{en: Core, zh: 核心}}, any: [{{grown: 500}}]}}
benefits:
  wash: {{label: {{en: Car wash, zh: 洗车}}, network: car, units: {{basic: 1, core: 3}}, per: calendar-year,
          converts_to: {{ride: {{units: 1, for: 2}}}}}}
  ride: {{label: {{en: Ride, zh: 代驾}}, network: car, price: 30 points, valid_days: 20}}
signals:
  - {{id: close-to-core, when: {{tier_in_reach: 90%}}, to: both}}
"""


@pytest.fixture(scope="session")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a migrated database with two banks and a merchant, to copy from."""
    with opened(databases, tmp_path_factory.mktemp("banks"), PROGRAM, [(BANK, "wash-1", "car", None)]) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(
    databases: Databases, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Street]:
    """A street whose API runs for all tests of a file; each has customers of its own."""
    async with built(databases, template, tmp_path_factory.mktemp("street")) as street:
        await street.serve()
        yield street
