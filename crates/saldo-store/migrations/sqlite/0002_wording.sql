-- The wording in which everything was last accounted.
alter table company add column worded_by integer not null default 1;
