-- A copy of the contacts of customers, fed by their events: whether a mail to one may still be sent.
CREATE TABLE notifier.customer_contact (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    domain text COLLATE "C" NOT NULL,
    active boolean
);
SELECT notifier.separate('customer_contact');
