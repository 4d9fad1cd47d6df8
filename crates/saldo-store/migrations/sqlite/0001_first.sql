-- Instants are microseconds since 1970 in UTC, dates are texts like 2026-01-31,
-- amounts are whole minor units, debit positive.

-- Who and where. -------------------------------------------------------------------------------

create table company (
    id text primary key,
    name text not null,
    currency text not null,
    timezone text not null,
    start_date text not null,
    -- The last number that was given to a touched slot.
    slot_seq integer not null default 0,
    -- The revision of the policy by which everything was last accounted.
    accounted_by integer not null default 0
) strict;

create table connection (
    company text not null references company (id),
    id text not null,
    role text not null check (role in ('channel', 'book', 'owner')),
    adapter text not null,
    settings text not null,
    addresses text not null,
    primary key (company, id)
) strict;

create table secret (
    company text not null,
    connection text not null,
    name text not null,
    sealed blob not null,
    previous blob,
    primary key (company, connection, name),
    foreign key (company, connection) references connection (company, id)
) strict;

create table lease (
    company text not null references company (id),
    -- Empty for the lease of the company itself.
    connection text not null,
    holder text not null,
    epoch integer not null,
    until integer not null,
    primary key (company, connection)
) strict;

-- What is worth knowing of a connection now: why it failed last, and when it was asked lately.
create table note (
    company text not null,
    connection text not null,
    kind text not null,
    body text not null,
    at integer not null,
    primary key (company, connection, kind),
    foreign key (company, connection) references connection (company, id)
) strict, without rowid;

create table cursor (
    company text not null,
    connection text not null,
    stream text not null,
    cursor text not null,
    reached integer,
    primary key (company, connection, stream),
    foreign key (company, connection) references connection (company, id)
) strict;

-- What channels said, and how it was read. -----------------------------------------------------

-- What large columns are compressed against, by kind; their first bytes are its number.
create table sample (
    company text not null references company (id),
    number integer not null,
    kind text not null,
    body blob not null,
    primary key (company, number),
    unique (company, kind)
) strict;

-- That there is the company is seen at the lease; to look again at each row would be a cost.
create table record (
    company text not null,
    connection text not null,
    stream text not null,
    id text not null,
    version integer not null,
    hash blob not null,
    fetched_at integer not null,
    body blob not null,
    -- How it was read: a cache. It counts in the latest version alone.
    groups text not null,
    name text,
    issue text,
    primary key (company, connection, stream, id, version)
) strict;

create index record_name on record (company, name) where name is not null;
create index record_issue on record (company, connection, stream, id) where issue is not null;

-- What follows from it. ------------------------------------------------------------------------

create table fact_group (
    company text not null,
    group_id text not null,
    members text not null,
    -- How often its records changed, and how many of these changes accounting has seen.
    marked integer not null,
    accounted integer not null,
    wake_at integer,
    unsettled integer not null default 0,
    states text not null default '[]',
    -- The slot that it first had entries in; most groups have one. For the others see further_slot.
    slot text,
    slot_seq integer,
    slot_entries integer not null default 0,
    -- In a form of their own, compressed like the bodies of records; none before it is accounted.
    entries blob,
    -- Whether its figures were worked out since it was last accounted.
    figured integer not null default 0,
    primary key (company, group_id)
) strict;

create index fact_group_dirty on fact_group (company, group_id) where marked > accounted;
create index fact_group_wake on fact_group (company, wake_at) where wake_at is not null;
create index fact_group_unsettled on fact_group (company, group_id) where unsettled > 0;
create index fact_group_slot on fact_group (company, slot, group_id) where slot is not null;
-- By company alone: at first it is all groups, and their names would be most of it.
create index fact_group_unfigured on fact_group (company) where figured = 0;
create unique index fact_group_slot_seq on fact_group (company, slot_seq)
    where slot_seq is not null;

create table state_count (
    company text not null references company (id),
    state text not null,
    count integer not null,
    primary key (company, state)
) strict;

-- The slots of groups that have entries in several, but for the first.
create table further_slot (
    company text not null references company (id),
    slot text not null,
    group_id text not null,
    seq integer not null,
    entries integer not null,
    primary key (company, slot, group_id)
) strict, without rowid;

