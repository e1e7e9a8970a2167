"""Typed ids: text with a readable prefix, made by the `Ids` port, never by the core."""

from typing import NewType, Protocol

OrganizationId = NewType("OrganizationId", str)
ActorId = NewType("ActorId", str)
ProductId = NewType("ProductId", str)
CouponId = NewType("CouponId", str)
TemplateId = NewType("TemplateId", str)
PatientId = NewType("PatientId", str)
MethodId = NewType("MethodId", str)
CartId = NewType("CartId", str)
CheckoutId = NewType("CheckoutId", str)
AttemptId = NewType("AttemptId", str)
RefundId = NewType("RefundId", str)
ObligationId = NewType("ObligationId", str)
InvoiceId = NewType("InvoiceId", str)
OrderId = NewType("OrderId", str)
SubscriptionId = NewType("SubscriptionId", str)
RecoveryId = NewType("RecoveryId", str)
EventId = NewType("EventId", str)
JobId = NewType("JobId", str)
UserId = NewType("UserId", str)
AssignmentId = NewType("AssignmentId", str)
RoleId = NewType("RoleId", str)
InvitationId = NewType("InvitationId", str)
ImpersonationId = NewType("ImpersonationId", str)
ChartAccessId = NewType("ChartAccessId", str)
SessionId = NewType("SessionId", str)
LoginId = NewType("LoginId", str)
ApiKeyId = NewType("ApiKeyId", str)
DeviceId = NewType("DeviceId", str)
ResetId = NewType("ResetId", str)
LoginAttemptId = NewType("LoginAttemptId", str)
QuestionnaireId = NewType("QuestionnaireId", str)
IntakeId = NewType("IntakeId", str)
ReviewId = NewType("ReviewId", str)
LicenceId = NewType("LicenceId", str)
DrugId = NewType("DrugId", str)
PrescriptionId = NewType("PrescriptionId", str)
DispatchId = NewType("DispatchId", str)
RefillId = NewType("RefillId", str)
QueueItemId = NewType("QueueItemId", str)
MessageId = NewType("MessageId", str)
DocumentId = NewType("DocumentId", str)
PartnerRecordId = NewType("PartnerRecordId", str)
MergeId = NewType("MergeId", str)

PLATFORM = OrganizationId("platform")
"""The organization of what belongs to no clinic: people's logins. Source: spec/README, Words (organization)."""

PREFIXES = {
    "org": OrganizationId,
    "prod": ProductId,
    "coup": CouponId,
    "tmpl": TemplateId,
    "pat": PatientId,
    "pm": MethodId,
    "cart": CartId,
    "chk": CheckoutId,
    "att": AttemptId,
    "ref": RefundId,
    "inv": InvoiceId,
    "ord": OrderId,
    "sub": SubscriptionId,
    "rec": RecoveryId,
    "evt": EventId,
    "job": JobId,
    "usr": UserId,
    "asg": AssignmentId,
    "role": RoleId,
    "invt": InvitationId,
    "imp": ImpersonationId,
    "glass": ChartAccessId,
    "ses": SessionId,
    "log": LoginId,
    "key": ApiKeyId,
    "dev": DeviceId,
    "rst": ResetId,
    "try": LoginAttemptId,
    "qst": QuestionnaireId,
    "int": IntakeId,
    "rev": ReviewId,
    "lic": LicenceId,
    "drug": DrugId,
    "rx": PrescriptionId,
    "dsp": DispatchId,
    "rfl": RefillId,
    "qi": QueueItemId,
    "msg": MessageId,
    "doc": DocumentId,
    "prec": PartnerRecordId,
    "mrg": MergeId,
}
"""Every prefix an id may carry, with the type it stands for."""


class Ids(Protocol):
    """Makes ids. Time-ordered and unguessable in production, sequential from a seed in a replay."""

    def new(self, prefix: str) -> str:
        """A fresh id `prefix_body`; the prefix is one of `PREFIXES`."""
        ...

    def number(self, prefix: str) -> str:
        """A short customer-facing number such as `R-7K3M-9QXD`: unique only with its index."""
        ...
