-- The wording in which everything was last accounted; zero before there was one, so that what stands
-- is accounted again once.
alter table company add column worded_by integer not null default 0;
