package seed

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// sizes are how many rows a statement has: most go by the first, the rest by the others,
// so that few statements are prepared.
var sizes = []int{40, 8, 1}

// A bulk collects rows of one table.
type bulk struct {
	table   string
	columns []string
	args    []any
}

func newBulk(table, columns string) *bulk {
	return &bulk{table: table, columns: strings.Split(columns, ",")}
}

func (b *bulk) add(values ...any) { b.args = append(b.args, values...) }

// flush writes the rows. Statements are prepared once per transaction.
func (b *bulk) flush(ctx context.Context, tx *sql.Tx, numbered bool) error {
	width, args := len(b.columns), b.args
	for _, size := range sizes {
		if len(args) < size*width {
			continue
		}
		statement, err := tx.PrepareContext(ctx, b.text(size, numbered))
		if err != nil {
			return err
		}
		for len(args) >= size*width {
			if _, err := statement.ExecContext(ctx, args[:size*width]...); err != nil {
				statement.Close()
				return err
			}
			args = args[size*width:]
		}
		if err := statement.Close(); err != nil {
			return err
		}
	}
	b.args = b.args[:0]
	return nil
}

// text is the statement for so many rows. SQLite's driver looks up the name of every
// parameter among all of them, so with hundreds they go unnamed there.
func (b *bulk) text(rows int, numbered bool) string {
	var t strings.Builder
	t.WriteString("insert into " + b.table + " (" + strings.Join(b.columns, ", ") + ") values ")
	n := 0
	for row := range rows {
		if row > 0 {
			t.WriteByte(',')
		}
		t.WriteByte('(')
		for column := range b.columns {
			if column > 0 {
				t.WriteByte(',')
			}
			if n++; numbered {
				t.WriteString("$" + strconv.Itoa(n))
			} else {
				t.WriteByte('?')
			}
		}
		t.WriteByte(')')
	}
	return t.String()
}
