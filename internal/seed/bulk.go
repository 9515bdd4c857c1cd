package seed

import (
	"context"
	"database/sql"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"kept/internal/db"
	"kept/internal/fault"
)

// A bulk collects rows of one table, their values one after the other.
type bulk struct {
	table   string
	columns []string
	values  []any
}

func newBulk(table, columns string) *bulk {
	return &bulk{table: table, columns: strings.Split(columns, ",")}
}

func (b *bulk) add(values ...any) { b.values = append(b.values, values...) }

// take returns the rows so far and begins anew.
func (b *bulk) take() bulk {
	taken := *b
	b.values = make([]any, 0, len(taken.values)*5/4)
	return taken
}

func (b *bulk) rows() int { return len(b.values) / len(b.columns) }

// store writes the rows of all tables in one transaction: the one place where the engines
// are not spoken to alike, for each has its own fast way.
func store(ctx context.Context, d *db.DB, all []bulk) error {
	if d.Dialect.Name() == "postgres" {
		return copyRows(ctx, d, all)
	}
	tx, err := d.Pool().BeginTx(ctx, nil)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The database does not let us write. Stop the Kept that uses it, and try again.")
	}
	defer tx.Rollback()
	for _, b := range all {
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// copyRows uses COPY, which spares PostgreSQL reading and planning statements.
func copyRows(ctx context.Context, d *db.DB, all []bulk) error {
	conn, err := d.Pool().Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		return pgx.BeginFunc(ctx, driver.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error {
			for _, b := range all {
				width := len(b.columns)
				rows := pgx.CopyFromSlice(b.rows(), func(i int) ([]any, error) { return b.values[i*width : (i+1)*width], nil })
				if _, err := tx.CopyFrom(ctx, pgx.Identifier{b.table}, b.columns, rows); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// sizes are how many rows a statement has: most go by the first, the rest by the others,
// so that few statements are prepared.
var sizes = []int{40, 8, 1}

// insert writes the rows by statements of many rows, each prepared once per transaction.
func (b *bulk) insert(ctx context.Context, tx *sql.Tx) error {
	width, left := len(b.columns), b.values
	for _, size := range sizes {
		if len(left) < size*width {
			continue
		}
		statement, err := tx.PrepareContext(ctx, b.text(size))
		if err != nil {
			return err
		}
		for len(left) >= size*width {
			if _, err := statement.ExecContext(ctx, left[:size*width]...); err != nil {
				statement.Close()
				return err
			}
			left = left[size*width:]
		}
		if err := statement.Close(); err != nil {
			return err
		}
	}
	return nil
}

// text is the statement for so many rows. Its parameters have no numbers: SQLite's driver
// looks up the name of every one among all of them.
func (b *bulk) text(rows int) string {
	row := "(" + strings.Repeat("?,", len(b.columns)-1) + "?)"
	return "insert into " + b.table + " (" + strings.Join(b.columns, ", ") + ") values " + strings.Repeat(row+",", rows-1) + row
}
