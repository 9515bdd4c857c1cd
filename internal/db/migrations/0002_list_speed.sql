-- One index per list, in the order in which it is shown, holding only its rows: a page costs
-- its own length, however many conversations there are. Measured with 100,000 conversations.

drop index conversation_open;
drop index conversation_desk_open;
drop index conversation_person;
drop index conversation_waiting;

create index conversation_open on conversation (last_activity_at, id) where state = 'open';
create index conversation_desk_open on conversation (desk_id, last_activity_at, id) where state = 'open';
create index conversation_us on conversation (last_activity_at, id) where waiting_on = 'us';
create index conversation_person_us on conversation (person_id, last_activity_at, id) where waiting_on = 'us';
create index conversation_resting on conversation (last_activity_at, id) where state = 'resting';
create index conversation_muted on conversation (last_activity_at, id) where muted and state <> 'closed';

-- What the counts beside the lists need, so that they never touch the rows.
create index conversation_counts on conversation (desk_id, state, waiting_on, muted, person_id, due_at) where state <> 'closed';
