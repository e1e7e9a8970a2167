"""Made-up people: names and addresses that belong to nobody, drawn from a seed."""

from __future__ import annotations

import random

from hlc_core.patients.api import Address, Contact

_FIRST = """
Ada Amir Bea Bruno Carla Chen Dana Dev Elena Emil Farah Felix Gia Hugo Ida Imran Jana Joel Kaya Kofi Lena Leo Mara Milo
Nadia Nils Olga Omar Petra Quinn Rosa Ravi Sara Sami Tara Theo Uma Victor Wanda Yara Zoe Zane
"""
_LAST = """
Abbott Alvarez Banks Bauer Castro Cole Diaz Dunn Ellis Evans Fisher Flores Gupta Hart Hughes Ito Jensen Kaur Keller Lang
Lopez Meyer Moss Nash Novak Okafor Ortiz Patel Price Quist Reyes Rossi Silva Stone Tran Usman Vega Walsh Young Zhang
"""
_STREETS = ("Alder Lane", "Birch Street", "Cedar Court", "Dogwood Drive", "Elm Avenue", "Fir Road", "Hazel Way")
_TOWNS = (
    ("Austin", "TX", "78701"),
    ("Boise", "ID", "83702"),
    ("Denver", "CO", "80202"),
    ("Madison", "WI", "53703"),
    ("Portland", "OR", "97201"),
    ("Tampa", "FL", "33602"),
)


def person(number: int, draw: random.Random) -> tuple[Contact, Address]:
    """The n-th buyer: mail goes to a domain that takes none, telephone numbers are from the range for fiction."""
    first, last = draw.choice(_FIRST.split()), draw.choice(_LAST.split())
    town, province, code = draw.choice(_TOWNS)
    contact = Contact(
        email=f"{first}.{last}.{number}@example.com".lower(),
        name=f"{first} {last}",
        phone=f"+1202555{100 + number % 100:04d}",
    )
    street = f"{draw.randrange(1, 999)} {draw.choice(_STREETS)}"
    return contact, Address(address1=street, city=town, province_code=province, postal_code=code)
