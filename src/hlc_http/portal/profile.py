"""The patient's own details, and how they sign in: password, second factor, devices, other clinics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import segno
from markupsafe import Markup

from hlc_core.access.api import SELF
from hlc_core.identity.api import (
    ClinicUnknown,
    ConfirmApp,
    DisableApp,
    EndOtherSessions,
    EnrolApp,
    NoAppPending,
    OwnSecurity,
    OwnSessions,
    PendingApp,
    RecoveryCodes,
    RenewRecoveryCodes,
    SecondFactorNeeded,
    WrongPassword,
    change_password,
    clinics_of,
    switch,
)
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Denied, Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId
from hlc_core.patients.api import Address, ChangeOwn, GetPatient, Patient
from hlc_http import refusals
from hlc_http.call import Call
from hlc_http.portal import reading
from hlc_http.portal.shell import DONE, FLASH_SECONDS, Filled, done, filled, jar_of, page, portal_routes, submit
from hlc_http.portal.words import device, moment, on_the_day
from hlc_http.returning import HOME
from hlc_http.table import Cookie, Nothing, Page, Redirect, Takes

routes = portal_routes("profile")

PROFILE, SECURITY = "/patient/profile", "/patient/profile/security"
APP = f"{SECURITY}/app"
_DETAILS = {
    "name": "Name",
    "phone": "Phone",
    "address1": "Street and number",
    "address2": "Apartment, floor",
    "city": "City",
    "provinceCode": "State or province",
    "postalCode": "Postal code",
    "countryCode": "Country",
}
_FROM_CORE = {
    "address.address1": "address1",
    "address.address2": "address2",
    "address.city": "city",
    "address.province_code": "provinceCode",
    "address.postal_code": "postalCode",
    "address.country_code": "countryCode",
}
_ADDRESS = ("address1", "address2", "city", "provinceCode", "postalCode")
_PASSWORD = {"current": "Password that you have", "password": "New password"}
_CODE = {"code": "Code"}

DONE.update(
    profile_saved=("good", "Your details are saved."),
    password_changed=("good", "Your password is changed, and you are signed out everywhere else."),
    app_on=("good", "Your authenticator app is asked for from now on."),
    app_off=("good", "Your authenticator app is not asked for any more."),
    others_out=("good", "You are signed out everywhere else."),
    clinic_changed=("good", "You are at another clinic now."),
    clinic_needs_code=("bad", "That clinic asks for a code: sign out, and sign in there."),
)


@routes.get(PROFILE, "One's details", uses=GetPatient)
def portal_profile(call: Call[Nothing, Nothing]) -> Page:
    """Name, phone, address; and the other clinics at which the person is known."""
    patient = reading.own_patient(call)
    return _profile(call, patient, Filled(labels=_DETAILS, values=_values(patient)))


@routes.post(PROFILE, "Change one's details", takes=Takes.FORM, uses=ChangeOwn)
def portal_profile_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The address of the sign-in stays as it is."""
    form, patient = filled(_DETAILS, call.body), reading.own_patient(call)
    empty = {"name": "Please tell us your name."} if not form.value("name") else {}
    lives = any(form.value(name) for name in _ADDRESS)
    if lives:
        asked = {"address1": "Which street?", "city": "Which city?", "postalCode": "Please tell us the postal code."}
        empty |= {name: sentence for name, sentence in asked.items() if not form.value(name)}
    if empty:
        return _profile(call, patient, Filled(labels=_DETAILS, values=form.values, faults=empty), 422)
    address = _address(form) if lives else None
    try:
        submit(call, ChangeOwn(name=form.value("name"), phone=form.value("phone"), address=address))
    except HlcError as refusal:
        return _profile(call, patient, form.refused(refusal, _FROM_CORE), refusals.status(refusal))
    return done(PROFILE, "profile_saved", call)


