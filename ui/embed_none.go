//go:build !ui

package ui

import "testing/fstest"

// Desk is empty here: without the tag "ui" the Go part builds and tests alone, on a machine without Node.
var Desk = fstest.MapFS{}
