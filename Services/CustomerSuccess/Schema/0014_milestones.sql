-- Success milestone (G-118).
CREATE TABLE customer_success.success_milestone (
    success_objective uuid NOT NULL REFERENCES customer_success.success_objective,
    success_outcome uuid REFERENCES customer_success.success_outcome,
    engagement uuid REFERENCES customer_success.engagement,
    account uuid,
    title text NOT NULL,
    description text,
    target_date date NOT NULL,
    reached_on date,
    owner text,
    state text NOT NULL
        CONSTRAINT success_milestone_state_choice CHECK (state IN ('planned', 'reached', 'missed', 'canceled')),
    CONSTRAINT success_milestone_reached CHECK ((state = 'reached') = (reached_on IS NOT NULL))
);
SELECT customer_success.make_record('success_milestone', numbered => true, ended => '{reached,missed,canceled}');
CREATE INDEX success_milestone_owner ON customer_success.success_milestone (owner);
CREATE INDEX success_milestone_planned ON customer_success.success_milestone (target_date) WHERE state = 'planned';
