CREATE FUNCTION hlc_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this row stays as it is' USING ERRCODE = 'check_violation'; END $$;

CREATE TABLE audit_entries (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    at TIMESTAMP WITH TIME ZONE, 
    actor_kind TEXT COLLATE "C", 
    actor TEXT COLLATE "C", 
    on_behalf_of TEXT COLLATE "C", 
    command TEXT COLLATE "C", 
    outcome TEXT COLLATE "C", 
    asked TEXT COLLATE "C", 
    written TEXT COLLATE "C", 
    correlation TEXT COLLATE "C", 
    shown TEXT COLLATE "C", 
    cause TEXT COLLATE "C", 
    channel TEXT COLLATE "C", 
    address TEXT COLLATE "C", 
    PRIMARY KEY (organization, id)
);

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY audit_entries_scope ON audit_entries USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER audit_entries_organization_stays BEFORE UPDATE OF organization ON audit_entries FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries FOR EACH ROW EXECUTE FUNCTION hlc_refuse();

CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION hlc_refuse();

CREATE TABLE billing_runs (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    as_of DATE, 
    started_at TIMESTAMP WITH TIME ZONE, 
    finished_at TIMESTAMP WITH TIME ZONE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

ALTER TABLE billing_runs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY billing_runs_scope ON billing_runs USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER billing_runs_organization_stays BEFORE UPDATE OF organization ON billing_runs FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE carts (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT COLLATE "C", 
    active_at TIMESTAMP WITH TIME ZONE, 
    paying TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT carts_state CHECK (state IN ('OPEN', 'FAILED', 'COMPLETED', 'ABANDONED'))
);

CREATE INDEX carts_by_state_active_at ON carts (organization, state, active_at) WHERE active_at IS NOT NULL;

ALTER TABLE carts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY carts_scope ON carts USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER carts_organization_stays BEFORE UPDATE OF organization ON carts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE checkout_templates (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT COLLATE "C", 
    is_default BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX checkout_templates_one_default_template ON checkout_templates (organization, is_default) WHERE is_default IS NOT NULL;

CREATE UNIQUE INDEX checkout_templates_one_template_per_name ON checkout_templates (organization, name) WHERE name IS NOT NULL;

ALTER TABLE checkout_templates ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY checkout_templates_scope ON checkout_templates USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER checkout_templates_organization_stays BEFORE UPDATE OF organization ON checkout_templates FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE checkouts (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    cart TEXT COLLATE "C", 
    number BIGINT, 
    state TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    attempt TEXT COLLATE "C", 
    order_id TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT checkouts_state CHECK (state IN ('paying', 'action', 'checking', 'succeeded', 'declined'))
);

CREATE INDEX checkouts_by_cart ON checkouts (organization, cart) WHERE cart IS NOT NULL;

CREATE UNIQUE INDEX checkouts_one_number_per_cart ON checkouts (organization, cart, number) WHERE number IS NOT NULL;

ALTER TABLE checkouts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY checkouts_scope ON checkouts USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER checkouts_organization_stays BEFORE UPDATE OF organization ON checkouts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE coupon_redemptions (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    coupon TEXT COLLATE "C", 
    subject TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    state TEXT COLLATE "C", 
    slot BIGINT, 
    patient_slot BIGINT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT coupon_redemptions_state CHECK (state IN ('held', 'redeemed', 'released'))
);

CREATE INDEX coupon_redemptions_by_coupon_state ON coupon_redemptions (organization, coupon, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX coupon_redemptions_one_claim_per_patient_slot ON coupon_redemptions (organization, coupon, patient, patient_slot) WHERE patient_slot IS NOT NULL;

CREATE UNIQUE INDEX coupon_redemptions_one_claim_per_slot ON coupon_redemptions (organization, coupon, slot) WHERE slot IS NOT NULL;

ALTER TABLE coupon_redemptions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY coupon_redemptions_scope ON coupon_redemptions USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER coupon_redemptions_organization_stays BEFORE UPDATE OF organization ON coupon_redemptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE coupons (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    folded_code TEXT COLLATE "C", 
    active BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX coupons_one_coupon_per_code ON coupons (organization, folded_code) WHERE folded_code IS NOT NULL;

ALTER TABLE coupons ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY coupons_scope ON coupons USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER coupons_organization_stays BEFORE UPDATE OF organization ON coupons FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE deliveries (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT COLLATE "C", 
    subject TEXT COLLATE "C", 
    body TEXT COLLATE "C", 
    at TIMESTAMP WITH TIME ZONE, 
    correlation TEXT COLLATE "C", 
    actor TEXT COLLATE "C", 
    state TEXT COLLATE "C", 
    available_at TIMESTAMP WITH TIME ZONE, 
    attempts BIGINT, 
    error TEXT COLLATE "C", 
    PRIMARY KEY (organization, id)
);

CREATE INDEX deliveries_by_state ON deliveries (organization, state) WHERE state = 'parked' AND state IS NOT NULL;

CREATE INDEX deliveries_by_state_available_at ON deliveries (organization, state, available_at) WHERE state = 'pending' AND available_at IS NOT NULL;

CREATE INDEX deliveries_by_state_subject ON deliveries (organization, state, subject) WHERE state = 'pending' AND subject IS NOT NULL;

ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY deliveries_scope ON deliveries USING (organization = current_setting('hlc.organization', true) OR current_setting('hlc.across', true) = 'deliveries');

CREATE TRIGGER deliveries_organization_stays BEFORE UPDATE OF organization ON deliveries FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE expiry_reminders (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    method TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

ALTER TABLE expiry_reminders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY expiry_reminders_scope ON expiry_reminders USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER expiry_reminders_organization_stays BEFORE UPDATE OF organization ON expiry_reminders FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE invoices (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    kind TEXT COLLATE "C", 
    number BIGINT, 
    state TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    obligation TEXT COLLATE "C", 
    order_id TEXT COLLATE "C", 
    subscription TEXT COLLATE "C", 
    cycle BIGINT, 
    total BIGINT, 
    amount_paid BIGINT, 
    currency TEXT COLLATE "C", 
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

ALTER TABLE invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY invoices_scope ON invoices USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER invoices_organization_stays BEFORE UPDATE OF organization ON invoices FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE jobs (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT COLLATE "C", 
    next_at TIMESTAMP WITH TIME ZONE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX jobs_by_next_at ON jobs (organization, next_at) WHERE next_at IS NOT NULL;

ALTER TABLE jobs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY jobs_scope ON jobs USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER jobs_organization_stays BEFORE UPDATE OF organization ON jobs FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE moves (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    machine TEXT COLLATE "C", 
    subject TEXT COLLATE "C", 
    source TEXT COLLATE "C", 
    target TEXT COLLATE "C", 
    at TIMESTAMP WITH TIME ZONE, 
    actor TEXT COLLATE "C", 
    cause TEXT COLLATE "C", 
    PRIMARY KEY (organization, id)
);

ALTER TABLE moves ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY moves_scope ON moves USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER moves_organization_stays BEFORE UPDATE OF organization ON moves FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TRIGGER moves_no_update BEFORE UPDATE ON moves FOR EACH ROW EXECUTE FUNCTION hlc_refuse();

CREATE TRIGGER moves_no_delete BEFORE DELETE ON moves FOR EACH ROW EXECUTE FUNCTION hlc_refuse();

CREATE TABLE numbers (
    organization TEXT COLLATE "C" NOT NULL, 
    kind TEXT COLLATE "C" NOT NULL, 
    next BIGINT NOT NULL, 
    PRIMARY KEY (organization, kind)
);

ALTER TABLE numbers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY numbers_scope ON numbers USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER numbers_organization_stays BEFORE UPDATE OF organization ON numbers FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE orders (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    number TEXT COLLATE "C", 
    state TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    invoice TEXT COLLATE "C", 
    subscription TEXT COLLATE "C", 
    total BIGINT, 
    currency TEXT COLLATE "C", 
    source_context TEXT COLLATE "C", 
    external_id TEXT COLLATE "C", 
    placed_at TIMESTAMP WITH TIME ZONE, 
    deadline TIMESTAMP WITH TIME ZONE, 
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

ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY orders_scope ON orders USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER orders_organization_stays BEFORE UPDATE OF organization ON orders FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE organizations (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    slug TEXT COLLATE "C", 
    checkout_domain TEXT COLLATE "C", 
    consultation_domain TEXT COLLATE "C", 
    portal_domain TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX organizations_one_organization_per_checkout_domain ON organizations (checkout_domain) WHERE checkout_domain IS NOT NULL;

CREATE UNIQUE INDEX organizations_one_organization_per_consultation_domain ON organizations (consultation_domain) WHERE consultation_domain IS NOT NULL;

CREATE UNIQUE INDEX organizations_one_organization_per_portal_domain ON organizations (portal_domain) WHERE portal_domain IS NOT NULL;

CREATE UNIQUE INDEX organizations_one_organization_per_slug ON organizations (slug) WHERE slug IS NOT NULL;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY organizations_scope ON organizations USING (organization = current_setting('hlc.organization', true) OR current_setting('hlc.across', true) = 'organizations');

CREATE TRIGGER organizations_organization_stays BEFORE UPDATE OF organization ON organizations FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE patients (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    standing TEXT COLLATE "C", 
    email_key TEXT COLLATE "C", 
    account_key TEXT COLLATE "C", 
    claims TEXT COLLATE "C", 
    external_id TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX patients_by_claims ON patients (organization, claims) WHERE claims IS NOT NULL;

CREATE INDEX patients_by_email_key ON patients (organization, email_key) WHERE email_key IS NOT NULL;

CREATE UNIQUE INDEX patients_one_account_per_address ON patients (organization, account_key) WHERE account_key IS NOT NULL;

CREATE UNIQUE INDEX patients_one_patient_per_external_id ON patients (organization, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE patients ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY patients_scope ON patients USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER patients_organization_stays BEFORE UPDATE OF organization ON patients FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE payment_attempts (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    obligation TEXT COLLATE "C", 
    number BIGINT, 
    state TEXT COLLATE "C", 
    purpose TEXT COLLATE "C", 
    subject TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    amount BIGINT, 
    currency TEXT COLLATE "C", 
    gateway TEXT COLLATE "C", 
    object_id TEXT COLLATE "C", 
    opened_at TIMESTAMP WITH TIME ZONE, 
    settled_at TIMESTAMP WITH TIME ZONE, 
    next_check_at TIMESTAMP WITH TIME ZONE, 
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

ALTER TABLE payment_attempts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY payment_attempts_scope ON payment_attempts USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER payment_attempts_organization_stays BEFORE UPDATE OF organization ON payment_attempts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE processor_events (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    at TIMESTAMP WITH TIME ZONE, 
    kind TEXT COLLATE "C", 
    subject TEXT COLLATE "C", 
    attempt TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX processor_events_by_subject ON processor_events (organization, subject) WHERE subject IS NOT NULL;

ALTER TABLE processor_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY processor_events_scope ON processor_events USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER processor_events_organization_stays BEFORE UPDATE OF organization ON processor_events FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE products (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    name TEXT COLLATE "C", 
    price BIGINT, 
    currency TEXT COLLATE "C", 
    active BOOLEAN, 
    external_id TEXT COLLATE "C", 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX products_one_product_per_external_id ON products (organization, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE products ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY products_scope ON products USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER products_organization_stays BEFORE UPDATE OF organization ON products FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE recovery_cases (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT COLLATE "C", 
    invoice TEXT COLLATE "C", 
    subscription TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    amount BIGINT, 
    currency TEXT COLLATE "C", 
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

ALTER TABLE recovery_cases ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY recovery_cases_scope ON recovery_cases USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER recovery_cases_organization_stays BEFORE UPDATE OF organization ON recovery_cases FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE refunds (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    attempt TEXT COLLATE "C", 
    state TEXT COLLATE "C", 
    amount BIGINT, 
    currency TEXT COLLATE "C", 
    next_check_at TIMESTAMP WITH TIME ZONE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT refunds_state CHECK (state IN ('open', 'sent', 'unknown', 'refunded', 'refused', 'quarantine'))
);

CREATE INDEX refunds_by_attempt ON refunds (organization, attempt) WHERE attempt IS NOT NULL;

CREATE INDEX refunds_by_next_check_at ON refunds (organization, next_check_at) WHERE next_check_at IS NOT NULL;

ALTER TABLE refunds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY refunds_scope ON refunds USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER refunds_organization_stays BEFORE UPDATE OF organization ON refunds FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE saved_methods (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    patient TEXT COLLATE "C", 
    gateway TEXT COLLATE "C", 
    state TEXT COLLATE "C", 
    expires BIGINT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX saved_methods_by_patient ON saved_methods (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX saved_methods_by_state_expires ON saved_methods (organization, state, expires) WHERE expires IS NOT NULL;

ALTER TABLE saved_methods ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY saved_methods_scope ON saved_methods USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER saved_methods_organization_stays BEFORE UPDATE OF organization ON saved_methods FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE set_asides (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    waiting BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX set_asides_by_waiting ON set_asides (organization, waiting) WHERE waiting IS NOT NULL;

ALTER TABLE set_asides ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY set_asides_scope ON set_asides USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER set_asides_organization_stays BEFORE UPDATE OF organization ON set_asides FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE submissions (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    command TEXT COLLATE "C", 
    at TIMESTAMP WITH TIME ZONE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX submissions_by_at ON submissions (organization, at) WHERE at IS NOT NULL;

ALTER TABLE submissions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY submissions_scope ON submissions USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER submissions_organization_stays BEFORE UPDATE OF organization ON submissions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();

CREATE TABLE subscriptions (
    organization TEXT COLLATE "C" NOT NULL, 
    id TEXT COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    number TEXT COLLATE "C", 
    state TEXT COLLATE "C", 
    patient TEXT COLLATE "C", 
    order_id TEXT COLLATE "C", 
    line BIGINT, 
    product TEXT COLLATE "C", 
    cycle BIGINT, 
    next_due DATE, 
    method TEXT COLLATE "C", 
    external_id TEXT COLLATE "C", 
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

ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY subscriptions_scope ON subscriptions USING (organization = current_setting('hlc.organization', true));

CREATE TRIGGER subscriptions_organization_stays BEFORE UPDATE OF organization ON subscriptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION hlc_refuse();
