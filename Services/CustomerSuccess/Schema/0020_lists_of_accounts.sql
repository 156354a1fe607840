-- What belongs to an account, in the order of its list: for customers it is all they see. Each index takes the place of the
-- one on the account alone.
DO $$
DECLARE item text;
BEGIN
    FOREACH item IN ARRAY ARRAY['engagement', 'success_objective', 'success_outcome', 'success_initiative', 'success_case',
        'success_task', 'touchpoint', 'risk_signal', 'internal_play', 'internal_play_task']
    LOOP
        EXECUTE format('DROP INDEX customer_success.%I', item || '_account');
        EXECUTE format('CREATE INDEX %I ON customer_success.%I (account, id)', item || '_account', item);
    END LOOP;
END
$$;

-- All objectives of an account, behind View all.
CREATE INDEX success_objective_planned ON customer_success.success_objective (account, planned_stop, id);

-- One's own engagements by renewal, as a manager of either kind.
DROP INDEX customer_success.engagement_customer_success_manager;
CREATE INDEX engagement_customer_success_manager
    ON customer_success.engagement (customer_success_manager, active, renewal_date, id);
DROP INDEX customer_success.engagement_account_manager;
CREATE INDEX engagement_account_manager ON customer_success.engagement (account_manager, active, renewal_date, id);
