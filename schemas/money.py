"""Currencies and their minor units (ISO 4217). Money everywhere is an integer of minor units."""

from typing import Annotated, Final

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

_BY_EXPONENT: Final[dict[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
        "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
        "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR "
        "MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK "
        "SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD "
        "XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Final[dict[str, int]] = {
    code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()
}
"""Currency code to decimal places of its minor unit. ANG and BGN are withdrawn but stay, for events of their time;
the X codes of metals and of funds without a minor unit are left out."""

AMOUNT_MAX: Final = 10**14
"""Minor units. Fifteen digits or more could be mistaken for a card number, which an amount must never be."""


class _CurrencyCode:
    """A member of `EXPONENTS`, checked without leaving Rust. `x-open` lets codes be added within a version."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(sorted(EXPONENTS))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, object]:
        return {
            "type": "string",
            "description": "ISO 4217 code of a currency that has a minor unit.",
            "enum": sorted(EXPONENTS),
            "x-open": True,
        }


Currency = TypeAliasType("Currency", Annotated[str, _CurrencyCode()])
Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
"""Minor units, never negative: the direction is the event's type."""
Balance = Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
"""Minor units after the event; negative when overdrawn. Also a signed change."""
