package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"kept/internal/alarm"
	"kept/internal/channel/email/mailbox"
	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/fault"
	"kept/internal/intake"
	"kept/internal/job"
	"kept/internal/team"
	"kept/internal/web"
)

// health is what this process tells whoever watches over it.
func (p *parts) health(c Config) web.Health {
	h := web.Health{Ready: p.answers, Collect: p.metrics}
	switch c.Metrics {
	case "off":
		h.Allow = func(*http.Request) error { return web.Refuse(http.StatusNotFound, "Metrics are switched off here.") }
	case "token":
		h.Allow = p.api.AllowOwner
	}
	return h
}

// answers reports whether the database does.
func (p *parts) answers(ctx context.Context) error {
	_, err := db.One(ctx, p.db, db.Value[int64], `select count(*) from setting`)
	if err != nil && fault.Of(err) == fault.Internal {
		return fault.Wrap(err, fault.Unavailable, "The database does not answer.")
	}
	return err
}

// metrics are numbers only: no name, no address, no word of anybody's.
func (p *parts) metrics(ctx context.Context) ([]web.Metric, error) {
	naked, err := conversation.Naked(ctx, p.db)
	if err != nil {
		return nil, err
	}
	jobs, err := job.Count(ctx, p.db, conversation.SendJob)
	if err != nil {
		return nil, err
	}
	spool, err := intake.Count(ctx, p.db, team.System)
	if err != nil {
		return nil, err
	}
	alarms, err := alarm.Open(ctx, p.db, team.System)
	if err != nil {
		return nil, err
	}
	behind, err := p.log.Read(ctx, p.hub.Head(), 1000)
	if err != nil {
		return nil, err
	}
	counts, err := p.book.Counts(ctx, team.System)
	if err != nil {
		return nil, err
	}
	boxes, err := p.reader.Boxes.List(ctx, team.System)
	if err != nil {
		return nil, err
	}
	now := p.now()
	return append(web.Process(versionText(), p.started, now),
		web.Gauge("kept_naked_waits", "Conversations that wait on us without an owned open promise. Must be 0.", float64(len(naked))),
		web.Gauge("kept_send_queue", "Messages waiting to leave.", float64(jobs.Pending)),
		web.Gauge("kept_send_queue_dead", "Messages that could not be sent and wait for somebody.", float64(jobs.Dead)),
		web.Gauge("kept_send_queue_age_seconds", "How long the oldest message has been due to leave.", age(jobs.OldestDue, now)),
		web.Gauge("kept_intake_pending", "Mails that came in and are not read yet.", float64(spool.Pending)),
		web.Gauge("kept_intake_age_seconds", "How long the oldest of them has waited.", age(spool.OldestPending, now)),
		web.Gauge("kept_intake_quarantined", "Mails in quarantine.", float64(spool.Quarantined)),
		web.Gauge("kept_log_behind", "Events that the live streams have not seen yet (at most 1000 are counted).", float64(len(behind))),
		web.Gauge("kept_streams", "Open live streams.", float64(p.hub.Streams())),
		web.Metric{Name: "kept_conversations", Help: "Conversations by view.", Samples: byLabel("view", counts)},
		web.Metric{Name: "kept_mailbox_fetched_timestamp_seconds", Help: "When each mailbox, by its number, was last looked at with success, in seconds since 1970; 0 for never.", Samples: fetched(boxes)},
		web.Metric{Name: "kept_alarms", Help: "Open alarms by kind.", Samples: byLabel("kind", kinds(alarms))},
	), nil
}

func kinds(alarms []alarm.Alarm) map[string]int64 {
	n := map[string]int64{}
	for _, a := range alarms {
		n[a.Kind]++
	}
	return n
}

func fetched(boxes []mailbox.Mailbox) []web.Sample {
	var out []web.Sample
	for _, m := range boxes {
		if m.Enabled {
			out = append(out, web.Sample{Labels: []string{"mailbox", strconv.FormatInt(m.ID, 10)}, Value: float64(db.Micros(m.LastFetchedAt)) / 1e6})
		}
	}
	return out
}

func byLabel(label string, counts map[string]int64) []web.Sample {
	var out []web.Sample
	for name, n := range counts {
		out = append(out, web.Sample{Labels: []string{label, name}, Value: float64(n)})
	}
	return out
}

func age(since, now time.Time) float64 {
	if since.IsZero() || now.Before(since) {
		return 0
	}
	return now.Sub(since).Seconds()
}