create index further_slot_group on further_slot (company, group_id, slot);
create unique index further_slot_seq on further_slot (company, seq);

-- Which groups have entries in a slot, how many, and the number under which they were last touched;
-- no entries where a group had some once.
create view slot as
    select company, slot, group_id, slot_seq as seq, slot_entries as entries
    from fact_group where slot is not null
    union all
    select company, slot, group_id, seq, entries from further_slot;

-- What was decided. ----------------------------------------------------------------------------

create table policy (
    company text not null references company (id),
    revision integer not null,
    text text not null,
    -- The first books day that it holds for; none where it holds for all.
    since text,
    at integer not null,
    primary key (company, revision)
) strict;

-- Up to which day the owner closed the books; none where every day is open. The last one holds.
create table closing (
    seq integer primary key,
    company text not null references company (id),
    closed_until text,
    decided_by text not null,
    at integer not null
) strict;

create index closing_company on closing (company, seq);

-- Entries that a book is not to hold, since the owner took them back. What is entered again ends the
-- decision; nothing is deleted.
create table undo (
    seq integer primary key,
    company text not null references company (id),
    book text not null,
    words text not null,
    -- Whether documents are voided where the book allows it.
    voids integer not null,
    decided_by text not null,
    at integer not null,
    redone_by text,
    redone_at integer
) strict;

create index undo_holds on undo (company, book) where redone_at is null;

create table undone_entry (
    company text not null,
    book text not null,
    entry text not null,
    slot text not null,
    undo integer not null references undo (seq),
    primary key (company, book, entry, undo)
) strict, without rowid;

create index undone_entry_undo on undone_entry (undo);

-- What was approved, sent and acknowledged. ----------------------------------------------------

create table change (
    company text not null references company (id),
    book text not null,
    id text not null,
    position integer not null,
    slot text,
    generation integer not null,
    date text,
    -- The day of a closed period that it belongs to, where it is dated on the first open day.
    relates_to text,
    kind text not null,
    -- Whether it enters a draft.
    draft integer not null,
    approved_by text not null,
    approved_at integer not null,
    -- Compressed, like the bodies of records.
    body blob not null,
    primary key (company, book, id),
    foreign key (company, book) references connection (company, id)
) strict;

create unique index change_position on change (company, book, position);
create index change_slot on change (company, book, slot, position) where slot is not null;
-- Two who plan one slot at once cannot both be right.
create unique index change_generation on change (company, book, slot, generation)
    where slot is not null;
create index change_draft on change (company, book) where draft = 1;
create index change_date on change (company, book, date, id) where date is not null;
create index change_relates_to on change (company, book, date, id) where relates_to is not null;

create table attempt (
    seq integer primary key,
    company text not null,
    book text not null,
    change text not null,
    -- The batch and the place in it; none where a person asked for another try.
    batch text,
    place integer,
    token text,
    purpose text,
    status text not null,
    answer text,
    detail text not null,
    at integer not null,
    foreign key (company, book, change) references change (company, book, id)
) strict;

create index attempt_change on attempt (company, book, change, seq);
create index attempt_batch on attempt (company, book, batch, seq);

create table receipt (
    seq integer primary key,
    company text not null,
    book text not null,
    key text not null,
    remote text not null,
    version text,
    hash text not null,
    total text,
    tax text,
    at integer not null,
    foreign key (company, book, key) references change (company, book, id)
) strict;

create index receipt_key on receipt (company, book, key, seq);
create index receipt_remote on receipt (company, book, remote);

create table outbox (
    company text not null,
    book text not null,
    position integer not null,
    id text not null,
    status text not null,
    -- The batch that is out without a result.
    open_batch text,
    -- The last send that could have had an effect; without its time where none can land any more.
    sent_batch text,
    sent_token text,
    sent_at integer,
    -- Whether it was withdrawn and nobody ever heard what came of a send: it may land yet.
    unanswered integer not null default 0,
    primary key (company, book, position),
    foreign key (company, book, id) references change (company, book, id)
) strict, without rowid;

