-- What choices are called in Korean.
ALTER TABLE play_launcher.ale_choice ADD COLUMN name_ko text;
