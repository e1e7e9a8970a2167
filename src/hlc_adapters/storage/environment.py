"""What use cases may touch: every context's Env, satisfied by shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from hlc_adapters.phones import NumberingPlans
from hlc_adapters.storage.keyring import Keyring
from hlc_adapters.storage.repositories.audit import StoredSeals, StoredTrail
from hlc_adapters.storage.repositories.care import (
    StoredDecisions,
    StoredIntakeRevisions,
    StoredIntakes,
    StoredLicences,
    StoredQuestionnaires,
    StoredReviews,
)
from hlc_adapters.storage.repositories.cart import StoredCarts, StoredCheckouts
from hlc_adapters.storage.repositories.catalog import (
    StoredCheckoutTemplates,
    StoredCouponRedemptions,
    StoredCoupons,
    StoredProducts,
)
from hlc_adapters.storage.repositories.encryption import StoredEncryptionKeys, StoredSealedRows
from hlc_adapters.storage.repositories.identity import (
    StoredApiKeys,
    StoredCredentials,
    StoredDevices,
    StoredLanes,
    StoredLoginAttempts,
    StoredLogins,
    StoredResets,
    StoredSessions,
)
from hlc_adapters.storage.repositories.jobs import StoredJobs
from hlc_adapters.storage.repositories.notifications import StoredMailTemplates
from hlc_adapters.storage.repositories.orders import StoredInvoices, StoredOrders
from hlc_adapters.storage.repositories.organizations import StoredOrganizations, StoredSecrets
from hlc_adapters.storage.repositories.partners import (
    StoredInboundMessages,
    StoredPartnerRecords,
)
from hlc_adapters.storage.repositories.patients import (
    StoredNameGrams,
    StoredPatientLinks,
    StoredPatientMerges,
    StoredPatients,
)
from hlc_adapters.storage.repositories.payments import (
    StoredAttempts,
    StoredMethods,
    StoredProcessorEvents,
    StoredRefunds,
)
from hlc_adapters.storage.repositories.people import (
    StoredAssignments,
    StoredChartAccesses,
    StoredImpersonations,
    StoredInvitations,
    StoredOrganizationRoles,
    StoredUsers,
)
from hlc_adapters.storage.repositories.prescriptions import (
    StoredDispatches,
    StoredDrugs,
    StoredPrescriptions,
    StoredRefills,
)
from hlc_adapters.storage.repositories.provider_queue import StoredPatientDocuments, StoredQueueItems
from hlc_adapters.storage.repositories.subscriptions import (
    StoredBillingRuns,
    StoredExpiryReminders,
    StoredHeldRenewals,
    StoredRecoveries,
    StoredSetAsides,
    StoredSubscriptions,
)
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.audit.ports import Signer
from hlc_core.encryption.ports import KeyMaker
from hlc_core.identity.ports import AppCodes, Secrets
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.events import Outbox
from hlc_core.kernel.ids import Ids, OrganizationId
from hlc_core.kernel.time import Clock
from hlc_core.organizations.model import Organization
from hlc_core.patients.ports import Fingerprints
from hlc_core.payments.ports import Capable
from hlc_core.prescriptions.ports import PharmacyFacts


class Environment:
    """One transaction's environment; repositories are made when first asked for."""

    def __init__(
        self,
        *,
        unit: UnitOfWork,
        actor: Actor,
        clock: Clock,
        ids: Ids,
        outbox: Outbox,
        keyring: Keyring,
        gateways: Capable,
        signer: Signer,
        pharmacies: PharmacyFacts,
        proofs: Secrets,
        app_codes: AppCodes,
        find_organization: Callable[[UnitOfWork, OrganizationId], Organization],
    ) -> None:
        self.unit = unit
        self.actor = actor
        self.clock = clock
        self.ids = ids
        self.outbox = outbox
        self._keyring = keyring
        self.gateways = gateways
        self.signer = signer
        self.pharmacies = pharmacies
        self.proofs = proofs
        self.app_codes = app_codes
        self._find_organization = find_organization

    @cached_property
    def organization(self) -> Organization:
        """The organization that it is made for. Refuses: Missing."""
        return self._find_organization(self.unit, self.actor.organization)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        return self._keyring.hashes(self.unit.organization, self.unit.session)

    @cached_property
    def key_maker(self) -> KeyMaker:
        return self._keyring.maker(self.unit.organization)

    @cached_property
    def encryption_keys(self) -> StoredEncryptionKeys:
        return StoredEncryptionKeys(self.unit)

    @cached_property
    def sealed_rows(self) -> StoredSealedRows:
        return StoredSealedRows(self.unit)

    @cached_property
    def organizations(self) -> StoredOrganizations:
        return StoredOrganizations(self.unit)

    @cached_property
    def secrets(self) -> StoredSecrets:
        return StoredSecrets(self.unit)

    @cached_property
    def trail(self) -> StoredTrail:
        return StoredTrail(self.unit)

    @cached_property
    def seals(self) -> StoredSeals:
        return StoredSeals(self.unit)

    @cached_property
    def patients(self) -> StoredPatients:
        return StoredPatients(self.unit)

    @cached_property
    def users(self) -> StoredUsers:
        return StoredUsers(self.unit)

    @cached_property
    def assignments(self) -> StoredAssignments:
        return StoredAssignments(self.unit)

    @cached_property
    def organization_roles(self) -> StoredOrganizationRoles:
        return StoredOrganizationRoles(self.unit)

    @cached_property
    def invitations(self) -> StoredInvitations:
        return StoredInvitations(self.unit)

    @cached_property
    def impersonations(self) -> StoredImpersonations:
        return StoredImpersonations(self.unit)

    @cached_property
    def chart_accesses(self) -> StoredChartAccesses:
        return StoredChartAccesses(self.unit)

    @cached_property
    def patient_links(self) -> StoredPatientLinks:
        return StoredPatientLinks(self.unit)

    @cached_property
    def name_grams(self) -> StoredNameGrams:
        return StoredNameGrams(self.unit)

    @cached_property
    def patient_merges(self) -> StoredPatientMerges:
        return StoredPatientMerges(self.unit)

    @cached_property
    def phones(self) -> NumberingPlans:
        return NumberingPlans()

    @cached_property
    def attempts(self) -> StoredAttempts:
        return StoredAttempts(self.unit)

    @cached_property
    def refunds(self) -> StoredRefunds:
        return StoredRefunds(self.unit)

    @cached_property
    def methods(self) -> StoredMethods:
        return StoredMethods(self.unit)

    @cached_property
    def processor_events(self) -> StoredProcessorEvents:
        return StoredProcessorEvents(self.unit)

    @cached_property
    def products(self) -> StoredProducts:
        return StoredProducts(self.unit)

    @cached_property
    def coupons(self) -> StoredCoupons:
        return StoredCoupons(self.unit)

    @cached_property
    def coupon_redemptions(self) -> StoredCouponRedemptions:
        return StoredCouponRedemptions(self.unit)

    @cached_property
    def checkout_templates(self) -> StoredCheckoutTemplates:
        return StoredCheckoutTemplates(self.unit)

    @cached_property
    def carts(self) -> StoredCarts:
        return StoredCarts(self.unit)

    @cached_property
    def checkouts(self) -> StoredCheckouts:
        return StoredCheckouts(self.unit)

    @cached_property
    def invoices(self) -> StoredInvoices:
        return StoredInvoices(self.unit)

    @cached_property
    def orders(self) -> StoredOrders:
        return StoredOrders(self.unit)

    @cached_property
    def subscriptions(self) -> StoredSubscriptions:
        return StoredSubscriptions(self.unit)

    @cached_property
    def recoveries(self) -> StoredRecoveries:
        return StoredRecoveries(self.unit)

    @cached_property
    def billing_runs(self) -> StoredBillingRuns:
        return StoredBillingRuns(self.unit)

    @cached_property
    def set_aside(self) -> StoredSetAsides:
        return StoredSetAsides(self.unit)

    @cached_property
    def held_renewals(self) -> StoredHeldRenewals:
        return StoredHeldRenewals(self.unit)

    @cached_property
    def expiry_reminders(self) -> StoredExpiryReminders:
        return StoredExpiryReminders(self.unit)

    @cached_property
    def queue_items(self) -> StoredQueueItems:
        return StoredQueueItems(self.unit)

    @cached_property
    def inbox(self) -> StoredInboundMessages:
        return StoredInboundMessages(self.unit)

    @cached_property
    def partner_records(self) -> StoredPartnerRecords:
        return StoredPartnerRecords(self.unit)

    @cached_property
    def patient_documents(self) -> StoredPatientDocuments:
        return StoredPatientDocuments(self.unit)

    @cached_property
    def jobs(self) -> StoredJobs:
        return StoredJobs(self.unit)

    @cached_property
    def mail_templates(self) -> StoredMailTemplates:
        return StoredMailTemplates(self.unit)

    @cached_property
    def drugs(self) -> StoredDrugs:
        return StoredDrugs(self.unit)

    @cached_property
    def prescriptions(self) -> StoredPrescriptions:
        return StoredPrescriptions(self.unit)

    @cached_property
    def dispatches(self) -> StoredDispatches:
        return StoredDispatches(self.unit)

    @cached_property
    def refills(self) -> StoredRefills:
        return StoredRefills(self.unit)

    @cached_property
    def questionnaires(self) -> StoredQuestionnaires:
        return StoredQuestionnaires(self.unit)

    @cached_property
    def intakes(self) -> StoredIntakes:
        return StoredIntakes(self.unit)

    @cached_property
    def intake_revisions(self) -> StoredIntakeRevisions:
        return StoredIntakeRevisions(self.unit)

    @cached_property
    def reviews(self) -> StoredReviews:
        return StoredReviews(self.unit)

    @cached_property
    def decisions(self) -> StoredDecisions:
        return StoredDecisions(self.unit)

    @cached_property
    def licences(self) -> StoredLicences:
        return StoredLicences(self.unit)

    @cached_property
    def credentials(self) -> StoredCredentials:
        return StoredCredentials(self.unit)

    @cached_property
    def logins(self) -> StoredLogins:
        return StoredLogins(self.unit)

    @cached_property
    def sessions(self) -> StoredSessions:
        return StoredSessions(self.unit)

    @cached_property
    def devices(self) -> StoredDevices:
        return StoredDevices(self.unit)

    @cached_property
    def resets(self) -> StoredResets:
        return StoredResets(self.unit)

    @cached_property
    def lanes(self) -> StoredLanes:
        return StoredLanes(self.unit)

    @cached_property
    def login_attempts(self) -> StoredLoginAttempts:
        return StoredLoginAttempts(self.unit)

    @cached_property
    def api_keys(self) -> StoredApiKeys:
        return StoredApiKeys(self.unit)
