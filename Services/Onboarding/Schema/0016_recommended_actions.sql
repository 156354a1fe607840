-- Recommended actions for cases and tasks (G-132).
SELECT onboarding.make_recommended_actions();
