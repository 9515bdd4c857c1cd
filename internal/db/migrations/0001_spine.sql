-- The spine: people, desks, customers, mail in and out, promises, and the log.
-- Times are microseconds since 1970 (0 or null: never). Text that is JSON says so.

create table setting (
	key text primary key,
	value text not null
);

create table calendar (
	id $ID,
	name text not null,
	zone text not null,
	country text not null default '',
	hours text not null,               -- JSON: seven lists of {from,to} in minutes, Monday first
	holidays text not null default '[]' -- JSON: [{date,name}]
);

create table team (
	id $ID,
	name text not null,
	created_at bigint not null
);

create table person (
	id $ID,
	name text not null,
	email text not null unique,        -- lower case
	role text not null,                -- owner, lead, agent
	state text not null,               -- active, disabled
	password text not null default '', -- argon2id in PHC form
	zone text not null default '',
	language text not null default 'en',
	theme text not null default 'system',
	away boolean not null default false,
	created_at bigint not null
);

create table team_member (
	team_id bigint not null references team(id),
	person_id bigint not null references person(id),
	primary key (team_id, person_id)
);
create index team_member_person on team_member (person_id);

create table session (
	id $ID,
	person_id bigint not null references person(id),
	token_hash text not null unique,
	created_at bigint not null,
	seen_at bigint not null,
	expires_at bigint not null,
	address text not null default '',
	agent text not null default ''
);
create index session_person on session (person_id);

create table api_token (
	id $ID,
	person_id bigint not null references person(id),
	name text not null,
	token_hash text not null unique,
	scopes text not null,              -- JSON list
	created_at bigint not null,
	seen_at bigint not null default 0,
	expires_at bigint not null default 0,
	revoked_at bigint not null default 0
);
create index api_token_person on api_token (person_id);

create table invite (
	id $ID,
	email text not null,
	name text not null default '',
	role text not null,
	team_ids text not null,            -- JSON list
	token_hash text not null unique,
	invited_by bigint not null references person(id),
	created_at bigint not null,
	expires_at bigint not null,
	used_at bigint not null default 0,
	withdrawn_at bigint not null default 0
);

create table desk (
	id $ID,
	name text not null,
	address text not null unique,      -- lower case; what customers write to
	aliases text not null default '[]', -- JSON list of further addresses
	team_id bigint not null references team(id),
	calendar_id bigint not null references calendar(id),
	from_name text not null default '',
	signature_text text not null default '',
	signature_html text not null default '',
	language text not null default 'en',
	first_reply_minutes bigint not null default 240, -- working time
	next_reply_minutes bigint not null default 240,
	acknowledge boolean not null default true,
	reply_token boolean not null default true,       -- plus-address in Reply-To
	quote_history boolean not null default false,
	transport text not null default 'hold',          -- smtp, hold (kept and shown, not sent)
	smtp_host text not null default '',
	smtp_port bigint not null default 587,
	smtp_security text not null default 'starttls',  -- tls, starttls, none
	smtp_user text not null default '',
	smtp_secret text not null default '',            -- encrypted
	dkim_domain text not null default '',
	dkim_selector text not null default '',
	dkim_key text not null default '',               -- encrypted
	trusted_authserv text not null default '',       -- whose Authentication-Results we believe
	created_at bigint not null,
	archived_at bigint not null default 0
);

create table mailbox (
	id $ID,
	desk_id bigint not null references desk(id),
	host text not null,
	port bigint not null,
	security text not null,            -- tls, starttls, none
	username text not null,
	auth text not null,                -- password, xoauth2
	secret text not null,              -- encrypted: password or refresh token
	token_url text not null default '',
	client_id text not null default '',
	client_secret text not null default '', -- encrypted
	folders text not null,             -- JSON list
	sent_folder text not null default '',
	enabled boolean not null default true,
	state text not null default 'new', -- new, on, degraded, off
	last_fetched_at bigint not null default 0,
	last_error text not null default '',
	last_error_at bigint not null default 0,
	created_at bigint not null
);

create table mailbox_folder (
	mailbox_id bigint not null references mailbox(id),
	folder text not null,
	uidvalidity bigint not null default 0,
	last_uid bigint not null default 0,
	fetched_at bigint not null default 0,
	error text not null default '',
	primary key (mailbox_id, folder)
);

-- One holder at a time: a node that comes back late carries an old fence and is refused.
create table lease (
	name text primary key,
	holder text not null,
	fence bigint not null,
	until bigint not null
);

