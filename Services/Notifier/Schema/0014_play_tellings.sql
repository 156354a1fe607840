-- Whom a launcher notifier told what, and when. The notification itself is its reader's alone, the delivery the administrator's.
CREATE TABLE notifier.play_telling (
    id uuid PRIMARY KEY,
    notifier uuid NOT NULL
        CONSTRAINT play_telling_notifier_fkey REFERENCES notifier.success_launcher_notifier ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    "user" text NOT NULL,
    kind text NOT NULL,
    delivery uuid
        CONSTRAINT play_telling_delivery_fkey REFERENCES notifier.email_delivery ON DELETE SET NULL
);
CREATE INDEX play_telling_notifier ON notifier.play_telling (notifier, id DESC);
CREATE INDEX play_telling_delivery ON notifier.play_telling (delivery) WHERE delivery IS NOT NULL;
SELECT notifier.separate('play_telling');
