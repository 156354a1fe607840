-- Whoever is told of a run reads its title and its message in their own language.
ALTER TABLE play_launcher.flow_run
    ADD COLUMN title text,
    ADD COLUMN title_ko text,
    ADD COLUMN message_en text,
    ADD COLUMN message_ko text;
-- Beside `title`, which is English now; of runs that were launched before, in the language of the requester.
ALTER TABLE play_launcher.flow_execution ADD COLUMN title_ko text;
