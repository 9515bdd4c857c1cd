//go:build !ui

package ui

import "embed"

// Desk is empty here: without the tag "ui" the Go part builds and tests alone, on a machine without Node.
var Desk embed.FS
