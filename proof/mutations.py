"""Named defects, each one exact change of the source that somebody could make, and what it would break."""

from __future__ import annotations

from attrs import frozen

_PAYMENTS = "src/hlc_core/payments"
_BILLING = "src/hlc_core/billing"
_RECOVERY = "src/hlc_core/recovery"
_CHECKOUT = "src/hlc_core/checkout"
_STORAGE = "src/hlc_adapters/storage"

HISTORIES = "tests/proof/test_histories.py"
FOUND = "tests/proof/test_found.py"
CRASHES = "tests/proof/test_crashes.py"
ORDERS = "tests/proof/test_interleavings.py"
RULES = "tests/proof/test_rules.py"
REPAIRS = "tests/proof/test_repairs.py"
RUN = "tests/core/billing"
RECOVERY = "tests/core/recovery"
ROAD = "tests/payments_road"


@frozen(kw_only=True)
class Mutation:
    """One defect: in `file` the text `old` becomes `new`; `breaks` says what then goes wrong.

    `kills` are the tests (files, for pytest) of which at least one must fail; `harmless` argues why none can.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    kills: tuple[str, ...]
    harmless: str = ""


MUTATIONS: tuple[Mutation, ...] = (
    # the charge protocol
    Mutation(
        name="decline-closes-at-once",
        file=f"{_PAYMENTS}/protocol.py",
        old="return evolve(attempt.move(T.DECLINE), next_check_at=_close_at(attempt, capabilities, now))",
        new="return _ended(attempt.move(T.DECLINE).move(T.CANCELLED))",
        breaks="the declined object is never fenced, and a late confirm of it can still capture",
        kills=(HISTORIES,),
    ),
    Mutation(
        name="timeout-means-failed",
        file=f"{_PAYMENTS}/protocol.py",
        old="return _noted(attempt, answer).move(T.LOSE)",
        new="return _cancelled(_noted(attempt, answer))",
        breaks="a lost answer is taken for a refusal, and the next attempt charges again",
        kills=(HISTORIES,),
    ),
    Mutation(
        name="not-found-means-never-sent",
        file=f"{_PAYMENTS}/protocol.py",
        old="if capabilities.two_step or not _all_arrived(attempt, capabilities, now):",
        new="if capabilities.two_step:",
        breaks="a request that is still under way is given up",
        kills=(FOUND, HISTORIES),
    ),
    Mutation(
        name="not-found-of-an-object-means-cancelled",
        file=f"{_PAYMENTS}/protocol.py",
        old="if capabilities.two_step or not _all_arrived(attempt, capabilities, now):",
        new="if not capabilities.two_step and not _all_arrived(attempt, capabilities, now):",
        breaks="an object that look-ups do not show yet is taken for dead",
        kills=(RULES,),
    ),
    Mutation(
        name="absence-from-the-first-request",
        file=f"{_PAYMENTS}/protocol.py",
        old="return timedelta(seconds=max(capabilities.longest_flight, capabilities.key_lifetime))",
        new="return timedelta(seconds=capabilities.longest_flight)",
        breaks="a repetition that is still under way is given up",
        kills=(FOUND,),
    ),
    Mutation(
        name="key-used-to-its-last-second",
        file=f"{_PAYMENTS}/protocol.py",
        old="(now - sent).total_seconds() + capabilities.longest_flight < capabilities.key_lifetime",
        new="(now - sent).total_seconds() < capabilities.key_lifetime",
        breaks="a late request finds the key forgotten and charges again",
        kills=(FOUND, HISTORIES),
    ),
    Mutation(
        name="key-used-for-ever",
        file=f"{_PAYMENTS}/protocol.py",
        old="(now - sent).total_seconds() + capabilities.longest_flight < capabilities.key_lifetime",
        new="capabilities.key_lifetime > 0",
        breaks="a repetition after the key has expired is another charge",
        kills=(HISTORIES,),
    ),
    Mutation(
        name="amount-not-compared",
        file=f"{_PAYMENTS}/protocol.py",
        old="if answer.amount != attempt.payment.amount:",
        new="if answer.amount is None:",
        breaks="another amount or currency is taken for payment",
        kills=(HISTORIES,),
    ),
    Mutation(
        name="no-deadline",
        file=f"{_PAYMENTS}/protocol.py",
        old="DEADLINE = timedelta(days=7)",
        new="DEADLINE = timedelta(days=7000)",
        breaks="an attempt without an answer is asked about for ever, and nobody is told",
        kills=(HISTORIES, RULES),
    ),
    Mutation(
        name="unconfirmed-left-alone",
        file=f"{_PAYMENTS}/protocol.py",
        old="return Step.WITHDRAW if fenceable or attempt.state is S.SENT else Step.GIVE_UP",
        new="return Step.GIVE_UP",
        breaks="a never confirmed attempt blocks its debt for ever",
        kills=(FOUND,),
    ),
    Mutation(
        name="waiting-is-due-again",
        file=f"{_PAYMENTS}/driver.py",
        old="if step is not Step.WAIT or _is_due(attempt, driver):",
        new="if step is not Step.WAIT:",
        breaks="the resolver spins on what has to wait",
        kills=(FOUND, HISTORIES),
    ),
    Mutation(
        name="second-sender-confirms",
        file=f"{_PAYMENTS}/driver.py",
        old="return attempt.state is AttemptState.SENT and attempt.check_count == 0",
        new="return attempt.state is AttemptState.SENT",
        breaks="two processes that both noted the send both charge, where nothing fences",
        kills=(FOUND, ORDERS),
    ),
    Mutation(
        name="doubt-does-not-block",
        file=f"{_PAYMENTS}/usecases.py",
        old="if attempt.state is not AttemptState.CLOSED:\n            return attempt",
        new="if attempt.state not in (AttemptState.CLOSED, AttemptState.UNKNOWN):\n            return attempt",
        breaks="another attempt is opened while one is in doubt",
        kills=(RULES,),
    ),
    Mutation(
        name="paid-does-not-block",
        file=f"{_PAYMENTS}/usecases.py",
        old="if attempt.state is not AttemptState.CLOSED:\n            return attempt",
        new="if attempt.live:\n            return attempt",
        breaks="a settled debt is charged again",
        kills=(HISTORIES,),
    ),
    Mutation(
        name="attempts-all-numbered-one",
        file=f"{_PAYMENTS}/usecases.py",
        old="number=1 + max((attempt.number for attempt in standing), default=0),",
        new="number=1,",
        breaks="the second attempt at a debt cannot be told from the first, and is refused",
        kills=(HISTORIES,),
    ),
    Mutation(
        name="ended-attempts-move-again",
        file=f"{_PAYMENTS}/protocol.py",
        old="    if not attempt.live:\n        return attempt\n",
        new="",
        breaks="an answer that comes late moves what has ended",
        kills=(FOUND, RULES, ORDERS),
        harmless="The use case applies answers only to live attempts (`if before.live` in record_answers); this second "
        "guard makes the pure function total, and no caller can reach it with an ended attempt.",
    ),
    # refunds
    Mutation(
        name="refunds-forget-each-other",
        file=f"{_PAYMENTS}/refunds.py",
        old="left = paid.payment.amount - _reserved(env.refunds.of_attempt(paid.id), paid.payment.amount.currency)",
        new="left = paid.payment.amount",
        breaks="more is asked back than was captured",
        kills=(RULES,),
    ),
    Mutation(
        name="refund-flight-from-its-opening",
        file=f"{_PAYMENTS}/model.py",
        old="return self.sent_at or self.opened_at",
        new="return self.opened_at",
        breaks="a refund that was sent late is given up while it is under way",
        kills=(FOUND,),
    ),
    Mutation(
        name="refund-in-doubt-is-refused",
        file=f"{_PAYMENTS}/refunds.py",
        old="if found.result is Result.NOT_FOUND and age > dead:",
        new="if found.result is Result.NOT_FOUND:",
        breaks="a refund under way is noted as refused, and given again",
        kills=(FOUND, HISTORIES),
    ),
    Mutation(
        name="two-refunds-do-not-collide",
        file=f"{_PAYMENTS}/refunds.py",
        old="env.attempts.save(evolve(paid, refunded=(paid.refunded or Money(0, amount.currency)) + amount))",
        new="pass",
        breaks="two refunds at once on PostgreSQL both see the whole amount left",
        kills=(RULES, ROAD),
    ),
    # repairs
    Mutation(
        name="told-again-is-credited-again",
        file="src/hlc_core/subscriptions/usecases/changing.py",
        old="    if paid.again:\n        return held\n",
        new="",
        breaks="a repair gives credit for money that was used already",
        kills=(REPAIRS,),
    ),
    Mutation(
        name="case-is-not-asked-for",
        file="src/hlc_core/invariants/documents.py",
        old="if invoice.state is InvoiceState.OPEN and dead and invoice.id not in cases:",
        new="if invoice.state is InvoiceState.OPEN and dead and not cases:",
        breaks="a failed renewal that nobody follows up is not found beside one that is",
        kills=(REPAIRS,),
    ),
    Mutation(
        name="nobody-looks-after-a-run",
        file="src/hlc_adapters/services.py",
        old="        if not found:\n            return done\n",
        new="        if not found or found:\n            return done\n",
        breaks="what a billing run left broken is told to nobody",
        kills=(REPAIRS,),
    ),
    # numbering and storage
    Mutation(
        name="one-number-for-a-batch",
        file=f"{_STORAGE}/unit_of_work.py",
        old='_set(document, "number", first + place)',
        new='_set(document, "number", first)',
        breaks="invoices of one batch share a number",
        kills=(RULES,),
    ),
    Mutation(
        name="numbers-lost-by-a-rollback",
        file="src/hlc_adapters/memory/rows.py",
        old="self._undo.append((numbers.__setitem__, key, first))",
        new="pass",
        breaks="a rolled back invoice leaves a gap in the numbers",
        kills=(CRASHES,),
    ),
    Mutation(
        name="versions-not-compared",
        file="src/hlc_adapters/memory/rows.py",
        old="if stands is None or stands.version != version:",
        new="if stands is None:",
        breaks="the second of two writers overwrites the first",
        kills=(RULES, ORDERS),
    ),
    Mutation(
        name="two-open-attempts",
        file=f"{_STORAGE}/shapes/payments.py",
        old='Unique("one_unclosed_attempt_per_obligation", ("obligation",), unless=("state", AttemptState.CLOSED)),',
        new="",
        breaks="two processes open an attempt each at one debt",
        kills=(RULES,),
    ),
    Mutation(
        name="two-invoices-of-one-cycle",
        file=f"{_STORAGE}/shapes/orders.py",
        old='Unique("one_invoice_per_cycle", ("subscription", "cycle")),',
        new="",
        breaks="one period is invoiced twice",
        kills=(RULES,),
    ),
    Mutation(
        name="two-orders-of-one-invoice",
        file=f"{_STORAGE}/shapes/orders.py",
        old='Unique("one_order_per_invoice", ("invoice",)),',
        new="",
        breaks="one payment places two orders",
        kills=(RULES,),
    ),
    Mutation(
        name="two-cases-of-one-invoice",
        file=f"{_STORAGE}/shapes/subscriptions.py",
        old='uniques=(Unique("one_case_per_invoice", ("invoice",)),),',
        new="",
        breaks="one debt is recovered twice",
        kills=(RULES,),
    ),
    Mutation(
        name="gateway-inside-a-transaction",
        file="src/hlc_adapters/gateways/registry.py",
        old="if self.inside():",
        new="if False:",
        breaks="a slow gateway holds rows, and a rollback forgets what it did",
        kills=(RULES,),
    ),
    Mutation(
        name="reply-lost-means-declined",
        file="src/hlc_adapters/gateways/registry.py",
        old="answer = Answer(result=Result.NO_ANSWER, code=type(fault).__name__)",
        new="answer = Answer(result=Result.DECLINED, code=type(fault).__name__)",
        breaks="a broken connection is taken for a refusal",
        kills=(RULES,),
    ),
    # checkout
    Mutation(
        name="second-tab-begins-anew",
        file=f"{_CHECKOUT}/usecases.py",
        old="    if standing is not None:\n        return standing",
        new="    if standing is not None and standing.ended:\n        return standing",
        breaks="a double click is refused instead of answered with what stands",
        kills=(CRASHES, ROAD),
    ),
    Mutation(
        name="unlocked-while-closing",
        file=f"{_CHECKOUT}/reactions.py",
        old="_decline(checkout, event.code, decline_sentence(event.text, event.code), env)\n\n\ndef unlock",
        new="_decline(checkout, event.code, decline_sentence(event.text, event.code), env)\n"
        "            env.carts.save(evolve(env.carts.get(checkout.cart), paying=None))\n\n\ndef unlock",
        breaks="a cart is edited while its declined payment may still be captured",
        kills=(RULES, ROAD),
    ),
    Mutation(
        name="coupon-kept-by-a-dead-checkout",
        file=f"{_CHECKOUT}/reactions.py",
        old="            release_coupon(checkout.coupon, checkout.id, env)",
        new="            pass",
        breaks="a declined payment uses the coupon up",
        kills=(RULES, ROAD),
    ),
    Mutation(
        name="stale-price-is-charged",
        file=f"{_CHECKOUT}/staleness.py",
        old="if kept.hash != fresh.hash:",
        new="if False:",
        breaks="a price that has changed is charged as it was",
        kills=("tests/payments_road/test_checkout.py",),
    ),
    Mutation(
        name="abandoned-stays-paying",
        file=f"{_CHECKOUT}/reactions.py",
        old='        if not checkout.ended:\n            _decline(checkout, "not_confirmed"',
        new='        if checkout.ended:\n            _decline(checkout, "not_confirmed"',
        breaks="a checkout whose payment was withdrawn waits for ever",
        kills=(CRASHES, ROAD),
    ),
    # the billing run
    Mutation(
        name="a-missed-day-is-lost",
        file=f"{_BILLING}/planning.py",
        old="if due is None or due > on:",
        new="if due is None or due != on:",
        breaks="what was due yesterday is never billed",
        kills=(RUN,),
    ),
    Mutation(
        name="one-failure-stops-the-run",
        file=f"{_BILLING}/run.py",
        old="        if len(lines) > 1:\n            _apply(run, lines[: len(lines) // 2])",
        new="        if len(lines) > 1:\n            raise error\n            _apply(run, lines[: len(lines) // 2])",
        breaks="one subscription that cannot be billed keeps all others from being billed",
        kills=(RULES,),
    ),
    Mutation(
        name="no-bound-on-a-run",
        file=f"{_BILLING}/run.py",
        old="not run.wish.override_bound and bound.exceeded",
        new="run.wish.override_bound and bound.exceeded",
        breaks="a run that would bill far more than ever is not stopped",
        kills=(RUN,),
    ),
    Mutation(
        name="lines-of-old-facts",
        file=f"{_BILLING}/usecases.py",
        old="return found is not None and found.version == line.version",
        new="return found is not None",
        breaks="a plan is applied to a subscription that has changed since",
        kills=(ORDERS, RUN),
    ),
    Mutation(
        name="current-cycle-billed-twice-late",
        file=f"{_BILLING}/missed.py",
        old="return Split(range(first, last), range(last, last + 1))",
        new="return Split(range(first, last), range(first, last + 1))",
        breaks="cycles that the policy forgives are billed",
        kills=(RUN,),
    ),
    Mutation(
        name="forgiven-debt-is-collected",
        file=f"{_BILLING}/reactions.py",
        old="        settle(unpaid, Ending.FORGIVEN, env)\n        void_invoices(unpaid, FORGIVEN, env)",
        new="        pass",
        breaks="a debt that was forgiven is tried again",
        kills=(RULES,),
    ),
    Mutation(
        name="any-cycle-settles-the-bill",
        file=f"{_BILLING}/renewing.py",
        old="one.bill is not None and one.bill.cycle == invoice.cycle:",
        new="one.bill is not None:",
        breaks="money for an old cycle places the order of another",
        kills=(RULES,),
    ),
    # recovery
    Mutation(
        name="a-decline-told-twice-counts-twice",
        file=f"{_RECOVERY}/steps.py",
        old=" or (before is not None and before.knows(refused.attempt)):",
        new=":",
        breaks="one refusal uses two steps of the ladder",
        kills=(RULES,),
    ),
    Mutation(
        name="manual-tries-use-the-budget",
        file=f"{_RECOVERY}/model.py",
        old="step = running.kind is TryKind.AUTOMATIC and counts(decline, self.outages)",
        new="step = counts(decline, self.outages)",
        breaks="the patient's own tries use up the automatic ones",
        kills=(RECOVERY, RUN),
    ),
    Mutation(
        name="one-retry-too-many",
        file=f"{_RECOVERY}/ladder.py",
        old="if facts.retries >= facts.max_retries:",
        new="if facts.retries > facts.max_retries:",
        breaks="one try more than was agreed",
        kills=(RECOVERY, RUN),
    ),
    Mutation(
        name="retry-while-in-doubt",
        file=f"{_RECOVERY}/steps.py",
        old="    free = [case for case in cases if case.open and case.running is None and case.hold is None]\n"
        "    desk = desk_of(free, env, today)\n    moves",
        new="    free = [case for case in cases if case.open]\n    desk = desk_of(free, env, today)\n    moves",
        breaks="a case with a try on its way is tried again",
        kills=(RULES,),
    ),
    Mutation(
        name="hard-decline-is-retried",
        file=f"{_RECOVERY}/ladder.py",
        old="facts.method is MethodFact.USABLE and facts.decline is DeclineClass.HARD:",
        new="facts.method is MethodFact.DEAD and facts.decline is DeclineClass.HARD:",
        breaks="a card that was refused for good is tried again",
        kills=(RECOVERY, RUN),
    ),
    Mutation(
        name="budget-forgets-the-batch",
        file=f"{_RECOVERY}/steps.py",
        old="            spent[chosen.id] += 1\n",
        new="",
        breaks="several debts on one card spend more than the networks allow",
        kills=(RECOVERY, RUN),
    ),
    Mutation(
        name="paid-elsewhere-is-retried",
        file=f"{_RECOVERY}/reactions.py",
        old="        settle(paid, Ending.PAID, env)",
        new="        pass",
        breaks="a debt paid at the clinic is dunned and tried again",
        kills=(RECOVERY, RUN),
    ),
    # what was stored and told
    Mutation(
        name="later-message-overtakes",
        file="src/hlc_core/relay.py",
        old="if subject in blocked:",
        new="if False:",
        breaks="after a failed delivery the next of the same subject is told first",
        kills=(RULES,),
    ),
    Mutation(
        name="events-without-rows",
        file=f"{_STORAGE}/units.py",
        old="        if waited_for:\n",
        new="        if not waited_for:\n",
        breaks="what was decided is never told",
        kills=(RULES, ROAD),
    ),
)
"""Every named defect, by what it touches."""

COMMIT_TIER = (
    "decline-closes-at-once",
    "timeout-means-failed",
    "absence-from-the-first-request",
    "two-open-attempts",
    "amount-not-compared",
)
"""Those that the normal test run plants."""
