package db_test

import (
	"testing"
	"time"
)

// eventually waits for a condition: other transactions on the server may hold a reader back for a moment.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come true within two minutes")
		}
	}
}
