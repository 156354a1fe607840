-- What moved last in an engagement, in the order in which its page shows it (ADR 0070).
CREATE INDEX risk_signal_raised ON customer_success.risk_signal (engagement, created_at DESC, id DESC);
CREATE INDEX risk_signal_ended ON customer_success.risk_signal (engagement, closed_at DESC, id DESC)
    WHERE closed_at IS NOT NULL;
CREATE INDEX touchpoint_held ON customer_success.touchpoint (engagement, closed_at DESC, id DESC)
    WHERE state = 'closed';
CREATE INDEX success_milestone_reached ON customer_success.success_milestone (engagement, reached_on DESC, id DESC)
    WHERE reached_on IS NOT NULL;