@routes.post("/patient/clinic", "Go on at another clinic", takes=Takes.FORM)
def portal_clinic_switch(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """The sign-in goes on there."""
    jar = jar_of(call)
    try:
        made = switch(call.person, OrganizationId(call.body.get("clinic", "")), call.services.porter)
    except (ClinicUnknown, SecondFactorNeeded):
        return done(PROFILE, "clinic_needs_code", call)
    cookies: dict[str, Cookie] = {
        **jar.issued(made, call.services.clock.now()),
        **jar.kept(jar.flash, "clinic_changed", FLASH_SECONDS),
    }
    return Redirect(to=HOME, cookies=cookies)


@routes.get(SECURITY, "How one signs in", uses=OwnSecurity)
def portal_security(call: Call[Nothing, Nothing]) -> Page:
    """Password, authenticator app, and where one is signed in."""
    return _security(call, Filled(labels=_PASSWORD))


@routes.post(f"{SECURITY}/password", "Change one's password from the portal", takes=Takes.FORM, waits=True)
def portal_password_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The other sign-ins end."""
    if not call.actor.may(SELF):
        raise Denied("You may not do this.", Fault("permission", f"needs {SELF}"))
    form, body = Filled(labels=_PASSWORD), call.body
    try:
        change_password(call.person, body.get("current", ""), body.get("password", ""), call.services.porter)
    except HlcError as refusal:
        other = isinstance(refusal, WrongPassword)
        wrong = evolve(form, faults={"current": refusal.detail}) if other else form.refused(refusal)
        return _security(call, wrong, refusals.status(refusal))
    return done(SECURITY, "password_changed", call)


@routes.post(f"{SECURITY}/devices", "Sign out everywhere else", takes=Takes.FORM, uses=EndOtherSessions)
def portal_others_out(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """This sign-in goes on."""
    submit(call, EndOtherSessions(keep=call.person.session.id))
    return done(SECURITY, "others_out", call)


@routes.post(APP, "Begin with an authenticator app in the portal", takes=Takes.FORM, uses=EnrolApp)
def portal_app_begin(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """On to the page that shows its secret."""
    _plain(call, EnrolApp())
    return Redirect(to=APP)


@routes.get(APP, "The authenticator app that waits to be confirmed", uses=PendingApp)
def portal_app(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """As a picture to scan, and as letters to type."""
    return _app(call, Filled(labels=_CODE))


@routes.post(f"{APP}/confirm", "Confirm the authenticator app in the portal", takes=Takes.FORM, uses=ConfirmApp)
def portal_app_confirm(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The recovery codes are shown this once."""
    try:
        made: RecoveryCodes = _plain(call, ConfirmApp(code=call.body.get("code", ""), session=call.person.session.id))
    except NoAppPending:
        return Redirect(to=SECURITY)
    except HlcError as refusal:
        wrong = Filled(labels=_CODE, faults={"code": refusal.detail})
        return _app(call, wrong, 422)
    return page(call, "recovery_codes.html", at="profile", codes=made.codes, fresh=True)


@routes.post(f"{APP}/codes", "New recovery codes in the portal", takes=Takes.FORM, uses=RenewRecoveryCodes)
def portal_app_codes(call: Call[Mapping[str, str], Nothing]) -> Page:
    """The old ones end. Asks for a code of the app."""
    try:
        made: RecoveryCodes = _plain(call, RenewRecoveryCodes(code=call.body.get("code", "")))
    except HlcError as refusal:
        return _security(call, Filled(labels={**_PASSWORD, **_CODE}, faults={"code": refusal.detail}), 422)
    return page(call, "recovery_codes.html", at="profile", codes=made.codes, fresh=False)


@routes.post(f"{APP}/off", "Do without the authenticator app in the portal", takes=Takes.FORM, uses=DisableApp)
def portal_app_off(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Asks for a code of it, or a recovery code."""
    try:
        _plain(call, DisableApp(code=call.body.get("code", "")))
    except HlcError as refusal:
        return _security(call, Filled(labels={**_PASSWORD, **_CODE}, faults={"code": refusal.detail}), 422)
    return done(SECURITY, "app_off", call)


def _profile(call: Call[Any, Any], patient: Patient, form: Filled, status: int = 200) -> Page:
    others = tuple(
        one for one in clinics_of(call.person.user.id, call.services.porter) if one.id != call.organization.id
    )
    return page(
        call,
        "profile.html",
        at="profile",
        status=status,
        form=form,
        email=patient.contact.email,
        others=() if call.actor.impersonates else others,
    )


def _values(patient: Patient) -> dict[str, str]:
    lives = patient.address
    values = {"name": patient.contact.name, "phone": patient.contact.phone, "countryCode": "US"}
    if lives is not None:
        values |= {
            "address1": lives.address1,
            "address2": lives.address2,
            "city": lives.city,
            "provinceCode": lives.province_code,
            "postalCode": lives.postal_code,
            "countryCode": lives.country_code,
        }
    return values


def _address(form: Filled) -> Address:
    return Address(
        address1=form.value("address1"),
        address2=form.value("address2"),
        city=form.value("city"),
        province_code=form.value("provinceCode"),
        postal_code=form.value("postalCode"),
        country_code=form.value("countryCode").upper() or "US",
    )


def _security(call: Call[Any, Any], form: Filled, status: int = 200) -> Page:
    held, here = call.ask(OwnSecurity()), call.person.session.id
    sessions = tuple(
        (device(one.agent), one.address, moment(one.used_at, call.organization), one.id == here)
        for one in call.ask(OwnSessions())
        if one.state == "open"
    )
    since = "" if held.app_since is None else on_the_day(held.app_since, call.organization)
    return page(
        call,
        "security.html",
        at="profile",
        status=status,
        form=form,
        app_since=since,
        codes_left=held.recovery_codes,
        sessions=sessions,
    )


def _app(call: Call[Any, Any], form: Filled, status: int = 200) -> Page | Redirect:
    try:
        pending = call.ask(PendingApp())
    except NoAppPending:
        return Redirect(to=SECURITY)
    picture = segno.make(pending.address, error="m").svg_inline(
        omitsize=True, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    letters = " ".join(pending.secret[at : at + 4] for at in range(0, len(pending.secret), 4))
    shown = Markup(picture)  # noqa: S704  # our own drawing: squares, no text of anybody
    return page(call, "app.html", at="profile", status=status, form=form, picture=shown, letters=letters)


def _plain(call: Call[Any, Any], command: Command[Any]) -> Any:
    """Without a key: an answer that holds secrets is not kept to be given again."""
    return call.services.application.execute(command, call.unkeyed)
