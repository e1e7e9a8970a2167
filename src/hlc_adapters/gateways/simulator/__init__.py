"""A deterministic gateway that ships with HLC: the embedded default, the demo and the oracle of every proof."""

from hlc_adapters.gateways.simulator.cards import BY_NUMBER, TEST_CARDS, TestCard, card_of, token_for
from hlc_adapters.gateways.simulator.client import HttpSimulatorGateway
from hlc_adapters.gateways.simulator.faults import CALM, Faults
from hlc_adapters.gateways.simulator.file import FileLedger
from hlc_adapters.gateways.simulator.gateway import BARE, FENCING, KEYED, SimulatorGateway
from hlc_adapters.gateways.simulator.ledger import Audit, Ledger, Line, MemoryLedger, RefundLine

__all__ = [
    "BARE",
    "BY_NUMBER",
    "CALM",
    "FENCING",
    "KEYED",
    "TEST_CARDS",
    "Audit",
    "Faults",
    "FileLedger",
    "HttpSimulatorGateway",
    "Ledger",
    "Line",
    "MemoryLedger",
    "RefundLine",
    "SimulatorGateway",
    "TestCard",
    "card_of",
    "token_for",
]
