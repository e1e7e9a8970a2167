CREATE TABLE api_keys (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER api_keys_organization_stays BEFORE UPDATE OF organization ON api_keys FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    changes TEXT, 
    scope TEXT, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER audit_entries_organization_stays BEFORE UPDATE OF organization ON audit_entries FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE audit_seals (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    number BIGINT, 
    count BIGINT, 
    last TEXT, 
    hash TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX audit_seals_one_seal_per_number ON audit_seals (organization, number) WHERE number IS NOT NULL;

CREATE TRIGGER audit_seals_organization_stays BEFORE UPDATE OF organization ON audit_seals FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER audit_seals_no_update BEFORE UPDATE ON audit_seals FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TRIGGER audit_seals_no_delete BEFORE DELETE ON audit_seals FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE chart_accesses (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    user_id TEXT, 
    open_chart TEXT, 
    ends_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT chart_accesses_state CHECK (state IN ('OPEN', 'CLOSED', 'JUSTIFIED', 'OBJECTED'))
);

CREATE INDEX chart_accesses_by_state_ends_at ON chart_accesses (organization, state, ends_at) WHERE ends_at IS NOT NULL;

CREATE UNIQUE INDEX chart_accesses_one_open_access_per_chart ON chart_accesses (organization, user_id, open_chart) WHERE open_chart IS NOT NULL;

CREATE TRIGGER chart_accesses_organization_stays BEFORE UPDATE OF organization ON chart_accesses FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE clinic_assignments (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    user_id TEXT, 
    role TEXT, 
    active BOOLEAN, 
    works_here BOOLEAN, 
    custom_role TEXT, 
    patient TEXT, 
    owner TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX clinic_assignments_by_custom_role ON clinic_assignments (organization, custom_role) WHERE custom_role IS NOT NULL;

CREATE INDEX clinic_assignments_by_works_here_id ON clinic_assignments (organization, works_here, id) WHERE id IS NOT NULL;

CREATE UNIQUE INDEX clinic_assignments_one_assignment_per_user ON clinic_assignments (organization, user_id) WHERE user_id IS NOT NULL;

CREATE UNIQUE INDEX clinic_assignments_one_owner ON clinic_assignments (organization, owner) WHERE owner IS NOT NULL;

CREATE UNIQUE INDEX clinic_assignments_one_portal_account_per_patient ON clinic_assignments (organization, patient) WHERE patient IS NOT NULL;

CREATE TRIGGER clinic_assignments_organization_stays BEFORE UPDATE OF organization ON clinic_assignments FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE credentials (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER credentials_organization_stays BEFORE UPDATE OF organization ON credentials FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE decisions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    review TEXT, 
    number BIGINT, 
    order_id TEXT, 
    outcome TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX decisions_one_decision_per_number ON decisions (organization, review, number) WHERE number IS NOT NULL;

CREATE TRIGGER decisions_organization_stays BEFORE UPDATE OF organization ON decisions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE dispatches (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    prescription TEXT, 
    standing_fill BIGINT, 
    standing_order TEXT, 
    patient TEXT, 
    order_id TEXT, 
    pharmacy TEXT, 
    available_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT dispatches_state CHECK (state IN ('QUEUED', 'SENDING', 'SENT', 'ACKNOWLEDGED', 'ERROR', 'CANCELLED'))
);

CREATE INDEX dispatches_by_available_at ON dispatches (organization, available_at) WHERE available_at IS NOT NULL;

CREATE INDEX dispatches_by_order_id ON dispatches (organization, order_id) WHERE order_id IS NOT NULL;

CREATE INDEX dispatches_by_prescription ON dispatches (organization, prescription) WHERE prescription IS NOT NULL;

CREATE INDEX dispatches_by_state ON dispatches (organization, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX dispatches_one_standing_dispatch_per_fill ON dispatches (organization, prescription, standing_fill) WHERE standing_fill IS NOT NULL;

CREATE UNIQUE INDEX dispatches_one_standing_dispatch_per_order ON dispatches (organization, prescription, standing_order) WHERE standing_order IS NOT NULL;

CREATE TRIGGER dispatches_organization_stays BEFORE UPDATE OF organization ON dispatches FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE drugs (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    "key" TEXT, 
    called TEXT, 
    active BOOLEAN, 
    external_id TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX drugs_by_called ON drugs (organization, called) WHERE called IS NOT NULL;

CREATE UNIQUE INDEX drugs_one_drug_per_external_id ON drugs (organization, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX drugs_one_drug_per_key ON drugs (organization, "key") WHERE key IS NOT NULL;

CREATE TRIGGER drugs_organization_stays BEFORE UPDATE OF organization ON drugs FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE encryption_keys (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    purpose TEXT, 
    number BIGINT, 
    state TEXT, 
    wrapped TEXT, 
    master TEXT, 
    made_at VARCHAR(32), 
    whole BOOLEAN, 
    replaced_at VARCHAR(32), 
    destroyed_at VARCHAR(32), 
    PRIMARY KEY (organization, id), 
    CONSTRAINT encryption_keys_state CHECK (state IN ('active', 'retiring', 'destroyed'))
);

CREATE TRIGGER encryption_keys_organization_stays BEFORE UPDATE OF organization ON encryption_keys FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE expiry_reminders (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    method TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER expiry_reminders_organization_stays BEFORE UPDATE OF organization ON expiry_reminders FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE guess_lanes (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    last_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX guess_lanes_by_last_at ON guess_lanes (organization, last_at) WHERE last_at IS NOT NULL;

CREATE TRIGGER guess_lanes_organization_stays BEFORE UPDATE OF organization ON guess_lanes FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE held_renewals (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    standing BOOLEAN, 
    why TEXT, 
    patient TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX held_renewals_by_patient ON held_renewals (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX held_renewals_by_standing_id ON held_renewals (organization, standing, id) WHERE id IS NOT NULL;

CREATE TRIGGER held_renewals_organization_stays BEFORE UPDATE OF organization ON held_renewals FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE impersonations (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    busy_actor TEXT, 
    ends_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT impersonations_state CHECK (state IN ('ACTIVE', 'ENDED', 'EXPIRED'))
);

CREATE INDEX impersonations_by_state_ends_at ON impersonations (organization, state, ends_at) WHERE ends_at IS NOT NULL;

CREATE UNIQUE INDEX impersonations_one_impersonation_per_actor ON impersonations (organization, busy_actor) WHERE busy_actor IS NOT NULL;

CREATE TRIGGER impersonations_organization_stays BEFORE UPDATE OF organization ON impersonations FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE inbound_messages (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    source TEXT, 
    event TEXT, 
    wait_key TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT inbound_messages_state CHECK (state IN ('received', 'failed', 'parked', 'held', 'processed'))
);

CREATE INDEX inbound_messages_by_source_id ON inbound_messages (organization, source, id) WHERE id IS NOT NULL;

CREATE INDEX inbound_messages_by_source_state_id ON inbound_messages (organization, source, state, id) WHERE id IS NOT NULL;

CREATE INDEX inbound_messages_by_state_id ON inbound_messages (organization, state, id) WHERE id IS NOT NULL;

CREATE INDEX inbound_messages_by_wait_key ON inbound_messages (organization, wait_key) WHERE wait_key IS NOT NULL;

CREATE UNIQUE INDEX inbound_messages_one_message_per_event ON inbound_messages (organization, event) WHERE event IS NOT NULL;

CREATE TRIGGER inbound_messages_organization_stays BEFORE UPDATE OF organization ON inbound_messages FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE intake_revisions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    intake TEXT, 
    number BIGINT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX intake_revisions_one_revision_per_number ON intake_revisions (organization, intake, number) WHERE number IS NOT NULL;

CREATE TRIGGER intake_revisions_organization_stays BEFORE UPDATE OF organization ON intake_revisions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE intakes (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    order_id TEXT, 
    patient TEXT, 
    state TEXT, 
    key_hash TEXT, 
    entered_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT intakes_state CHECK (state IN ('NOT_STARTED', 'IN_PROGRESS', 'SUBMITTED', 'NEEDS_CORRECTION', 'APPROVED', 'REJECTED'))
);

CREATE INDEX intakes_by_patient ON intakes (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX intakes_by_state ON intakes (organization, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX intakes_one_intake_per_key ON intakes (organization, key_hash) WHERE key_hash IS NOT NULL;

CREATE UNIQUE INDEX intakes_one_intake_per_order ON intakes (organization, order_id) WHERE order_id IS NOT NULL;

CREATE TRIGGER intakes_organization_stays BEFORE UPDATE OF organization ON intakes FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE invitations (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    pending_key TEXT, 
    expires_at VARCHAR(32), 
    works_here BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT invitations_state CHECK (state IN ('PENDING', 'ACCEPTED', 'REVOKED', 'EXPIRED'))
);

CREATE INDEX invitations_by_state_expires_at ON invitations (organization, state, expires_at) WHERE expires_at IS NOT NULL;

CREATE UNIQUE INDEX invitations_one_pending_invitation_per_address ON invitations (organization, pending_key) WHERE pending_key IS NOT NULL;

CREATE TRIGGER invitations_organization_stays BEFORE UPDATE OF organization ON invitations FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE known_devices (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    user_id TEXT, 
    last_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX known_devices_by_last_at ON known_devices (organization, last_at) WHERE last_at IS NOT NULL;

CREATE INDEX known_devices_by_user_id ON known_devices (organization, user_id) WHERE user_id IS NOT NULL;

CREATE TRIGGER known_devices_organization_stays BEFORE UPDATE OF organization ON known_devices FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE licences (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    clinician TEXT, 
    country TEXT, 
    state TEXT, 
    number TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX licences_by_clinician ON licences (organization, clinician) WHERE clinician IS NOT NULL;

CREATE UNIQUE INDEX licences_one_licence_per_number ON licences (organization, country, state, number) WHERE number IS NOT NULL;

CREATE TRIGGER licences_organization_stays BEFORE UPDATE OF organization ON licences FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE login_attempts (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    clinic TEXT, 
    user_id TEXT, 
    outcome TEXT, 
    at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX login_attempts_by_at ON login_attempts (organization, at) WHERE at IS NOT NULL;

CREATE INDEX login_attempts_by_clinic_id ON login_attempts (organization, clinic, id) WHERE id IS NOT NULL;

CREATE INDEX login_attempts_by_user_id_id ON login_attempts (organization, user_id, id) WHERE id IS NOT NULL;

CREATE TRIGGER login_attempts_organization_stays BEFORE UPDATE OF organization ON login_attempts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE logins (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    user_id TEXT, 
    state TEXT, 
    due_at VARCHAR(32), 
    traced_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT logins_state CHECK (state IN ('proved', 'challenged', 'done', 'failed'))
);

CREATE INDEX logins_by_due_at ON logins (organization, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX logins_by_traced_at ON logins (organization, traced_at) WHERE traced_at IS NOT NULL;

CREATE TRIGGER logins_organization_stays BEFORE UPDATE OF organization ON logins FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE mail_templates (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER mail_templates_organization_stays BEFORE UPDATE OF organization ON mail_templates FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    on_behalf_of TEXT, 
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

CREATE TABLE organization_roles (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    name_key TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX organization_roles_one_role_per_name ON organization_roles (organization, name_key) WHERE name_key IS NOT NULL;

CREATE TRIGGER organization_roles_organization_stays BEFORE UPDATE OF organization ON organization_roles FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE organization_secrets (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE TRIGGER organization_secrets_organization_stays BEFORE UPDATE OF organization ON organization_secrets FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE partner_records (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    partner TEXT, 
    kind TEXT, 
    record TEXT, 
    customer TEXT, 
    patient TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX partner_records_by_customer ON partner_records (organization, customer) WHERE customer IS NOT NULL;

CREATE INDEX partner_records_by_kind_id ON partner_records (organization, kind, id) WHERE id IS NOT NULL;

CREATE INDEX partner_records_by_partner_id ON partner_records (organization, partner, id) WHERE id IS NOT NULL;

CREATE INDEX partner_records_by_partner_kind_id ON partner_records (organization, partner, kind, id) WHERE id IS NOT NULL;

CREATE UNIQUE INDEX partner_records_one_record_per_partner_kind_and_id ON partner_records (organization, record) WHERE record IS NOT NULL;

CREATE TRIGGER partner_records_organization_stays BEFORE UPDATE OF organization ON partner_records FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE password_resets (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    expires_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX password_resets_by_expires_at ON password_resets (organization, expires_at) WHERE expires_at IS NOT NULL;

CREATE TRIGGER password_resets_organization_stays BEFORE UPDATE OF organization ON password_resets FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE patient_documents (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    patient TEXT, 
    kind TEXT, 
    "key" TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX patient_documents_by_patient ON patient_documents (organization, patient) WHERE patient IS NOT NULL;

CREATE UNIQUE INDEX patient_documents_one_document_per_kind_and_partner ON patient_documents (organization, "key") WHERE key IS NOT NULL;

CREATE TRIGGER patient_documents_organization_stays BEFORE UPDATE OF organization ON patient_documents FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE patient_grams (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    patient TEXT, 
    gram TEXT, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX patient_grams_by_gram ON patient_grams (organization, gram) WHERE gram IS NOT NULL;

CREATE INDEX patient_grams_by_patient ON patient_grams (organization, patient) WHERE patient IS NOT NULL;

CREATE TRIGGER patient_grams_organization_stays BEFORE UPDATE OF organization ON patient_grams FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE patient_links (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    patient TEXT, 
    system TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX patient_links_by_patient ON patient_links (organization, patient) WHERE patient IS NOT NULL;

CREATE TRIGGER patient_links_organization_stays BEFORE UPDATE OF organization ON patient_links FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE patient_merges (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    duplicate TEXT, 
    into_patient TEXT, 
    at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT patient_merges_state CHECK (state IN ('merged', 'undone'))
);

CREATE INDEX patient_merges_by_duplicate ON patient_merges (organization, duplicate) WHERE duplicate IS NOT NULL;

CREATE INDEX patient_merges_by_into_patient ON patient_merges (organization, into_patient) WHERE into_patient IS NOT NULL;

CREATE TRIGGER patient_merges_organization_stays BEFORE UPDATE OF organization ON patient_merges FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE patients (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    standing TEXT, 
    email_key TEXT, 
    account_key TEXT, 
    phone_key TEXT, 
    number_key TEXT, 
    claims TEXT, 
    external_id TEXT, 
    "indexed" BIGINT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX patients_by_claims ON patients (organization, claims) WHERE claims IS NOT NULL;

CREATE INDEX patients_by_email_key ON patients (organization, email_key) WHERE email_key IS NOT NULL;

CREATE INDEX patients_by_indexed ON patients (organization, "indexed") WHERE indexed IS NOT NULL;

CREATE INDEX patients_by_phone_key ON patients (organization, phone_key) WHERE phone_key IS NOT NULL;

CREATE UNIQUE INDEX patients_one_account_per_address ON patients (organization, account_key) WHERE account_key IS NOT NULL;

CREATE UNIQUE INDEX patients_one_patient_per_external_id ON patients (organization, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX patients_one_patient_per_number ON patients (organization, number_key) WHERE number_key IS NOT NULL;

CREATE TRIGGER patients_organization_stays BEFORE UPDATE OF organization ON patients FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE prescriptions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    number TEXT, 
    state TEXT, 
    patient TEXT, 
    order_id TEXT, 
    standing_drug TEXT, 
    subscription TEXT, 
    last_day DATE, 
    blocked BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT prescriptions_state CHECK (state IN ('DRAFT', 'ACTIVE', 'ON_HOLD', 'DEPLETED', 'EXPIRED', 'CANCELLED'))
);

CREATE INDEX prescriptions_by_last_day ON prescriptions (organization, last_day) WHERE last_day IS NOT NULL;

CREATE INDEX prescriptions_by_order_id ON prescriptions (organization, order_id) WHERE order_id IS NOT NULL;

CREATE INDEX prescriptions_by_patient ON prescriptions (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX prescriptions_by_state ON prescriptions (organization, state) WHERE state IS NOT NULL;

CREATE INDEX prescriptions_by_subscription ON prescriptions (organization, subscription) WHERE subscription IS NOT NULL;

CREATE UNIQUE INDEX prescriptions_one_prescription_per_number ON prescriptions (organization, number) WHERE number IS NOT NULL;

CREATE UNIQUE INDEX prescriptions_one_standing_prescription_per_drug ON prescriptions (organization, order_id, standing_drug) WHERE standing_drug IS NOT NULL;

CREATE TRIGGER prescriptions_organization_stays BEFORE UPDATE OF organization ON prescriptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE questionnaires (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    "key" TEXT, 
    number BIGINT, 
    hash TEXT, 
    state TEXT, 
    published_key TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT questionnaires_state CHECK (state IN ('DRAFT', 'PUBLISHED', 'RETIRED'))
);

CREATE UNIQUE INDEX questionnaires_one_published_questionnaire_per_key ON questionnaires (organization, published_key) WHERE published_key IS NOT NULL;

CREATE UNIQUE INDEX questionnaires_one_questionnaire_per_number ON questionnaires (organization, "key", number) WHERE number IS NOT NULL;

CREATE TRIGGER questionnaires_organization_stays BEFORE UPDATE OF organization ON questionnaires FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE queue_items (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    source TEXT, 
    readiness TEXT, 
    subject TEXT, 
    open_subject TEXT, 
    patient TEXT, 
    open_patient TEXT, 
    place TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT queue_items_state CHECK (state IN ('waiting', 'withheld', 'prescribed', 'declined', 'removed', 'completed'))
);

CREATE INDEX queue_items_by_open_patient ON queue_items (organization, open_patient) WHERE open_patient IS NOT NULL;

CREATE INDEX queue_items_by_patient_state_place ON queue_items (organization, patient, state, place) WHERE place IS NOT NULL;

CREATE INDEX queue_items_by_state_place ON queue_items (organization, state, place) WHERE place IS NOT NULL;

CREATE INDEX queue_items_by_state_readiness_place ON queue_items (organization, state, readiness, place) WHERE place IS NOT NULL;

CREATE INDEX queue_items_by_state_source_place ON queue_items (organization, state, source, place) WHERE place IS NOT NULL;

CREATE INDEX queue_items_by_subject ON queue_items (organization, subject) WHERE subject IS NOT NULL;

CREATE UNIQUE INDEX queue_items_one_open_item_per_subject ON queue_items (organization, open_subject) WHERE open_subject IS NOT NULL;

CREATE TRIGGER queue_items_organization_stays BEFORE UPDATE OF organization ON queue_items FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE refills (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    state TEXT, 
    origin TEXT, 
    fill BIGINT, 
    patient TEXT, 
    prescription TEXT, 
    invoice TEXT, 
    order_id TEXT, 
    subscription TEXT, 
    due_on DATE, 
    scheduled_on DATE, 
    waiting_since DATE, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT refills_state CHECK (state IN ('SCHEDULED', 'PENDING_PROVIDER', 'APPROVED', 'COMPLETED', 'DECLINED', 'CANCELLED'))
);

CREATE INDEX refills_by_invoice ON refills (organization, invoice) WHERE invoice IS NOT NULL;

CREATE INDEX refills_by_order_id ON refills (organization, order_id) WHERE order_id IS NOT NULL;

CREATE INDEX refills_by_patient ON refills (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX refills_by_prescription ON refills (organization, prescription) WHERE prescription IS NOT NULL;

CREATE INDEX refills_by_scheduled_on ON refills (organization, scheduled_on) WHERE scheduled_on IS NOT NULL;

CREATE INDEX refills_by_state ON refills (organization, state) WHERE state IS NOT NULL;

CREATE INDEX refills_by_subscription ON refills (organization, subscription) WHERE subscription IS NOT NULL;

CREATE INDEX refills_by_waiting_since ON refills (organization, waiting_since) WHERE waiting_since IS NOT NULL;

CREATE UNIQUE INDEX refills_one_refill_per_fill ON refills (organization, origin, fill) WHERE fill IS NOT NULL;

CREATE TRIGGER refills_organization_stays BEFORE UPDATE OF organization ON refills FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE reviews (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    intake TEXT, 
    order_id TEXT, 
    patient TEXT, 
    state TEXT, 
    entered_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT reviews_state CHECK (state IN ('WAITING', 'CLAIMED', 'WITH_PATIENT', 'WITH_LAB', 'APPROVED', 'REJECTED', 'CLOSED'))
);

CREATE INDEX reviews_by_state ON reviews (organization, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX reviews_one_review_per_intake ON reviews (organization, intake) WHERE intake IS NOT NULL;

CREATE UNIQUE INDEX reviews_one_review_per_order ON reviews (organization, order_id) WHERE order_id IS NOT NULL;

CREATE TRIGGER reviews_organization_stays BEFORE UPDATE OF organization ON reviews FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE sessions (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    user_id TEXT, 
    state TEXT, 
    ends_at VARCHAR(32), 
    traced_at VARCHAR(32), 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT sessions_state CHECK (state IN ('open', 'signed_out', 'revoked', 'stolen', 'expired'))
);

CREATE INDEX sessions_by_state_ends_at ON sessions (organization, state, ends_at) WHERE state = 'open' AND ends_at IS NOT NULL;

CREATE INDEX sessions_by_state_user_id ON sessions (organization, state, user_id) WHERE state = 'open' AND user_id IS NOT NULL;

CREATE INDEX sessions_by_traced_at ON sessions (organization, traced_at) WHERE traced_at IS NOT NULL;

CREATE INDEX sessions_by_user_id_id ON sessions (organization, user_id, id) WHERE id IS NOT NULL;

CREATE TRIGGER sessions_organization_stays BEFORE UPDATE OF organization ON sessions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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

CREATE TABLE users (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    email_key TEXT, 
    active BOOLEAN, 
    super_admin BOOLEAN, 
    clinics BIGINT, 
    strays BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id)
);

CREATE INDEX users_by_clinics ON users (organization, clinics) WHERE clinics IS NOT NULL;

CREATE INDEX users_by_strays_id ON users (organization, strays, id) WHERE id IS NOT NULL;

CREATE UNIQUE INDEX users_one_user_per_address ON users (organization, email_key) WHERE email_key IS NOT NULL;

CREATE TRIGGER users_organization_stays BEFORE UPDATE OF organization ON users FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    CONSTRAINT checkouts_state CHECK (state IN ('paying', 'action', 'checking', 'succeeded', 'declined')), 
    CONSTRAINT checkouts_cart_is_ours FOREIGN KEY(organization, cart) REFERENCES carts (organization, id) DEFERRABLE INITIALLY DEFERRED
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
    CONSTRAINT coupon_redemptions_state CHECK (state IN ('held', 'redeemed', 'released')), 
    CONSTRAINT coupon_redemptions_coupon_is_ours FOREIGN KEY(organization, coupon) REFERENCES coupons (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX coupon_redemptions_by_coupon_state ON coupon_redemptions (organization, coupon, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX coupon_redemptions_one_claim_per_patient_slot ON coupon_redemptions (organization, coupon, patient, patient_slot) WHERE patient_slot IS NOT NULL;

CREATE UNIQUE INDEX coupon_redemptions_one_claim_per_slot ON coupon_redemptions (organization, coupon, slot) WHERE slot IS NOT NULL;

CREATE TRIGGER coupon_redemptions_organization_stays BEFORE UPDATE OF organization ON coupon_redemptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    awaits_script BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT invoices_state CHECK (state IN ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE')), 
    CONSTRAINT invoices_patient_is_ours FOREIGN KEY(organization, patient) REFERENCES patients (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX invoices_by_awaits_script ON invoices (organization, awaits_script) WHERE awaits_script IS NOT NULL;

CREATE INDEX invoices_by_patient ON invoices (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX invoices_by_state_due_on ON invoices (organization, state, due_on) WHERE due_on IS NOT NULL;

CREATE UNIQUE INDEX invoices_one_invoice_per_cycle ON invoices (organization, subscription, cycle) WHERE cycle IS NOT NULL;

CREATE UNIQUE INDEX invoices_one_invoice_per_obligation ON invoices (organization, obligation) WHERE obligation IS NOT NULL;

CREATE UNIQUE INDEX invoices_one_number_per_kind ON invoices (organization, kind, number) WHERE number IS NOT NULL;

CREATE TRIGGER invoices_organization_stays BEFORE UPDATE OF organization ON invoices FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    CONSTRAINT payment_attempts_state CHECK (state IN ('open', 'sent', 'action', 'unknown', 'closing', 'closed', 'paid', 'quarantine')), 
    CONSTRAINT payment_attempts_patient_is_ours FOREIGN KEY(organization, patient) REFERENCES patients (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX payment_attempts_by_gateway_settled_at ON payment_attempts (organization, gateway, settled_at) WHERE settled_at IS NOT NULL;

CREATE INDEX payment_attempts_by_next_check_at ON payment_attempts (organization, next_check_at) WHERE next_check_at IS NOT NULL;

CREATE INDEX payment_attempts_by_state ON payment_attempts (organization, state) WHERE state = 'quarantine' AND state IS NOT NULL;

CREATE UNIQUE INDEX payment_attempts_one_attempt_per_gateway_object ON payment_attempts (organization, gateway, object_id) WHERE object_id IS NOT NULL;

CREATE UNIQUE INDEX payment_attempts_one_number_per_obligation ON payment_attempts (organization, obligation, number) WHERE number IS NOT NULL;

CREATE UNIQUE INDEX payment_attempts_one_unclosed_attempt_per_obligation ON payment_attempts (organization, obligation) WHERE state <> 'closed' AND obligation IS NOT NULL;

CREATE TRIGGER payment_attempts_organization_stays BEFORE UPDATE OF organization ON payment_attempts FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

CREATE TABLE saved_methods (
    organization TEXT NOT NULL, 
    id TEXT NOT NULL, 
    version BIGINT NOT NULL, 
    patient TEXT, 
    gateway TEXT, 
    state TEXT, 
    expires BIGINT, 
    default_of TEXT, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT saved_methods_patient_is_ours FOREIGN KEY(organization, patient) REFERENCES patients (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX saved_methods_by_patient ON saved_methods (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX saved_methods_by_state_expires ON saved_methods (organization, state, expires) WHERE expires IS NOT NULL;

CREATE UNIQUE INDEX saved_methods_one_default_a_patient ON saved_methods (organization, default_of) WHERE default_of IS NOT NULL;

CREATE TRIGGER saved_methods_organization_stays BEFORE UPDATE OF organization ON saved_methods FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    queued BOOLEAN, 
    body TEXT NOT NULL, 
    PRIMARY KEY (organization, id), 
    CONSTRAINT orders_state CHECK (state IN ('INCOMPLETE', 'PENDING', 'AWAITING_PAYMENT', 'AWAITING_REQUIREMENTS', 'PROCESSING', 'AWAITING_REQUISITION', 'AWAITING_RESULTS', 'AWAITING_SCRIPT', 'AWAITING_FULFILLMENT', 'AWAITING_SHIPMENT', 'SHIPPED', 'COMPLETED', 'RETURNED', 'REJECTED', 'CANCELLED', 'REFUNDED')), 
    CONSTRAINT orders_invoice_is_ours FOREIGN KEY(organization, invoice) REFERENCES invoices (organization, id) DEFERRABLE INITIALLY DEFERRED, 
    CONSTRAINT orders_patient_is_ours FOREIGN KEY(organization, patient) REFERENCES patients (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX orders_by_deadline ON orders (organization, deadline) WHERE deadline IS NOT NULL;

CREATE INDEX orders_by_patient ON orders (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX orders_by_queued ON orders (organization, queued) WHERE queued IS NOT NULL;

CREATE INDEX orders_by_state ON orders (organization, state) WHERE state IS NOT NULL;

CREATE INDEX orders_by_subscription ON orders (organization, subscription) WHERE subscription IS NOT NULL;

CREATE UNIQUE INDEX orders_one_order_per_external_id ON orders (organization, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX orders_one_order_per_invoice ON orders (organization, invoice) WHERE invoice IS NOT NULL;

CREATE UNIQUE INDEX orders_one_order_per_number ON orders (organization, number) WHERE number IS NOT NULL;

CREATE TRIGGER orders_organization_stays BEFORE UPDATE OF organization ON orders FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    CONSTRAINT refunds_state CHECK (state IN ('open', 'sent', 'unknown', 'refunded', 'refused', 'quarantine')), 
    CONSTRAINT refunds_attempt_is_ours FOREIGN KEY(organization, attempt) REFERENCES payment_attempts (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX refunds_by_attempt ON refunds (organization, attempt) WHERE attempt IS NOT NULL;

CREATE INDEX refunds_by_next_check_at ON refunds (organization, next_check_at) WHERE next_check_at IS NOT NULL;

CREATE TRIGGER refunds_organization_stays BEFORE UPDATE OF organization ON refunds FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    CONSTRAINT subscriptions_state CHECK (state IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'PAUSED', 'CANCELLED', 'COMPLETED')), 
    CONSTRAINT subscriptions_patient_is_ours FOREIGN KEY(organization, patient) REFERENCES patients (organization, id) DEFERRABLE INITIALLY DEFERRED, 
    CONSTRAINT subscriptions_order_id_is_ours FOREIGN KEY(organization, order_id) REFERENCES orders (organization, id) DEFERRABLE INITIALLY DEFERRED, 
    CONSTRAINT subscriptions_product_is_ours FOREIGN KEY(organization, product) REFERENCES products (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX subscriptions_by_next_due ON subscriptions (organization, next_due) WHERE next_due IS NOT NULL;

CREATE INDEX subscriptions_by_patient ON subscriptions (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX subscriptions_by_state ON subscriptions (organization, state) WHERE state IS NOT NULL;

CREATE UNIQUE INDEX subscriptions_one_subscription_per_external_id ON subscriptions (organization, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX subscriptions_one_subscription_per_number ON subscriptions (organization, number) WHERE number IS NOT NULL;

CREATE UNIQUE INDEX subscriptions_one_subscription_per_order_line ON subscriptions (organization, order_id, line) WHERE line IS NOT NULL;

CREATE TRIGGER subscriptions_organization_stays BEFORE UPDATE OF organization ON subscriptions FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;

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
    CONSTRAINT recovery_cases_state CHECK (state IN ('RETRY_SCHEDULED', 'NEEDS_PAYMENT_METHOD', 'RESOLVED', 'FAILED_FINAL')), 
    CONSTRAINT recovery_cases_invoice_is_ours FOREIGN KEY(organization, invoice) REFERENCES invoices (organization, id) DEFERRABLE INITIALLY DEFERRED, 
    CONSTRAINT recovery_cases_subscription_is_ours FOREIGN KEY(organization, subscription) REFERENCES subscriptions (organization, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX recovery_cases_by_due_on ON recovery_cases (organization, due_on) WHERE due_on IS NOT NULL;

CREATE INDEX recovery_cases_by_patient ON recovery_cases (organization, patient) WHERE patient IS NOT NULL;

CREATE INDEX recovery_cases_by_state ON recovery_cases (organization, state) WHERE state IS NOT NULL;

CREATE INDEX recovery_cases_by_subscription ON recovery_cases (organization, subscription) WHERE subscription IS NOT NULL;

CREATE UNIQUE INDEX recovery_cases_one_case_per_invoice ON recovery_cases (organization, invoice) WHERE invoice IS NOT NULL;

CREATE TRIGGER recovery_cases_organization_stays BEFORE UPDATE OF organization ON recovery_cases FOR EACH ROW WHEN (OLD.organization <> NEW.organization) BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END;
