package check

// A rule finds the ids of the rows that break it. The sentence takes their number.
type rule struct{ kind, sentence, find string }

// rules are written for both engines. Each says what must never be, not how it came about.
var rules = []rule{
	{"message_without_conversation", "%d messages belong to no conversation.",
		`select m.id from message m where not exists (select 1 from conversation c where c.id = m.conversation_id)`},
	{"message_of_another_desk", "%d messages name another desk than their conversation.",
		`select m.id from message m join conversation c on c.id = m.conversation_id where m.desk_id <> c.desk_id`},
	{"promise_without_conversation", "%d promises belong to no conversation.",
		`select p.id from promise p where not exists (select 1 from conversation c where c.id = p.conversation_id)`},
	{"promise_to_another_customer", "%d promises were made to another customer than their conversation's.",
		`select p.id from promise p join conversation c on c.id = p.conversation_id where p.customer_id <> c.customer_id or p.desk_id <> c.desk_id`},
	{"promise_without_owner", "%d open promises are owned by no team.",
		`select p.id from promise p where p.state in ('active', 'missed') and not exists (select 1 from team t where t.id = p.team_id)`},
	{"promise_settled_without_time", "%d promises are settled without a time, or open with one.",
		`select p.id from promise p where (p.settled_at > 0) = (p.state in ('active', 'missed'))`},
	{"promise_kept_late_as_kept", "%d promises count as kept although they were late.",
		`select p.id from promise p where p.state = 'kept' and p.settled_at > p.due_at`},
	{"reply_kept_without_evidence", "%d kept promises to answer name no answer.",
		`select p.id from promise p where p.kind = 'reply' and p.state in ('kept', 'kept_late') and not exists
			(select 1 from message m where m.id = p.evidence_message_id and m.conversation_id = p.conversation_id and m.direction = 'out')`},
	{"promise_open_in_closed_conversation", "%d promises are open in conversations that are closed.",
		`select p.id from promise p join conversation c on c.id = p.conversation_id where c.state = 'closed' and p.state in ('active', 'missed')`},
	{"closed_conversation_waits", "%d closed conversations wait on somebody.",
		`select c.id from conversation c where c.state = 'closed' and c.waiting_on <> 'nobody'`},
	{"reply_owed_unseen", "%d conversations owe an answer but do not say so.",
		`select c.id from conversation c where c.waiting_on <> 'us' and exists (select 1 from promise p where p.conversation_id = c.id and p.kind = 'reply' and p.state in ('active', 'missed'))`},
	{"resting_without_end", "%d conversations rest without a time to wake, or have one without resting.",
		`select c.id from conversation c where (c.state = 'resting') <> (c.snoozed_until > 0)`},
	{"wrong_due_time", "%d conversations show another due time than their promises.",
		`select c.id from conversation c where c.due_at <> coalesce((select min(p.due_at) from promise p where p.conversation_id = c.id and p.state in ('active', 'missed')), 0)`},
	{"wrong_message_count", "%d conversations show another number of messages than they have.",
		`select c.id from conversation c left join (select conversation_id, count(*) as n, max(id) as newest from message group by conversation_id) m on m.conversation_id = c.id
			where c.message_count <> coalesce(m.n, 0) or c.last_message_id <> coalesce(m.newest, 0)`},
	{"conversation_without_message", "%d conversations have no message.",
		`select c.id from conversation c where c.message_count = 0`},
	{"conversation_without_participant", "%d conversations have nobody taking part.",
		`select c.id from conversation c where not exists (select 1 from participant p where p.conversation_id = c.id)`},
	{"customer_without_address", "%d customers have no address.",
		`select c.id from customer c where not exists (select 1 from handle h where h.customer_id = c.id)`},
	{"attachment_without_message", "%d attachments belong to a message that is not there.",
		`select a.id from attachment a where a.message_id is not null and not exists (select 1 from message m where m.id = a.message_id)`},
	{"intake_without_message", "%d received mails count as stored but became no message.",
		`select i.id from intake i where i.state = 'stored' and not exists (select 1 from message m where m.id = i.message_id and m.conversation_id = i.conversation_id)`},
	{"reference_to_nowhere", "%d Message-IDs lead to a message that is not there.",
		`select r.message_id from message_ref r where not exists (select 1 from message m where m.id = r.message_id and m.conversation_id = r.conversation_id)`},
	{"queued_without_job", "%d answers wait to be sent and nothing will send them.",
		`select m.id from message m where m.direction = 'out' and m.state in ('queued', 'sending') and not exists
			(select 1 from job j where j.kind = 'email.send' and j.key = cast(m.id as text) and j.state = 'pending')`},
}
