package team

import (
	"context"

	"kept/internal/db"
)

// Serves reports whether a person may be given work at a desk: active, and an owner or of the desk's team.
func Serves(ctx context.Context, d *db.DB, personID, deskID int64) (bool, error) {
	n, err := db.One(ctx, d, db.Value[int64], `select count(*) from person p where p.id = $1 and p.state = 'active' and (p.role = 'owner'
		or exists (select 1 from team_member m join desk k on k.team_id = m.team_id where m.person_id = p.id and k.id = $2))`, personID, deskID)
	return n > 0, err
}
