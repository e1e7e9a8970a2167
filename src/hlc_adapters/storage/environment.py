"""What use cases may touch: every context's Env, satisfied by shape."""

from __future__ import annotations

from collections.abc import Callable

from hlc_adapters.phones import NumberingPlans
from hlc_adapters.storage.keyring import Keyring
from hlc_adapters.storage.once import made_once
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

    @made_once
    def organization(self) -> Organization:
        """The organization that it is made for. Refuses: Missing."""
        return self._find_organization(self.unit, self.actor.organization)

    @made_once
    def fingerprints(self) -> Fingerprints:
        return self._keyring.hashes(self.unit.organization, self.unit.session)

    @made_once
    def key_maker(self) -> KeyMaker:
        return self._keyring.maker(self.unit.organization)

    @made_once
    def encryption_keys(self) -> StoredEncryptionKeys:
        return StoredEncryptionKeys(self.unit)

    @made_once
    def sealed_rows(self) -> StoredSealedRows:
        return StoredSealedRows(self.unit)

    @made_once
    def organizations(self) -> StoredOrganizations:
        return StoredOrganizations(self.unit)

    @made_once
    def secrets(self) -> StoredSecrets:
        return StoredSecrets(self.unit)

    @made_once
    def trail(self) -> StoredTrail:
        return StoredTrail(self.unit)

    @made_once
    def seals(self) -> StoredSeals:
        return StoredSeals(self.unit)

    @made_once
    def patients(self) -> StoredPatients:
        return StoredPatients(self.unit)

    @made_once
    def users(self) -> StoredUsers:
        return StoredUsers(self.unit)

    @made_once
    def assignments(self) -> StoredAssignments:
        return StoredAssignments(self.unit)

    @made_once
    def organization_roles(self) -> StoredOrganizationRoles:
        return StoredOrganizationRoles(self.unit)

    @made_once
    def invitations(self) -> StoredInvitations:
        return StoredInvitations(self.unit)

    @made_once
    def impersonations(self) -> StoredImpersonations:
        return StoredImpersonations(self.unit)

    @made_once
    def chart_accesses(self) -> StoredChartAccesses:
        return StoredChartAccesses(self.unit)

    @made_once
    def patient_links(self) -> StoredPatientLinks:
        return StoredPatientLinks(self.unit)

    @made_once
    def name_grams(self) -> StoredNameGrams:
        return StoredNameGrams(self.unit)

    @made_once
    def patient_merges(self) -> StoredPatientMerges:
        return StoredPatientMerges(self.unit)

    @made_once
    def phones(self) -> NumberingPlans:
        return NumberingPlans()

    @made_once
    def attempts(self) -> StoredAttempts:
        return StoredAttempts(self.unit)

    @made_once
    def refunds(self) -> StoredRefunds:
        return StoredRefunds(self.unit)

    @made_once
    def methods(self) -> StoredMethods:
        return StoredMethods(self.unit)

    @made_once
    def processor_events(self) -> StoredProcessorEvents:
        return StoredProcessorEvents(self.unit)

    @made_once
    def products(self) -> StoredProducts:
        return StoredProducts(self.unit)

    @made_once
    def coupons(self) -> StoredCoupons:
        return StoredCoupons(self.unit)

    @made_once
    def coupon_redemptions(self) -> StoredCouponRedemptions:
        return StoredCouponRedemptions(self.unit)

    @made_once
    def checkout_templates(self) -> StoredCheckoutTemplates:
        return StoredCheckoutTemplates(self.unit)

    @made_once
    def carts(self) -> StoredCarts:
        return StoredCarts(self.unit)

    @made_once
    def checkouts(self) -> StoredCheckouts:
        return StoredCheckouts(self.unit)

    @made_once
    def invoices(self) -> StoredInvoices:
        return StoredInvoices(self.unit)

    @made_once
    def orders(self) -> StoredOrders:
        return StoredOrders(self.unit)

    @made_once
    def subscriptions(self) -> StoredSubscriptions:
        return StoredSubscriptions(self.unit)

    @made_once
    def recoveries(self) -> StoredRecoveries:
        return StoredRecoveries(self.unit)

    @made_once
    def billing_runs(self) -> StoredBillingRuns:
        return StoredBillingRuns(self.unit)

    @made_once
    def set_aside(self) -> StoredSetAsides:
        return StoredSetAsides(self.unit)

    @made_once
    def held_renewals(self) -> StoredHeldRenewals:
        return StoredHeldRenewals(self.unit)

    @made_once
    def expiry_reminders(self) -> StoredExpiryReminders:
        return StoredExpiryReminders(self.unit)

    @made_once
    def queue_items(self) -> StoredQueueItems:
        return StoredQueueItems(self.unit)

    @made_once
    def inbox(self) -> StoredInboundMessages:
        return StoredInboundMessages(self.unit)

    @made_once
    def partner_records(self) -> StoredPartnerRecords:
        return StoredPartnerRecords(self.unit)

    @made_once
    def patient_documents(self) -> StoredPatientDocuments:
        return StoredPatientDocuments(self.unit)

    @made_once
    def jobs(self) -> StoredJobs:
        return StoredJobs(self.unit)

    @made_once
    def mail_templates(self) -> StoredMailTemplates:
        return StoredMailTemplates(self.unit)

    @made_once
    def drugs(self) -> StoredDrugs:
        return StoredDrugs(self.unit)

    @made_once
    def prescriptions(self) -> StoredPrescriptions:
        return StoredPrescriptions(self.unit)

    @made_once
    def dispatches(self) -> StoredDispatches:
        return StoredDispatches(self.unit)

    @made_once
    def refills(self) -> StoredRefills:
        return StoredRefills(self.unit)

    @made_once
    def questionnaires(self) -> StoredQuestionnaires:
        return StoredQuestionnaires(self.unit)

    @made_once
    def intakes(self) -> StoredIntakes:
        return StoredIntakes(self.unit)

    @made_once
    def intake_revisions(self) -> StoredIntakeRevisions:
        return StoredIntakeRevisions(self.unit)

    @made_once
    def reviews(self) -> StoredReviews:
        return StoredReviews(self.unit)

    @made_once
    def decisions(self) -> StoredDecisions:
        return StoredDecisions(self.unit)

    @made_once
    def licences(self) -> StoredLicences:
        return StoredLicences(self.unit)

    @made_once
    def credentials(self) -> StoredCredentials:
        return StoredCredentials(self.unit)

    @made_once
    def logins(self) -> StoredLogins:
        return StoredLogins(self.unit)

    @made_once
    def sessions(self) -> StoredSessions:
        return StoredSessions(self.unit)

    @made_once
    def devices(self) -> StoredDevices:
        return StoredDevices(self.unit)

    @made_once
    def resets(self) -> StoredResets:
        return StoredResets(self.unit)

    @made_once
    def lanes(self) -> StoredLanes:
        return StoredLanes(self.unit)

    @made_once
    def login_attempts(self) -> StoredLoginAttempts:
        return StoredLoginAttempts(self.unit)

    @made_once
    def api_keys(self) -> StoredApiKeys:
        return StoredApiKeys(self.unit)
