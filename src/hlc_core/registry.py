"""Every use case, query and reaction of the core, once each, with the key that permits it."""

from __future__ import annotations

from typing import Any

from hlc_core.access import permissions as may
from hlc_core.application import Effect, Question, Reaction, UseCase
from hlc_core.audit import api as audit
from hlc_core.billing import api as billing
from hlc_core.cart import api as cart
from hlc_core.catalog import api as catalog
from hlc_core.checkout import api as checkout
from hlc_core.encryption import api as encryption
from hlc_core.invoicing import api as invoicing
from hlc_core.jobs import api as jobs
from hlc_core.kernel.machine import AnyMachine
from hlc_core.orders import api as orders
from hlc_core.organizations import api as organizations
from hlc_core.patients import api as patients
from hlc_core.payments import api as payments
from hlc_core.recovery import api as recovery
from hlc_core.subscriptions import api as subscriptions

MONEY = Effect.MONEY

USE_CASES: tuple[UseCase[Any, Any], ...] = (
    UseCase(organizations.OpenOrganization, organizations.open_organization, None),
    UseCase(organizations.ChangeSettings, organizations.change_settings, may.SETTINGS),
    UseCase(encryption.RotateKeys, encryption.rotate_keys, may.KEYS_MANAGE),
    UseCase(encryption.WrapKeys, encryption.wrap_keys, may.KEYS_MANAGE),
    UseCase(encryption.DestroySpentKeys, encryption.destroy_spent_keys, may.KEYS_MANAGE),
    UseCase(catalog.AddProduct, catalog.add_product, may.CATALOG),
    UseCase(catalog.ChangeProduct, catalog.change_product, may.CATALOG),
    UseCase(catalog.WithdrawProduct, catalog.withdraw_product, may.CATALOG),
    UseCase(catalog.RestoreProduct, catalog.restore_product, may.CATALOG),
    UseCase(catalog.AddCoupon, catalog.add_coupon, may.COUPONS),
    UseCase(catalog.ChangeCoupon, catalog.change_coupon, may.COUPONS),
    UseCase(catalog.WithdrawCoupon, catalog.withdraw_coupon, may.COUPONS),
    UseCase(catalog.RestoreCoupon, catalog.restore_coupon, may.COUPONS),
    UseCase(catalog.AddCheckoutTemplate, catalog.add_checkout_template, may.TEMPLATES),
    UseCase(catalog.ChangeCheckoutTemplate, catalog.change_checkout_template, may.TEMPLATES),
    UseCase(catalog.MakeTemplateDefault, catalog.make_template_default, may.TEMPLATES),
    UseCase(catalog.ImportProducts, catalog.import_products, may.IMPORTS),
    UseCase(catalog.ImportCoupons, catalog.import_coupons, may.IMPORTS),
    UseCase(patients.ConfirmPatient, patients.confirm_patient, may.PATIENTS),
    UseCase(patients.ImportPatients, patients.import_patients, may.IMPORTS),
    UseCase(patients.IndexPatients, patients.index_patients, may.KEYS_MANAGE, audited=False),
    UseCase(cart.CreateCart, cart.create_cart, may.STOREFRONT),
    UseCase(cart.AddItems, cart.add_items, may.STOREFRONT),
    UseCase(cart.ChangeQuantity, cart.change_quantity, may.STOREFRONT),
    UseCase(cart.RemoveItem, cart.remove_item, may.STOREFRONT),
    UseCase(cart.ApplyCoupon, cart.apply_coupon, may.STOREFRONT),
    UseCase(cart.RemoveCoupon, cart.remove_coupon, may.STOREFRONT),
    UseCase(cart.QuoteCart, cart.quote_cart, may.STOREFRONT),
    UseCase(cart.AbandonCarts, cart.abandon_carts, None),
    UseCase(checkout.SubmitCheckout, checkout.submit_checkout, may.STOREFRONT, MONEY),
    UseCase(payments.RecordAnswers, payments.record_answers, None, MONEY, audited=False),
    UseCase(payments.RuleAttempt, payments.rule_attempt, may.RULE, MONEY),
    UseCase(payments.MarkDisputed, payments.mark_disputed, may.RULE),
    UseCase(payments.RequestRefund, payments.request_refund, may.REFUND, MONEY),
    UseCase(payments.RecordRefunds, payments.record_refunds, None, MONEY, audited=False),
    UseCase(payments.RuleRefund, payments.rule_refund, may.RULE, MONEY),
    UseCase(payments.Reconcile, payments.reconcile, None),
    UseCase(payments.SaveMethod, payments.save_method, may.METHODS),
    UseCase(payments.NoteRefusedMethod, payments.note_refused_method, may.METHODS),
    UseCase(payments.RemoveMethod, payments.remove_method, may.METHODS),
    UseCase(invoicing.DraftInvoice, invoicing.draft_invoice, may.INVOICES),
    UseCase(invoicing.IssueInvoice, invoicing.issue_invoice, may.INVOICES),
    UseCase(invoicing.RecordPayment, invoicing.record_payment, may.INVOICES_PAY, MONEY),
    UseCase(invoicing.RecordRefund, invoicing.record_refund, may.INVOICES_PAY, MONEY),
    UseCase(invoicing.VoidInvoice, invoicing.void_invoice, may.INVOICES_VOID),
    UseCase(invoicing.MarkUncollectible, invoicing.mark_uncollectible, may.INVOICES_GIVE_UP),
    UseCase(orders.MoveOrder, orders.move_order, may.ORDERS),
    UseCase(orders.SetTracking, orders.set_tracking, may.ORDERS),
    UseCase(orders.CreateStaffOrder, orders.create_staff_order, may.ORDERS),
    UseCase(orders.SubmitStaffOrder, orders.submit_staff_order, may.ORDERS),
    UseCase(subscriptions.StartSubscriptions, subscriptions.start_subscriptions, None),
    UseCase(subscriptions.ImportSubscriptions, subscriptions.import_subscriptions, may.IMPORTS),
    UseCase(subscriptions.PauseSubscription, subscriptions.pause_subscription, may.SUBSCRIPTIONS),
    UseCase(subscriptions.ResumeSubscription, subscriptions.resume_subscription, may.SUBSCRIPTIONS),
    UseCase(subscriptions.KeepSubscription, subscriptions.keep_subscription, may.SUBSCRIPTIONS),
    UseCase(subscriptions.CancelSubscription, subscriptions.cancel_subscription, may.SUBSCRIPTIONS),
    UseCase(subscriptions.SwitchSubscription, subscriptions.switch_subscription, may.SUBSCRIPTIONS, MONEY),
    UseCase(subscriptions.PayOffSubscription, subscriptions.pay_off_subscription, may.SUBSCRIPTIONS, MONEY),
    UseCase(subscriptions.ChangeMethod, subscriptions.change_method, may.SUBSCRIPTIONS),
    UseCase(subscriptions.ForgiveBill, subscriptions.forgive_bill, may.SUBSCRIPTIONS),
    UseCase(recovery.RetryNow, recovery.retry_now, may.SUBSCRIPTIONS, MONEY),
    UseCase(billing.BeginRun, billing.begin_run, may.BILLING),
    UseCase(billing.ApplyBilling, billing.apply_billing, may.BILLING, MONEY),
    UseCase(billing.EndRun, billing.end_run, may.BILLING),
    UseCase(billing.SetSubscriptionAside, billing.set_subscription_aside, may.BILLING),
    UseCase(billing.ReleaseSubscription, billing.release_subscription, may.BILLING),
    UseCase(jobs.TakeJobs, jobs.take_jobs, None, audited=False),
    UseCase(jobs.EndJob, jobs.end_job, None, audited=False),
    UseCase(jobs.RunJobSoon, jobs.run_job_soon, may.JOBS),
)

