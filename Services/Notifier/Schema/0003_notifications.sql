-- Success launcher notifier.
CREATE SEQUENCE notifier.success_launcher_notifier_number;
CREATE TABLE notifier.success_launcher_notifier (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    number text NOT NULL
        CONSTRAINT success_launcher_notifier_number_unique UNIQUE,
    status text NOT NULL
        CONSTRAINT success_launcher_notifier_status_choice CHECK (status IN ('started', 'in_progress', 'completed', 'failed')),
    definition_record uuid,
    flow_run text
        CONSTRAINT success_launcher_notifier_run_unique UNIQUE,
    source_table text,
    source_record uuid,
    engagement uuid,
    inputs text,
    requested_by text,
    started_at timestamptz,
    completed_at timestamptz,
    message text
);
CREATE INDEX success_launcher_notifier_domain ON notifier.success_launcher_notifier (domain, id);
CREATE INDEX success_launcher_notifier_definition_record ON notifier.success_launcher_notifier (definition_record);
CREATE INDEX success_launcher_notifier_source_record ON notifier.success_launcher_notifier (source_record);
CREATE INDEX success_launcher_notifier_engagement ON notifier.success_launcher_notifier (engagement);
CREATE INDEX success_launcher_notifier_requested_by ON notifier.success_launcher_notifier (requested_by);
SELECT notifier.separate('success_launcher_notifier');

-- Notification.
CREATE TABLE notifier.in_app_notification (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    "user" text NOT NULL,
    subject text NOT NULL,
    body text,
    kind text,
    source_table text,
    source_record uuid,
    read_at timestamptz
);
CREATE INDEX in_app_notification_domain ON notifier.in_app_notification (domain, id);
CREATE INDEX in_app_notification_user ON notifier.in_app_notification ("user", id);
CREATE INDEX in_app_notification_source_record ON notifier.in_app_notification (source_record);
SELECT notifier.separate('in_app_notification');

-- E-mail delivery.
CREATE TABLE notifier.email_delivery (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    "user" text,
    recipient text NOT NULL,
    template text,
    subject text,
    state text NOT NULL
        CONSTRAINT email_delivery_state_choice CHECK (state IN ('queued', 'sent', 'failed')),
    attempts integer NOT NULL,
    last_error text,
    sent_at timestamptz,
    source_table text,
    source_record uuid
);
CREATE INDEX email_delivery_domain ON notifier.email_delivery (domain, id);
CREATE INDEX email_delivery_user ON notifier.email_delivery ("user");
CREATE INDEX email_delivery_source_record ON notifier.email_delivery (source_record);
SELECT notifier.separate('email_delivery');

-- Deliveries that are still to be sent, with what their mail is made of. A delivery belongs to the sender `owner` until
-- `lease_until`; then another may take it.
CREATE TABLE notifier.mail_queue (
    delivery uuid PRIMARY KEY
        CONSTRAINT mail_queue_delivery_fkey REFERENCES notifier.email_delivery ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    language text NOT NULL
        CONSTRAINT mail_queue_language_choice CHECK (language IN ('en', 'ko')),
    recipient_name text,
    -- Values of the template, a JSON object of texts.
    contents text NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),
    owner uuid,
    lease_until timestamptz
);
CREATE INDEX mail_queue_due ON notifier.mail_queue (due_at);
SELECT notifier.separate('mail_queue');
