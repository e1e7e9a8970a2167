"""People, roles, invitations and settings at the command line: as over HTTP, with the same refusals."""

from __future__ import annotations

from cli.clinic import Hlc


def test_people_are_added_narrowed_disabled_and_let_in_again(hlc: Hlc) -> None:
    """By address or by id; other systems' words for roles are understood; the owner stays."""
    owner = hlc("users", "create", "ada@example.com", "Ada", "--role", "owner")
    made = hlc("users", "create", "bob@example.com", "Bob", "--role", "receptionist")
    role = hlc("roles", "add", "Billing", "invoicing.invoice.view", "crm.carts.view")
    narrowed = hlc("users", "narrow", "bob@example.com", "billing")
    told = hlc("explain", "permission", "bob@example.com", "crm.workflows.manage", "--json").json

    assert (0, 0, 0, 0) == (owner.code, made.code, role.code, narrowed.code)
    assert (False, "custom_role") == (told["allowed"], told["refusedBy"])
    assert "add it to the custom role" in hlc("explain", "permission", "bob@example.com", "crm.workflows.manage").words
    assert 5 == hlc("roles", "remove", "Billing").code
    assert 0 == hlc("users", "narrow", "bob@example.com").code
    assert 0 == hlc("roles", "remove", "Billing").code
    assert 5 == hlc("users", "disable", "ada@example.com").code
    assert "no" in hlc("users", "disable", "bob@example.com").words
    assert 0 == hlc("users", "enable", "bob@example.com").code
    assert 4 == hlc("users", "show", "nobody@example.com").code
    assert 2 == hlc("users", "role", "bob@example.com", "KING").code
    assert 2 == hlc("users", "role", "bob@example.com", "SUPER_ADMIN").code


def test_overrides_and_ownership(hlc: Hlc) -> None:
    """The layer is turned on first; the clinic is handed over; a super admin is marked."""
    for name in ("ada", "bob"):
        hlc("users", "create", f"{name}@example.com", name.title(), "--role", "ORG_ADMIN")

    assert 5 == hlc("users", "refuse", "bob@example.com", "crm.carts.view", "--reason", "in training").code
    assert 0 == hlc("org", "set", "permissions.overrides=yes").code
    assert "crm.carts.view" in hlc("users", "refuse", "bob@example.com", "crm.carts.view", "--reason", "training").words
    assert 0 == hlc("users", "restore", "bob@example.com", "crm.carts.view").code
    assert "owner" in hlc("users", "make-owner", "bob@example.com").words
    assert 0 == hlc("users", "disable", "ada@example.com").code
    assert 0 == hlc("users", "super-admin", "bob@example.com").code
    assert ["bob@example.com"] == [one["email"] for one in hlc("users", "everyone", "--strays", "--json").json["items"]]
    assert 0 == hlc("users", "change", "bob@example.com", "--portal", "EMR", "--second-factor", "always").code
    assert 0 == hlc("users", "disable", "bob@example.com", "--everywhere").code
    assert 0 == hlc("users", "enable", "bob@example.com", "--everywhere").code


def test_invitations_are_sent_resent_and_withdrawn(hlc: Hlc) -> None:
    """And what is withdrawn is not sent again."""
    made = hlc("invitations", "send", "eve@example.com", "--role", "doctor", "--json").json

    assert 0 == hlc("invitations", "resend", made["id"]).code
    assert "eve@example.com" in hlc("invitations", "list", "--state", "PENDING").words
    assert "REVOKED" in hlc("invitations", "revoke", made["id"]).words
    assert 5 == hlc("invitations", "resend", made["id"]).code


def test_every_section_of_settings_is_set_from_the_command_line(hlc: Hlc) -> None:
    """Spellings of a plan mean one; what cannot be meant is named; secrets are kept and not shown."""
    done = hlc(
        "org", "set", "plan=pro plus", "hours=24", "security.lockoutMinutes=20", "limits.portalSeats=15",
        "communication.smtpHost=mail.example.com", "permissions.off=crm.workflows.manage", "notifications.email=no",
        "limits.patients=10", "--json",
    ).json  # fmt: skip
    wrong = hlc("org", "set", "permissions.off=crm.nothing", "security.passwordMinLength=2", "plan=gold")

    assert ("pro_plus", "24", 20, 15) == (
        done["plan"], done["hours"], done["security"]["lockoutMinutes"], done["limits"]["portalSeats"],
    )  # fmt: skip
    assert 2 == wrong.code
    assert "pro_plus" in wrong.words
    log = hlc("audit", "list", "--json", "--limit", "1").json["items"][0]["changes"]
    assert '"before":"12","after":"24"' in log
    assert "None is kept." in hlc("org", "secrets").words


def test_lists_of_people_are_there_when_empty(hlc: Hlc) -> None:
    """A sentence, and exit codes as everywhere."""
    assert "Nothing here." in hlc("users", "list").words
    assert 0 == hlc("users", "list", "--patients").code
    assert 0 == hlc("users", "impersonations").code
    assert 0 == hlc("charts", "list").code
    assert 4 == hlc("charts", "review", "glass_x", "justify", "--note", "it was one").code
    assert "No custom role yet" in hlc("roles", "list").words
    assert "see carts" in hlc("roles", "keys").words