QUESTIONS: tuple[Question[Any, Any], ...] = (
    Question(organizations.GetOrganization, organizations.get_organization, may.SETTINGS_VIEW),
    Question(encryption.ListEncryptionKeys, encryption.list_encryption_keys, may.KEYS_VIEW),
    Question(encryption.ReportKeys, encryption.report_keys, may.KEYS_VIEW),
    Question(audit.ListAuditEntries, audit.list_audit_entries, may.AUDIT),
    Question(audit.ListMoves, audit.list_moves, may.AUDIT),
    Question(catalog.ListProducts, catalog.list_products, may.STOREFRONT),
    Question(catalog.GetProduct, catalog.get_product, may.STOREFRONT),
    Question(catalog.ProductsByIds, catalog.products_by_ids, may.STOREFRONT),
    Question(catalog.ListCoupons, catalog.list_coupons, may.CATALOG_VIEW),
    Question(catalog.GetCoupon, catalog.get_coupon, may.CATALOG_VIEW),
    Question(catalog.CheckCoupon, catalog.check_coupon, may.STOREFRONT),
    Question(catalog.ListCheckoutTemplates, catalog.list_checkout_templates, may.CATALOG_VIEW),
    Question(catalog.GetPageDesign, catalog.get_page_design, may.STOREFRONT),
    Question(patients.GetPatient, patients.get_patient, may.PATIENTS_VIEW),
    Question(patients.ListPatients, patients.list_patients, may.PATIENTS_VIEW),
    Question(cart.GetCart, cart.get_cart, may.STOREFRONT),
    Question(cart.ListCarts, cart.list_carts, may.CARTS),
    Question(checkout.GetCheckout, checkout.get_checkout, may.STOREFRONT),
    Question(checkout.LastCheckout, checkout.last_checkout, may.STOREFRONT),
    Question(payments.GetAttempt, payments.get_attempt, may.PROCESSOR_LOGS),
    Question(payments.AttemptOfObject, payments.attempt_of_object, None),
    Question(payments.AttemptsOfObligation, payments.attempts_of_obligation, may.PROCESSOR_LOGS),
    Question(payments.PlanStoring, payments.plan_storing, may.METHODS),
    Question(payments.DueAttempts, payments.due_attempts, None),
    Question(payments.DueRefunds, payments.due_refunds, None),
    Question(payments.GetRefund, payments.get_refund, may.PROCESSOR_LOGS),
    Question(payments.ListQuarantined, payments.list_quarantined, may.PROCESSOR_LOGS),
    Question(payments.ListProcessorEvents, payments.list_processor_events, may.PROCESSOR_LOGS),
    Question(payments.ListMethods, payments.list_methods, may.METHODS),
    Question(invoicing.GetInvoice, invoicing.get_invoice, may.INVOICES_VIEW),
    Question(invoicing.ListInvoices, invoicing.list_invoices, may.INVOICES_VIEW),
    Question(invoicing.InvoicesOfSubscription, invoicing.invoices_of_subscription, may.INVOICES_VIEW),
    Question(invoicing.PrintInvoice, invoicing.print_invoice, may.INVOICES_VIEW),
    Question(invoicing.PrintReceipt, invoicing.print_receipt, may.INVOICES_VIEW),
    Question(orders.GetOrder, orders.get_order, may.ORDERS_VIEW),
    Question(orders.ListOrders, orders.list_orders, may.ORDERS_VIEW),
    Question(orders.LateOrders, orders.late_orders, may.ORDERS_VIEW),
    Question(orders.OrdersOfSubscription, orders.orders_of_subscription, may.ORDERS_VIEW),
    Question(orders.ExplainOrder, orders.explain_order, may.ORDERS_VIEW),
    Question(subscriptions.GetSubscription, subscriptions.get_subscription, may.SUBSCRIPTIONS_VIEW),
    Question(subscriptions.SubscriptionNumbered, subscriptions.subscription_numbered, may.SUBSCRIPTIONS_VIEW),
    Question(subscriptions.SubscriptionsOfPatient, subscriptions.subscriptions_of_patient, may.SUBSCRIPTIONS_VIEW),
    Question(subscriptions.ListSubscriptions, subscriptions.list_subscriptions, may.SUBSCRIPTIONS_VIEW),
    Question(subscriptions.ExplainSubscription, subscriptions.explain_subscription, may.SUBSCRIPTIONS_VIEW),
    Question(subscriptions.QuoteSwitch, subscriptions.quote_switch, may.SUBSCRIPTIONS_VIEW),
    Question(subscriptions.QuotePayoff, subscriptions.quote_payoff, may.SUBSCRIPTIONS_VIEW),
    Question(recovery.GetRecovery, recovery.get_recovery, may.SUBSCRIPTIONS_VIEW),
    Question(recovery.ListRecoveries, recovery.list_recoveries, may.SUBSCRIPTIONS_VIEW),
    Question(billing.PlanBilling, billing.plan_billing, may.BILLING_VIEW),
    Question(billing.ListBillingRuns, billing.list_billing_runs, may.BILLING_VIEW),
    Question(billing.ListSetAside, billing.list_set_aside, may.BILLING_VIEW),
    Question(jobs.ListJobs, jobs.list_jobs, may.JOBS_VIEW),
)

