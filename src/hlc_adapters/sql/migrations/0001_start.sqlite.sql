CREATE TABLE audit_entries (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    at VARCHAR(32), 
    actor_kind TEXT, 
    actor TEXT, 
    on_behalf_of TEXT, 
    command TEXT, 
    outcome TEXT, 
    asked TEXT, 
    written TEXT, 
    correlation TEXT, 
    shown TEXT, 
    cause TEXT, 
    channel TEXT, 
    address TEXT, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER audit_entries_organization_stays BEFORE UPDATE OF organization ON audit_entries FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE billing_runs (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    as_of DATE, 
    started_at VARCHAR(32), 
    finished_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER billing_runs_organization_stays BEFORE UPDATE OF organization ON billing_runs FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE carts (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    active_at VARCHAR(32), 
    paying TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT carts_state CHECK (state IN ('OPEN', 'FAILED', 'COMPLETED', 'ABANDONED'))
);

CREATE INDEX carts_by_state_active_at ON carts (organization, state, active_at) WHERE active_at IS NOT NULL;

CREATE TRIGGER carts_organization_stays BEFORE UPDATE OF organization ON carts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE checkout_templates (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT, 
    is_default BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX checkout_templates_one_default_template ON checkout_templates (organization, is_default) WHERE is_default IS NOT NULL;

CREATE UNIQUE INDEX checkout_templates_one_template_per_name ON checkout_templates (organization, name) WHERE name IS NOT NULL;

CREATE TRIGGER checkout_templates_organization_stays BEFORE UPDATE OF organization ON checkout_templates FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE checkouts (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    cart TEXT, 
    number BIGINT, 
    state TEXT, 
    patient TEXT, 
    attempt TEXT, 
    order_id TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT checkouts_state CHECK (state IN ('paying', 'action', 'checking', 'succeeded', 'declined'))
);

CREATE INDEX checkouts_by_cart ON checkouts (organization, cart) WHERE cart IS NOT NULL;

CREATE UNIQUE INDEX checkouts_one_number_per_cart ON checkouts (organization, cart, number) WHERE number IS NOT NULL;

CREATE TRIGGER checkouts_organization_stays BEFORE UPDATE OF organization ON checkouts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE coupon_redemptions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    coupon TEXT, 
    subject TEXT, 
    patient TEXT, 
    state TEXT, 
    slot BIGINT, 
    patient_slot BIGINT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT coupon_redemptions_state CHECK (state IN ('held', 'redeemed', 'released'))
);

CREATE INDEX coupon_redemptions_by_coupon_state ON coupon_redemptions (organization, coupon, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX coupon_redemptions_one_claim_per_patient_slot ON coupon_redemptions (organization, coupon, patient, patient_slot) WHERE patient_slot IS NOT NULL;

CREATE UNIQUE INDEX coupon_redemptions_one_claim_per_slot ON coupon_redemptions (organization, coupon, slot) WHERE slot IS NOT NULL;

CREATE TRIGGER coupon_redemptions_organization_stays BEFORE UPDATE OF organization ON coupon_redemptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE coupons (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    folded_code TEXT, 
    active BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX coupons_one_coupon_per_code ON coupons (organization, folded_code) WHERE folded_code IS NOT NULL;

CREATE TRIGGER coupons_organization_stays BEFORE UPDATE OF organization ON coupons FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE deliveries (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT, 
    subject TEXT, 
    body TEXT, 
    at VARCHAR(32), 
    correlation TEXT, 
    actor TEXT, 
    state TEXT, 
    available_at VARCHAR(32), 
    attempts BIGINT, 
    error TEXT, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX deliveries_by_state ON deliveries (organization, state) WHERE state = 'parked' AND state IS NOT NULL;

CREATE INDEX deliveries_by_state_available_at ON deliveries (organization, state, available_at) WHERE state = 'pending' AND available_at IS NOT NULL;

CREATE INDEX deliveries_by_state_subject ON deliveries (organization, state, subject) WHERE state = 'pending' AND subject IS NOT NULL;

CREATE TRIGGER deliveries_organization_stays BEFORE UPDATE OF organization ON deliveries FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE expiry_reminders (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    method TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER expiry_reminders_organization_stays BEFORE UPDATE OF organization ON expiry_reminders FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE invoices (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    kind TEXT, 
    number BIGINT, 
    state TEXT, 
    patient TEXT, 
    obligation TEXT, 
    order_id TEXT, 
    subscription TEXT, 
    cycle BIGINT, 
    total BIGINT, 
    amount_paid BIGINT, 
    currency TEXT, 
    due_on DATE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT invoices_state CHECK (state IN ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE'))
);

CREATE INDEX invoices_by_patient ON invoices (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX invoices_by_state_due_on ON invoices (organization, state, due_on) WHERE due_on IS NOT NULL;

CREATE UNIQUE INDEX invoices_one_invoice_per_cycle ON invoices (organization, subscription, cycle) WHERE cycle IS NOT NULL;

CREATE UNIQUE INDEX invoices_one_invoice_per_obligation ON invoices (organization, obligation) WHERE obligation IS NOT NULL;

CREATE UNIQUE INDEX invoices_one_number_per_kind ON invoices (organization, kind, number) WHERE number IS NOT NULL;

CREATE TRIGGER invoices_organization_stays BEFORE UPDATE OF organization ON invoices FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE jobs (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT, 
    next_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX jobs_by_next_at ON jobs (organization, next_at) WHERE next_at IS NOT NULL;

CREATE TRIGGER jobs_organization_stays BEFORE UPDATE OF organization ON jobs FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE moves (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    machine TEXT, 
    subject TEXT, 
    source TEXT, 
    target TEXT, 
    at VARCHAR(32), 
    actor TEXT, 
    cause TEXT, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER moves_organization_stays BEFORE UPDATE OF organization ON moves FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER moves_no_update BEFORE UPDATE ON moves FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER moves_no_delete BEFORE DELETE ON moves FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE numbers (
    organization TEXT NOT NULL, 
    kind TEXT NOT NULL, 
    next BIGINT NOT NULL, 
    PRIMARY KEY (organization, kind)
);

CREATE TRIGGER numbers_organization_stays BEFORE UPDATE OF organization ON numbers FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE orders (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    number TEXT, 
    state TEXT, 
    patient TEXT, 
    invoice TEXT, 
    subscription TEXT, 
    total BIGINT, 
    currency TEXT, 
    source_context TEXT, 
    external_id TEXT, 
    placed_at VARCHAR(32), 
    deadline VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT orders_state CHECK (state IN ('INCOMPLETE', 'PENDING', 'AWAITING_PAYMENT', 'AWAITING_REQUIREMENTS', 'PROCESSING', 'AWAITING_REQUISITION', 'AWAITING_RESULTS', 'AWAITING_SCRIPT', 'AWAITING_FULFILLMENT', 'AWAITING_SHIPMENT', 'SHIPPED', 'COMPLETED', 'RETURNED', 'REJECTED', 'CANCELLED', 'REFUNDED'))
);

CREATE INDEX orders_by_deadline ON orders (organization, deadline) WHERE deadline IS NOT NULL;

CREATE INDEX orders_by_patient ON orders (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX orders_by_state ON orders (organization, state) WHERE state IS NOT NULL;

CREATE INDEX orders_by_subscription ON orders (organization, subscription) WHERE subscription IS NOT NULL;

CREATE UNIQUE INDEX orders_one_order_per_external_id ON orders (organization, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX orders_one_order_per_invoice ON orders (organization, invoice) WHERE invoice IS NOT NULL;

CREATE UNIQUE INDEX orders_one_order_per_number ON orders (organization, number) WHERE number IS NOT NULL;

CREATE TRIGGER orders_organization_stays BEFORE UPDATE OF organization ON orders FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE organizations (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    slug TEXT, 
    checkout_domain TEXT, 
    consultation_domain TEXT, 
    portal_domain TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX organizations_one_organization_per_checkout_domain ON organizations (checkout_domain) WHERE checkout_domain IS NOT NULL;

CREATE UNIQUE INDEX organizations_one_organization_per_consultation_domain ON organizations (consultation_domain) WHERE consultation_domain IS NOT NULL;

CREATE UNIQUE INDEX organizations_one_organization_per_portal_domain ON organizations (portal_domain) WHERE portal_domain IS NOT NULL;

CREATE UNIQUE INDEX organizations_one_organization_per_slug ON organizations (slug) WHERE slug IS NOT NULL;

CREATE TRIGGER organizations_organization_stays BEFORE UPDATE OF organization ON organizations FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE patients (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    standing TEXT, 
    email_key TEXT, 
    account_key TEXT, 
    claims TEXT, 
    external_id TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX patients_by_claims ON patients (organization, claims) WHERE claims IS NOT NULL;

CREATE INDEX patients_by_email_key ON patients (organization, email_key) WHERE email_key IS NOT NULL;

CREATE UNIQUE INDEX patients_one_account_per_address ON patients (organization, account_key) WHERE account_key IS NOT NULL;

CREATE UNIQUE INDEX patients_one_patient_per_external_id ON patients (organization, external_id) WHERE external_id IS NOT NULL;

CREATE TRIGGER patients_organization_stays BEFORE UPDATE OF organization ON patients FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE payment_attempts (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    obligation TEXT, 
    number BIGINT, 
    state TEXT, 
    purpose TEXT, 
    subject TEXT, 
    patient TEXT, 
    amount BIGINT, 
    currency TEXT, 
    gateway TEXT, 
    object_id TEXT, 
    opened_at VARCHAR(32), 
    settled_at VARCHAR(32), 
    next_check_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT payment_attempts_state CHECK (state IN ('open', 'sent', 'action', 'unknown', 'closing', 'closed', 'paid', 'quarantine'))
);

CREATE INDEX payment_attempts_by_gateway_settled_at ON payment_attempts (organization, gateway, settled_at) WHERE settled_at IS NOT NULL;

CREATE INDEX payment_attempts_by_next_check_at ON payment_attempts (organization, next_check_at) WHERE next_check_at IS NOT NULL;

CREATE INDEX payment_attempts_by_state ON payment_attempts (organization, state) WHERE state = 'quarantine' AND state IS NOT NULL;

CREATE UNIQUE INDEX payment_attempts_one_attempt_per_gateway_object ON payment_attempts (organization, gateway, object_id) WHERE object_id IS NOT NULL;

CREATE UNIQUE INDEX payment_attempts_one_number_per_obligation ON payment_attempts (organization, obligation, number) WHERE number IS NOT NULL;

CREATE UNIQUE INDEX payment_attempts_one_unclosed_attempt_per_obligation ON payment_attempts (organization, obligation) WHERE state <> 'closed' AND obligation IS NOT NULL;

CREATE TRIGGER payment_attempts_organization_stays BEFORE UPDATE OF organization ON payment_attempts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE processor_events (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    at VARCHAR(32), 
    kind TEXT, 
    subject TEXT, 
    attempt TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX processor_events_by_subject ON processor_events (organization, subject) WHERE subject IS NOT NULL;

CREATE TRIGGER processor_events_organization_stays BEFORE UPDATE OF organization ON processor_events FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE products (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT, 
    price BIGINT, 
    currency TEXT, 
    active BOOLEAN, 
    external_id TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX products_one_product_per_external_id ON products (organization, external_id) WHERE external_id IS NOT NULL;

CREATE TRIGGER products_organization_stays BEFORE UPDATE OF organization ON products FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE recovery_cases (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    invoice TEXT, 
    subscription TEXT, 
    patient TEXT, 
    amount BIGINT, 
    currency TEXT, 
    due_on DATE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT recovery_cases_state CHECK (state IN ('RETRY_SCHEDULED', 'NEEDS_PAYMENT_METHOD', 'RESOLVED', 'FAILED_FINAL'))
);

CREATE INDEX recovery_cases_by_due_on ON recovery_cases (organization, due_on) WHERE due_on IS NOT NULL;

CREATE INDEX recovery_cases_by_patient ON recovery_cases (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX recovery_cases_by_state ON recovery_cases (organization, state) WHERE state IS NOT NULL;

CREATE INDEX recovery_cases_by_subscription ON recovery_cases (organization, subscription) WHERE subscription IS NOT NULL;

CREATE UNIQUE INDEX recovery_cases_one_case_per_invoice ON recovery_cases (organization, invoice) WHERE invoice IS NOT NULL;

CREATE TRIGGER recovery_cases_organization_stays BEFORE UPDATE OF organization ON recovery_cases FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE refunds (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    attempt TEXT, 
    state TEXT, 
    amount BIGINT, 
    currency TEXT, 
    next_check_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT refunds_state CHECK (state IN ('open', 'sent', 'unknown', 'refunded', 'refused', 'quarantine'))
);

CREATE INDEX refunds_by_attempt ON refunds (organization, attempt) WHERE attempt IS NOT NULL;

CREATE INDEX refunds_by_next_check_at ON refunds (organization, next_check_at) WHERE next_check_at IS NOT NULL;

CREATE TRIGGER refunds_organization_stays BEFORE UPDATE OF organization ON refunds FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE saved_methods (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    patient TEXT, 
    gateway TEXT, 
    state TEXT, 
    expires BIGINT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX saved_methods_by_patient ON saved_methods (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX saved_methods_by_state_expires ON saved_methods (organization, state, expires) WHERE expires IS NOT NULL;

CREATE TRIGGER saved_methods_organization_stays BEFORE UPDATE OF organization ON saved_methods FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE set_asides (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    waiting BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX set_asides_by_waiting ON set_asides (organization, waiting) WHERE waiting IS NOT NULL;

CREATE TRIGGER set_asides_organization_stays BEFORE UPDATE OF organization ON set_asides FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE submissions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    command TEXT, 
    at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX submissions_by_at ON submissions (organization, at) WHERE at IS NOT NULL;

CREATE TRIGGER submissions_organization_stays BEFORE UPDATE OF organization ON submissions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE subscriptions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    number TEXT, 
    state TEXT, 
    patient TEXT, 
    order_id TEXT, 
    line BIGINT, 
    product TEXT, 
    cycle BIGINT, 
    next_due DATE, 
    method TEXT, 
    external_id TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT subscriptions_state CHECK (state IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'PAUSED', 'CANCELLED', 'COMPLETED'))
);

CREATE INDEX subscriptions_by_next_due ON subscriptions (organization, next_due) WHERE next_due IS NOT NULL;

CREATE INDEX subscriptions_by_patient ON subscriptions (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX subscriptions_by_state ON subscriptions (organization, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX subscriptions_one_subscription_per_external_id ON subscriptions (organization, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX subscriptions_one_subscription_per_number ON subscriptions (organization, number) WHERE number IS NOT NULL;

CREATE UNIQUE INDEX subscriptions_one_subscription_per_order_line ON subscriptions (organization, order_id, line) WHERE line IS NOT NULL;

CREATE TRIGGER subscriptions_organization_stays BEFORE UPDATE OF organization ON subscriptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;
