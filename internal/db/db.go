// Package db opens the desk's database and runs statements on it.
//
// Two engines run the same SQL text: SQLite (embedded, the default) and
// PostgreSQL (when one machine is outgrown). Where an engine forces a
// difference it is a method of Dialect, and there are at most six.
//
// A *DB is a pool or a transaction: every function of the domain takes one and
// does not care which. Placeholders are $1, $2, … on both engines. Times are
// microseconds since 1970 in bigint columns (Micros, Time), always passed from
// Go so that tests own the clock.
//
// SQLite: write-ahead log, one writer connection (transactions take the write
// lock at once), four readers, synchronous=FULL: a mail we answered "250 OK" to
// survives a power failure.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver, named "pgx"
	"modernc.org/sqlite"

	"kept/internal/fault"
)

// DB is a database or, inside Tx, a transaction on it.
type DB struct {
	Dialect Dialect
	write   *sql.DB // every statement that may change something
	read    *sql.DB // the same as write on PostgreSQL
	tx      *sql.Tx
	after   *[]func()
}

// Open opens the database at url: "sqlite:PATH" or "postgres://…". It neither
// creates tables nor migrates; see Migrate.
func Open(ctx context.Context, at string) (*DB, error) {
	if path, ok := strings.CutPrefix(at, "sqlite:"); ok {
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(at, "postgres://") || strings.HasPrefix(at, "postgresql://") {
		return openPostgres(ctx, at)
	}
	return nil, fault.New(fault.Invalid, "A database is named as sqlite:FILE or postgres://…; %q is neither.", at)
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	write, err := sql.Open("sqlite", sqliteName(path, "immediate"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		write.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "The database file %s cannot be opened. Check that the folder exists and that Kept may write to it.", path)
	}
	read, err := sql.Open("sqlite", sqliteName(path, "deferred")+"&_pragma=query_only(1)")
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	read.SetMaxIdleConns(4)
	return &DB{Dialect: sqliteDialect, write: write, read: read}, nil
}

func sqliteName(path, lock string) string {
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-16000)", "temp_store(MEMORY)"}
	v := url.Values{"_txlock": {lock}, "_pragma": pragmas}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
}

func openPostgres(ctx context.Context, at string) (*DB, error) {
	if _, err := pgconn.ParseConfig(at); err != nil { // the driver would read it at the first connection only
		return nil, fault.Wrap(err, fault.Invalid, "The database address cannot be read. Write it as postgres://user:password@host:5432/name.")
	}
	pool, err := sql.Open("pgx", at)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(16)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fault.Wrap(err, fault.Unavailable, "PostgreSQL does not answer at the address given. Check that it runs and that the name and password are right.")
	}
	return &DB{Dialect: postgresDialect, write: pool, read: pool}, nil
}

// Close closes the database.
func (d *DB) Close() error {
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// Pool returns the underlying database for the few that need a connection of
// their own (listening for notifications, advisory locks).
func (d *DB) Pool() *sql.DB { return d.write }

// InTx reports whether d is a transaction.
func (d *DB) InTx() bool { return d.tx != nil }

// Tx runs fn in a transaction and commits it unless fn fails. Inside a
// transaction it joins it.
func (d *DB) Tx(ctx context.Context, fn func(tx *DB) error) error {
	if d.tx != nil {
		return fn(d)
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	defer tx.Rollback() // a panic in fn must not leave the one writer locked
	var after []func()
	if err := fn(&DB{Dialect: d.Dialect, write: d.write, read: d.read, tx: tx, after: &after}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // rolled back because whoever asked went away
			err = fmt.Errorf("commit: %w", context.Cause(ctx))
		}
		return unavailable(err)
	}
	for _, f := range after {
		f()
	}
	return nil
}

// After runs fn once the outermost transaction has committed; outside a
// transaction at once.
func (d *DB) After(fn func()) {
	if d.tx == nil {
		fn()
		return
	}
	*d.after = append(*d.after, fn)
}

// Exec runs a statement that changes something and says how many rows it touched.
func (d *DB) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	var res sql.Result
	var err error
	if d.tx != nil {
		res, err = d.tx.ExecContext(ctx, text, args...)
	} else {
		res, err = d.write.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, unavailable(err)
	}
	return res.RowsAffected()
}

