-- What lists and pages ask for, in the order they show it: one's own open work by date, and that of the record it hangs
-- on. `active` stands between, so that one index serves these and whoever asks for the column alone: it takes the place
-- of the index on that column.

DO $$
DECLARE item record;
BEGIN
    FOR item IN SELECT * FROM (VALUES
        ('touchpoint', 'assigned_to', 'due_date'), ('touchpoint', 'engagement', 'due_date'),
        ('success_initiative', 'assigned_to', 'due_date'), ('success_initiative', 'engagement', 'due_date'),
        ('success_case', 'assigned_to', 'due_date'), ('success_case', 'engagement', 'due_date'),
        ('risk_signal', 'assigned_to', 'due_date'), ('risk_signal', 'engagement', 'due_date'),
        ('success_task', 'assigned_to', 'due_date'), ('success_task', 'parent', 'due_date'),
        ('internal_play', 'assigned_to', 'due_date'), ('internal_play', 'engagement', 'due_date'),
        ('internal_play_task', 'assigned_to', 'due_date'), ('internal_play_task', 'internal_play', 'due_date'),
        ('success_objective', 'objective_owner', 'planned_stop'), ('success_objective', 'engagement', 'planned_stop'),
        ('success_outcome', 'owner', 'planned_stop')) AS listed (kind, whose, day)
    LOOP
        EXECUTE format('DROP INDEX customer_success.%I', item.kind || '_' || item.whose);
        EXECUTE format('CREATE INDEX %I ON customer_success.%I (%I, active, %I, id)', item.kind || '_' || item.whose,
            item.kind, item.whose, item.day);
    END LOOP;
END
$$;

-- The page of an engagement shows the meetings to come, that of an objective all outcomes, and all initiatives of each.
CREATE INDEX touchpoint_upcoming ON customer_success.touchpoint (engagement, coalesce(meeting_date, due_date), id)
    WHERE active;
DROP INDEX customer_success.success_outcome_success_objective;
CREATE INDEX success_outcome_success_objective
    ON customer_success.success_outcome (success_objective, planned_stop, id);
DROP INDEX customer_success.success_initiative_success_outcome;
CREATE INDEX success_initiative_success_outcome
    ON customer_success.success_initiative (success_outcome, due_date, id);
DROP INDEX customer_success.success_milestone_success_objective;
CREATE INDEX success_milestone_success_objective
    ON customer_success.success_milestone (success_objective, target_date, id);
DROP INDEX customer_success.success_milestone_owner;
CREATE INDEX success_milestone_owner ON customer_success.success_milestone (owner, active, target_date, id);