-- Everything that arrived, before anything was read into it.
create table intake (
	id $ID,
	desk_id bigint not null references desk(id),
	mailbox_id bigint,
	source text not null,              -- imap, smtp, lmtp, import
	state text not null,               -- pending, stored, duplicate, quarantined, set_aside, dismissed
	dedupe text not null,
	raw_key text not null,
	size bigint not null,
	envelope_from text not null default '',
	envelope_to text not null default '',
	peer text not null default '',     -- address of the sending host
	helo text not null default '',
	auth text not null default '{}',   -- JSON: what was checked at the door
	folder text not null default '',
	uidvalidity bigint not null default 0,
	uid bigint not null default 0,
	subject text not null default '',
	from_address text not null default '',
	message_id_header text not null default '',
	attempts bigint not null default 0,
	reason text not null default '',   -- why it is quarantined, set aside or dismissed
	options text not null default '{}', -- JSON: how an import wants it received
	received_at bigint not null,
	done_at bigint not null default 0,
	next_at bigint not null default 0, -- not before
	message_id bigint,
	conversation_id bigint
);
create unique index intake_dedupe on intake (desk_id, dedupe);
create index intake_pending on intake (id) where state = 'pending';
create index intake_state on intake (state, id);
create index intake_uid on intake (mailbox_id, folder, uidvalidity, uid);

create table import_file (
	path text not null,
	desk_id bigint not null,
	fingerprint text not null,         -- size and first bytes: another file under the same name starts anew
	done_offset bigint not null,
	done_count bigint not null,
	finished_at bigint not null default 0,
	primary key (path, desk_id)
);

create table reconciliation (
	id $ID,
	mailbox_id bigint not null references mailbox(id),
	at bigint not null,
	on_server bigint not null,
	stored bigint not null,
	missing text not null default '[]', -- JSON: [{folder,uid,message_id}]
	refetched bigint not null default 0,
	error text not null default ''
);
create index reconciliation_mailbox on reconciliation (mailbox_id, at);

create table alarm (
	id $ID,
	kind text not null,
	key text not null,
	text text not null,
	desk_id bigint,
	raised_at bigint not null,
	seen_at bigint not null,           -- last time it was raised again
	cleared_at bigint not null default 0
);
create unique index alarm_open on alarm (kind, key) where cleared_at = 0;

create table organisation (
	id $ID,
	name text not null,
	domain text not null default '',
	created_at bigint not null
);
create unique index organisation_domain on organisation (domain) where domain <> '';

create table customer (
	id $ID,
	name text not null default '',
	language text not null default '',
	zone text not null default '',
	organisation_id bigint references organisation(id),
	created_at bigint not null,
	updated_at bigint not null
);

create table handle (
	id $ID,
	customer_id bigint not null references customer(id),
	channel text not null,             -- email
	address text not null,             -- canonical
	verified boolean not null default false,
	bouncing_since bigint not null default 0,
	created_at bigint not null
);
create unique index handle_address on handle (channel, address);
create index handle_customer on handle (customer_id);

create table conversation (
	id $ID,
	desk_id bigint not null references desk(id),
	customer_id bigint not null references customer(id),
	channel text not null default 'email',
	subject text not null default '',
	token text not null unique,        -- in reply addresses and our Message-IDs
	state text not null,               -- open, resting, closed
	waiting_on text not null,          -- us, customer, third_party, nobody
	waiting_since bigint not null default 0,
	team_id bigint not null references team(id),
	person_id bigint references person(id),
	due_at bigint not null default 0,  -- earliest due of its open promises, 0 for none
	snoozed_until bigint not null default 0,
	snooze_reason text not null default '',
	preview text not null default '',
	language text not null default '',
	muted boolean not null default false,
	failed boolean not null default false, -- an answer of ours did not arrive
	bulk boolean not null default false,   -- came by a list
	message_count bigint not null default 0,
	last_message_id bigint not null default 0,
	last_activity_at bigint not null,
	linked_from bigint,                -- a stranger answered in this conversation
	created_at bigint not null,
	closed_at bigint not null default 0,
	close_reason text not null default '',
	rev bigint not null default 1
);
create index conversation_activity on conversation (last_activity_at, id);
create index conversation_desk_activity on conversation (desk_id, last_activity_at, id);
create index conversation_customer on conversation (customer_id, last_activity_at);
create index conversation_open on conversation (last_activity_at, id) where state <> 'closed';
create index conversation_desk_open on conversation (desk_id, last_activity_at, id) where state <> 'closed';
create index conversation_due on conversation (due_at, id) where due_at > 0 and state <> 'closed';
create index conversation_snoozed on conversation (snoozed_until) where snoozed_until > 0;
create index conversation_person on conversation (person_id, last_activity_at) where state <> 'closed';
create index conversation_waiting on conversation (waiting_on, id) where waiting_on = 'us';

-- Who takes part, besides the desk: only they may write into the conversation.
create table participant (
	conversation_id bigint not null references conversation(id),
	address text not null,             -- canonical
	name text not null default '',
	role text not null,                -- customer, copied, reply_to
	created_at bigint not null,
	primary key (conversation_id, address)
);