// Query runs a statement that returns rows. Outside a transaction it goes to
// the readers, so it must not change anything.
func (d *DB) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	var rows *sql.Rows
	var err error
	if d.tx != nil {
		rows, err = d.tx.QueryContext(ctx, text, args...)
	} else {
		rows, err = d.read.QueryContext(ctx, text, args...)
	}
	return rows, unavailable(err)
}

// QueryRow is Query for a single row; prefer One, which closes what it opens.
func (d *DB) QueryRow(ctx context.Context, text string, args ...any) *sql.Row {
	if d.tx != nil {
		return d.tx.QueryRowContext(ctx, text, args...)
	}
	return d.read.QueryRowContext(ctx, text, args...)
}

// Insert runs an insert that ends in "returning id" and returns the id.
func Insert(ctx context.Context, d *DB, text string, args ...any) (int64, error) {
	var id int64
	var err error
	if d.tx != nil {
		err = d.tx.QueryRowContext(ctx, text, args...).Scan(&id)
	} else {
		err = d.write.QueryRowContext(ctx, text, args...).Scan(&id)
	}
	return id, unavailable(err)
}

// A Scanner is a row: *sql.Row or *sql.Rows.
type Scanner interface{ Scan(dest ...any) error }

// One reads a single row. Where there is none it returns a NotFound fault,
// which callers give a better sentence when they know what was looked for.
func One[T any](ctx context.Context, d *DB, scan func(Scanner) (T, error), text string, args ...any) (T, error) {
	v, err := scan(d.QueryRow(ctx, text, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, fault.Wrap(err, fault.NotFound, "It is not there, or it is not yours to see.")
	}
	return v, unavailable(err)
}

// Collect reads all rows.
func Collect[T any](ctx context.Context, d *DB, scan func(Scanner) (T, error), text string, args ...any) ([]T, error) {
	rows, err := d.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		out = append(out, v)
	}
	return out, unavailable(rows.Err())
}

// Value scans a row of one column.
func Value[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// In returns "$from,$from+1,…" with n placeholders, for "id in (" + In(…) + ")".
// None gives "null", which matches nothing.
func In(n, from int) string {
	if n == 0 {
		return "null"
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// Args turns a slice of anything into arguments.
func Args[T any](vs []T) []any {
	out := make([]any, len(vs))
	for i, v := range vs {
		out[i] = v
	}
	return out
}

// Micros is how a time is stored: microseconds since 1970, 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the inverse of Micros, in UTC.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Null stores 0 as null: for optional references and times.
func Null(v int64) any {
	if v == 0 {
		return nil
	}
	return v
}

// IsUnique reports whether err says that a unique rule was broken.
func IsUnique(err error) bool {
	var s *sqlite.Error
	if errors.As(err, &s) {
		return s.Code() == 1555 || s.Code() == 2067 // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == "23505"
}

// unavailable gives the failures of a database that cannot work just now (a
// full disk, a refused connection, a restart) a kind of their own, so that a
// mail is answered "try again" and a person is told that nothing is lost.
func unavailable(err error) error {
	if err == nil || !outage(err) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "The database does not answer just now. Nothing was changed; please try again in a moment.")
}

func outage(err error) bool {
	if fault.Of(err) != fault.Internal {
		return false
	}
	var s *sqlite.Error
	if errors.As(err, &s) {
		switch s.Code() & 0xff {
		case 5, 6, 10, 13, 14: // BUSY, LOCKED, IOERR, FULL, CANTOPEN
			return true
		}
		return false
	}
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return strings.HasPrefix(p.Code, "08") || strings.HasPrefix(p.Code, "53") || strings.HasPrefix(p.Code, "57P") || strings.HasPrefix(p.Code, "40")
	}
	var c *pgconn.ConnectError
	var n net.Error
	return pgconn.SafeToRetry(err) || errors.As(err, &c) || errors.As(err, &n) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, sql.ErrConnDone)
}