REACTIONS: tuple[Reaction[Any], ...] = (
    Reaction(payments.PaymentPaid, checkout.complete_when_paid),
    Reaction(payments.PaymentPaid, invoicing.on_payments_paid),
    Reaction(payments.PaymentPaid, billing.renewals_paid),
    Reaction(payments.PaymentPaid, subscriptions.changes_paid),
    Reaction(payments.PaymentDeclined, checkout.fail_when_declined),
    Reaction(payments.PaymentDeclined, recovery.renewals_declined),
    Reaction(payments.PaymentActionNeeded, checkout.ask_for_action),
    Reaction(payments.PaymentUnknown, checkout.check_when_unknown),
    Reaction(payments.PaymentUnknown, recovery.renewals_unknown),
    Reaction(payments.PaymentQuarantined, checkout.check_when_unknown),
    Reaction(payments.PaymentQuarantined, recovery.renewals_quarantined),
    Reaction(payments.PaymentClosed, checkout.unlock_when_closed),
    Reaction(payments.PaymentClosed, recovery.renewals_closed),
    Reaction(payments.PaymentClosed, subscriptions.changes_closed),
    Reaction(payments.PaymentDisputed, recovery.renewals_disputed),
    Reaction(payments.PaymentRefunded, invoicing.on_payments_refunded),
    Reaction(payments.MethodSaved, recovery.methods_saved),
    Reaction(invoicing.InvoicePaid, orders.on_invoices_paid),
    Reaction(invoicing.InvoicePaid, subscriptions.invoices_paid),
    Reaction(invoicing.InvoicePaid, recovery.invoices_paid),
    Reaction(invoicing.InvoiceRefunded, orders.on_invoices_refunded),
    Reaction(invoicing.InvoiceVoided, recovery.invoices_voided),
    Reaction(invoicing.InvoiceVoided, subscriptions.invoices_voided),
    Reaction(invoicing.InvoiceGivenUp, recovery.invoices_given_up),
    Reaction(orders.OrderRejected, subscriptions.orders_rejected),
    Reaction(recovery.RenewalPaymentFailed, billing.renewals_failed),
    Reaction(subscriptions.SwitchPaymentDue, subscriptions.charge_changes),
    Reaction(subscriptions.PayoffPaymentDue, subscriptions.charge_changes),
    Reaction(subscriptions.BillForgiven, billing.bills_forgiven),
)
"""In this order within one type of event."""

MACHINES: tuple[AnyMachine, ...] = (
    cart.CART,
    checkout.CHECKOUT,
    payments.ATTEMPT,
    payments.REFUND,
    invoicing.INVOICE,
    orders.ORDER,
    subscriptions.MACHINE,
    recovery.RECOVERY,
    catalog.REDEMPTION,
)
"""Every lifecycle."""