create table message (
	id $ID,
	conversation_id bigint not null references conversation(id),
	desk_id bigint not null,
	direction text not null,           -- in, out, note, system
	state text not null,               -- received; queued, sending, sent, failed, bounced, undone; written
	kind text not null default 'message', -- as mail.Kind says; acknowledgement for our own
	author_kind text not null,         -- customer, participant, person, system
	author_id bigint not null default 0,
	author_name text not null default '',
	author_address text not null default '',
	to_list text not null default '[]', -- JSON: [{name,address}]
	cc_list text not null default '[]',
	bcc_list text not null default '[]',
	subject text not null default '',
	text text not null default '',
	visible_text text not null default '',
	html text not null default '',     -- as received, sanitised on the way out
	auto boolean not null default false, -- written by no person
	auth text not null default '{}',   -- JSON: {dkim,spf,dmarc}
	message_id text not null default '', -- RFC 5322 Message-ID without brackets
	in_reply_to text not null default '[]',
	refs text not null default '[]',
	raw_key text not null default '',
	undo_until bigint not null default 0,
	sent_at bigint not null default 0,
	error text not null default '',
	close_after boolean not null default false,
	delivered boolean not null default false, -- a delivery report of success came
	at bigint not null
);
create index message_conversation on message (conversation_id, id);
create index message_outgoing on message (state, id) where direction = 'out';

-- Message-IDs by which an answer finds its conversation, those a relay gave our mail included.
create table message_ref (
	desk_id bigint not null,
	ref text not null,
	conversation_id bigint not null,
	message_id bigint not null,
	primary key (desk_id, ref)
);

create table attachment (
	id $ID,
	message_id bigint,                 -- null while it is being written
	uploaded_by bigint,
	name text not null,
	type text not null,
	size bigint not null,
	inline boolean not null default false,
	content_id text not null default '',
	blob_key text not null,
	created_at bigint not null
);
create index attachment_message on attachment (message_id);

create table read_mark (
	conversation_id bigint not null,
	person_id bigint not null,
	message_id bigint not null,
	at bigint not null,
	primary key (conversation_id, person_id)
);

create table draft (
	conversation_id bigint not null,
	person_id bigint not null,
	body text not null,                -- JSON
	updated_at bigint not null,
	primary key (conversation_id, person_id)
);

create table promise (
	id $ID,
	conversation_id bigint not null,
	customer_id bigint not null,
	desk_id bigint not null,
	kind text not null,                -- reply, remind; more to come
	what text not null,
	state text not null,               -- active, missed, kept, kept_late, moved, moved_late, dismissed, released
	team_id bigint not null,
	person_id bigint,
	due_at bigint not null,            -- never changes
	made_at bigint not null,
	missed_at bigint not null default 0,
	settled_at bigint not null default 0,
	source_message_id bigint,
	evidence_message_id bigint,
	successor_id bigint,
	reason text not null default ''
);
create index promise_conversation on promise (conversation_id, id);
create index promise_open on promise (conversation_id) where state in ('active', 'missed');
create index promise_active on promise (due_at) where state = 'active';
create unique index promise_one_reply on promise (conversation_id) where kind = 'reply' and state in ('active', 'missed');

create table auto_reply (
	address text primary key,          -- who was answered automatically
	at bigint not null                 -- when last
);

create table event (
	id $ID,
	txn $TXN,
	at bigint not null,
	kind text not null,
	actor_kind text not null,
	actor_id bigint not null default 0,
	desk_id bigint not null default 0,
	conversation_id bigint not null default 0,
	customer_id bigint not null default 0,
	data $JSON not null
);
create index event_position on event (txn, id);
create index event_conversation on event (conversation_id, id) where conversation_id > 0;

create table consumer (
	name text primary key,
	txn bigint not null,
	id bigint not null
);

create table job (
	id $ID,
	kind text not null,
	key text,                          -- unique while pending
	payload text not null,
	state text not null,               -- pending, dead
	run_at bigint not null,
	attempts bigint not null default 0,
	max_attempts bigint not null,
	fence bigint not null default 0,   -- a late worker carries an old one
	error text not null default ''
);
create unique index job_key on job (kind, key) where state = 'pending' and key is not null;
create index job_due on job (kind, run_at) where state = 'pending';

create table slot (
	kind text primary key,
	ran_at bigint not null
);

create table idempotency (
	person_id bigint not null,
	key text not null,
	request text not null,             -- hash of method, path and body
	status bigint not null default 0,  -- 0 while it runs
	body text not null default '',
	created_at bigint not null,
	primary key (person_id, key)
);
create index idempotency_age on idempotency (created_at);
