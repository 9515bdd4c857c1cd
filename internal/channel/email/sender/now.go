package sender

import (
	"context"
	"encoding/json"
	"strconv"

	"kept/internal/conversation"
	"kept/internal/db"
	"kept/internal/job"
)

// SendNow hands a queued message over at once, in place of its job.
func (s *Sender) SendNow(ctx context.Context, messageID int64) error {
	err := s.DB.Tx(ctx, func(tx *db.DB) error {
		_, err := job.Withdraw(ctx, tx, conversation.SendJob, strconv.FormatInt(messageID, 10))
		return err
	})
	if err != nil {
		return err
	}
	payload, err := json.Marshal(conversation.SendPayload{MessageID: messageID})
	if err != nil {
		return err
	}
	return s.work(ctx, payload, 1)
}