create unique index outbox_id on outbox (company, book, id);
create index outbox_open on outbox (company, book, position)
    where status in ('approved', 'sent', 'in-doubt');
create index outbox_refused on outbox (company, book, position) where status = 'refused';
create index outbox_unanswered on outbox (company, book, sent_at) where unanswered > 0;

-- What an open change waits for: another change of the same book.
create table outbox_wait (
    company text not null,
    book text not null,
    id text not null,
    waits_for text not null,
    primary key (company, book, id, waits_for)
) strict, without rowid;

create index outbox_wait_for on outbox_wait (company, book, waits_for);

create table plan_mark (
    company text not null,
    book text not null,
    planned_until integer not null,
    primary key (company, book),
    foreign key (company, book) references connection (company, id)
) strict;

create table book_sum (
    company text not null references company (id),
    book text not null,
    account text not null,
    currency text not null,
    date text not null,
    minor integer not null,
    primary key (company, book, account, currency, date)
) strict, without rowid;

-- Files of bank rows that were made for a person to take to a book. They are made again from the
-- documents, byte for byte. The account is that of its number at the bank.
create table feed_file (
    company text not null,
    book text not null,
    account text not null,
    number integer not null,
    -- The account that its documents touch in place of the one that is fed.
    through text not null,
    first text not null,
    until text not null,
    -- What its rows move.
    currency text not null,
    minor integer not null,
    at integer not null,
    -- When it was first laid where it was wanted; none where nobody knows of it yet.
    handed_at integer,
    primary key (company, book, account, number),
    foreign key (company, book) references connection (company, id)
) strict;

-- Which file a row is in: one for ever, and no other.
create table feed_row (
    company text not null,
    book text not null,
    account text not null,
    id text not null,
    file integer not null,
    hash text not null,
    primary key (company, book, account, id),
    foreign key (company, book, account, file)
        references feed_file (company, book, account, number)
) strict, without rowid;

-- What banks say of accounts, row by row: each is kept once, with the bank's own words.
create table bank_row (
    company text not null references company (id),
    -- By its name in the policy.
    account text not null,
    id text not null,
    -- How the file was written that told it.
    form text not null,
    day text not null,
    currency text not null,
    minor integer not null,
    said text not null,
    raw text not null,
    file text not null,
    at integer not null,
    primary key (company, account, id)
) strict, without rowid;

-- What months of items of stock came to: a cache. ----------------------------------------------

create table stock_sheet (
    company text not null references company (id),
    item text not null,
    month text not null,
    sheet text not null,
    primary key (company, item, month)
) strict, without rowid;

-- What entries of groups move on accounts of other currencies, line by line: a cache. -----------

create table foreign_line (
    company text not null references company (id),
    group_id text not null,
    place integer not null,
    account text not null,
    kind text not null,
    channel text not null,
    -- The first day of the month.
    month text not null,
    currency text not null,
    minor integer not null,
    -- In the currency of the books.
    worth integer not null,
    primary key (company, group_id, place)
) strict, without rowid;

-- What groups amount to by their facts and by their entries: a cache that proofs fill. -----------

create table group_figures (
    company text not null references company (id),
    group_id text not null,
    -- Compressed, like the bodies of records.
    figures blob not null,
    differs integer not null,
    -- The last day on which it moves what is owed by gift cards and store credit.
    stored_on text,
    primary key (company, group_id)
) strict, without rowid;

create index group_figures_stored on group_figures (company, stored_on) where stored_on is not null;
create index group_figures_differs on group_figures (company, group_id) where differs = 1;

create table figure_sum (
    company text not null references company (id),
    identity text not null,
    about text not null,
    day text not null,
    currency text not null,
    expected integer not null,
    found integer not null,
    awaited integer not null,
    facts integer not null,
    primary key (company, identity, about, day, currency)
) strict, without rowid;

-- What books showed. ---------------------------------------------------------------------------

create table observation (
    seq integer primary key,
    company text not null references company (id),
    book text not null,
    kind text not null,
    body text not null,
    at integer not null
) strict;

create index observation_kind on observation (company, book, kind, seq);
